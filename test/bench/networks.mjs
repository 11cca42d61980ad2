// @ts-check
// Two guests and the network between them: ours each way, and plain v86 over its own network in the page.
import { attachBenchDisk } from "./bench-disk.mjs";
import { setQueueWeight, waysOf, withBenchNetworks } from "./bench-networks.mjs";
import { median } from "./comparisons.mjs";
import { frames, keepBusy, keepFlooding, roundTrip, throughput } from "./network-lines.mjs";
import { addresses, nic, nobody, preparePeers, withPair } from "./network-pair.mjs";
import { processorSeconds } from "./threads.mjs";
import { settle, workloads } from "./workloads.mjs";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("./run.mjs").Figure} Figure */
/** @typedef {import("./network-pair.mjs").Pair} Pair */
/** @typedef {import("./network-pair.mjs").Side} Side */
/** @typedef {import("./network-pair.mjs").Wire} Wire */
/** @typedef {import("./bench-networks.mjs").BenchNetworks} BenchNetworks */
/** @typedef {{ open(query: string): Promise<Page>, profile: string }} Site */
/** @typedef {(name: string, value: number) => void} Note takes a value for its place in the results */

const names = ["net-tcp", "net-legacy", "net-vmq", "net-ping", "net-flood"];

/** A learned address would let a frame go to its port only: nobody has this one. */
const strangersMac = "02:00:00:00:00:99";

/** @param {Pair} pair @param {Wire} wire @returns {Promise<number>} mebibytes per second, both ways taken together */
async function bothWays([first, second], wire) {
  const [firstAddress, secondAddress] = addresses(wire);
  const there = await throughput(first, secondAddress);
  const back = await throughput(second, firstAddress);
  // As if one amount of bytes had gone each way.
  return 2 / (1 / there + 1 / back);
}

/** @param {Pair} pair @param {Wire} wire @returns {Promise<number>} milliseconds, the mean of both ways' medians */
async function echoBothWays([first, second], wire) {
  const [firstAddress, secondAddress] = addresses(wire);
  const there = await roundTrip(first, secondAddress);
  const back = await roundTrip(second, firstAddress);
  console.log(`  ${wire}: median echo ${there.toFixed(3)} ms there, ${back.toFixed(3)} ms back`);
  return (there + back) / 2;
}

/**
 * The synthetic adapters over the switch and by queues, one after the other. Whether the frames really went the way
 * that the figure is about, the host is asked.
 *
 * @param {{ page: Page, pair: Pair, networks: BenchNetworks, note: Note }} place
 */
async function queuesAgainstSwitch({ page, pair, networks, note }) {
  note("vmq switch", await bothWays(pair, "synthetic"));
  const over = await waysOf(page, networks.synthetic);
  if (!over.queueless) throw new Error("net-vmq: with weight 0 a port has a queue all the same");
  await setQueueWeight(page, 100);
  try {
    const value = await bothWays(pair, "synthetic");
    const after = await waysOf(page, networks.synthetic);
    const direct = after.direct === null || after.direct > (over.direct ?? 0);
    if (after.queues && direct) note("vmq queues", value);
    else {
      const what = after.queues ? "no frame went past the switch" : "the host gave the ports no queue";
      console.error(`net-vmq FAILED: with weight 100 ${what} (${value.toFixed(2)} MiB/s).`);
      process.exitCode = 1;
    }
  } finally {
    await setQueueWeight(page, 0);
  }
}

/**
 * The disk of the first machine while the second is busy: with its processor, with frames to the first, and with
 * frames that the switch has to carry and the first does not get.
 *
 * @param {Pair} pair
 * @param {Note} note
 */
async function floodedDisk([victim, other], note) {
  await settle(victim);
  const adapter = nic("synthetic");
  const mac = (await victim.run(`cat /sys/class/net/${adapter}/address`)).trim();
  const flood = (/** @type {string} */ mac) =>
    keepFlooding(other, { nic: adapter, address: nobody("synthetic"), mac });
  for (const [load, begin] of /** @type {const} */ ([
    ["busy", () => keepBusy(other)],
    ["flood", () => flood(mac)],
    ["flood past", () => flood(strangersMac)],
  ])) {
    const end = await begin();
    const started = performance.now();
    const before = { other: await frames(other, adapter), victim: await frames(victim, adapter) };
    for (const { name, measure } of workloads.filter(
      ({ name }) => name === "disk-seq" || name === "disk-rand",
    )) {
      const value = await measure(victim, 0);
      note(`${load} ${name}`, value);
    }
    const after = { other: await frames(other, adapter), victim: await frames(victim, adapter) };
    const seconds = (performance.now() - started) / 1000;
    const sent = (after.other.sent - before.other.sent) / seconds;
    const got = (after.victim.got - before.victim.got) / seconds;
    console.log(`  ${sent.toFixed(0)} frames/s sent, ${got.toFixed(0)} got`);
    await end();
    if (load !== "busy" && !(sent > 100)) throw new Error(`net-flood: only ${sent} frames/s are no flood`);
  }
}

/**
 * @param {Site} site
 * @param {{ wanted: ReadonlySet<string>, runs: number }} options
 * @returns {Promise<Record<string, Figure>>}
 */
async function measure(site, { wanted, runs }) {
  const page = await site.open("");
  const peers = /** @type {const} */ (["ne2k", "virtio"]);
  const againstPeers = ["net-tcp", "net-legacy", "net-ping"].some((name) => wanted.has(name));
  if (againstPeers) await preparePeers();
  if (wanted.has("net-flood")) await attachBenchDisk(page, ["debian"]);
  /** @type {Map<string, number[]>} */
  const results = new Map();
  let spent = 0;
  /** @type {Note} */
  const note = (name, value) => {
    results.set(name, [...(results.get(name) ?? []), value]);
    const used = processorSeconds(site.profile).all - spent;
    spent += used;
    // Tells a slow way from a busy machine.
    console.log(`  ${name}: ${value.toPrecision(3)} (the browser used ${used.toFixed(1)} s of processors)`);
  };
  await withBenchNetworks(page, async (networks) => {
    for (let run = 1; run <= runs; run++) {
      for (const side of /** @type {const} */ (["ours", ...(againstPeers ? peers : [])])) {
        console.log(`networks, run ${run}, ${side}`);
        await withPair({ page, side }, (pair) => {
          spent = processorSeconds(site.profile).all;
          return measurePair({ page, pair, side, wanted, networks, note });
        });
      }
    }
  });
  return figuresOf(wanted, (name) => median(results.get(name) ?? []));
}

/** @param {{ page: Page, pair: Pair, side: Side, wanted: ReadonlySet<string>, networks: BenchNetworks, note: Note }} all */
async function measurePair({ page, pair, side, wanted, networks, note }) {
  const wire = side === "ours" ? "synthetic" : side;
  if (wanted.has("net-ping")) note(`ping ${wire}`, await echoBothWays(pair, wire));
  if (wanted.has("net-tcp") || (wanted.has("net-legacy") && side === "ne2k")) {
    note(`tcp ${wire}`, await bothWays(pair, wire));
  }
  if (side !== "ours") return;
  if (wanted.has("net-legacy")) note("tcp legacy", await bothWays(pair, "legacy"));
  if (wanted.has("net-vmq")) await queuesAgainstSwitch({ page, pair, networks, note });
  if (wanted.has("net-flood")) await floodedDisk(pair, note);
}

/**
 * @param {ReadonlySet<string>} wanted
 * @param {(name: string) => number} value
 * @returns {Record<string, Figure>}
 */
function figuresOf(wanted, value) {
  /** @param {string} ours @param {string} peer @param {number} goal @returns {Figure} */
  const more = (ours, peer, goal, unit = "MiB/s") => ({
    value: value(ours),
    peer: value(peer),
    unit,
    ratio: value(ours) / value(peer),
    goal,
  });
  /** @param {string} ours @param {string} peer @returns {Figure} */
  const faster = (ours, peer) => ({
    value: value(ours),
    peer: value(peer),
    unit: "ms",
    ratio: value(peer) / value(ours),
    goal: 1,
  });
  /** @type {Record<string, Record<string, Figure>>} */
  const all = {
    "net-tcp": {
      "net-tcp": more("tcp synthetic", "tcp ne2k", 5),
      "net-tcp-virtio": more("tcp synthetic", "tcp virtio", 1.5),
    },
    "net-legacy": { "net-legacy": more("tcp legacy", "tcp ne2k", 1) },
    "net-vmq": { "net-vmq": more("vmq queues", "vmq switch", 1.5) },
    "net-ping": {
      "net-ping": faster("ping synthetic", "ping ne2k"),
      "net-ping-virtio": faster("ping synthetic", "ping virtio"),
    },
    "net-flood": {
      "net-flood": more("flood disk-seq", "busy disk-seq", 0.67),
      "net-flood-rand": more("flood disk-rand", "busy disk-rand", 0.67, "reads/s"),
      "net-flood-past": more("flood past disk-seq", "busy disk-seq", 0.67),
      "net-flood-past-rand": more("flood past disk-rand", "busy disk-rand", 0.67, "reads/s"),
    },
  };
  return Object.assign({}, ...names.filter((name) => wanted.has(name)).map((name) => all[name]));
}

export const networkBench = { names, measure };
