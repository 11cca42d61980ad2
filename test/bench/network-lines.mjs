// @ts-check
// What two guests do with the network between them. Every line runs at the shell of all machines, unchanged.
import { median } from "./comparisons.mjs";

/** @typedef {import("./workloads.mjs").Shell} Shell */

const sinkPort = 5001;
const blockBytes = 64 << 10;
const blocksPerMebibyte = (1 << 20) / blockBytes;
/** How long a transfer ought to take. */
const transferSeconds = 8;
const largestTransfer = 128;

/**
 * Reads as many blocks from a connection as its first line says, then answers: so the other side knows when all of
 * it is there.
 */
const sink = [
  "#!/bin/sh",
  "read blocks",
  `dd bs=${blockBytes} count=$blocks iflag=fullblock of=/dev/null 2>/tmp/sink.log`,
  'grep -q "^$blocks+0 records in" /tmp/sink.log && echo got $blocks',
];

/** @param {Shell} shell */
export async function startSink(shell) {
  const lines = sink.map((line) => `'${line}'`).join(" ");
  await shell.run(`printf '%s\\n' ${lines} >/tmp/sink; chmod +x /tmp/sink`);
  await shell.run(`nc -ll -p ${sinkPort} -e /tmp/sink </dev/null >/dev/null 2>&1 & SINK=$!`);
}

/** @param {Shell} from @param {string} address @param {number} mebibytes @returns {Promise<number>} seconds */
async function send(from, address, mebibytes) {
  const blocks = mebibytes * blocksPerMebibyte;
  const line = [
    `exec 3<>/dev/tcp/${address}/${sinkPort}`,
    `echo ${blocks} >&3`,
    `dd if=/dev/zero bs=${blockBytes} count=${blocks} >&3 2>/dev/null`,
    "answer=; read -r answer <&3",
    "exec 3>&-",
    `[ "$answer" = "got ${blocks}" ] || echo BAD "$answer" >/tmp/failed`,
  ].join("; ");
  const seconds = await from.time(line);
  const failed = await from.run("cat /tmp/failed 2>/dev/null; rm -f /tmp/failed");
  if (failed.includes("BAD")) throw new Error(`a transfer to ${address} failed: ${failed}`);
  return seconds;
}

/** Segments that a guest had to send again so far: what the way lost, or was late with. @param {Shell} shell */
async function sentAgain(shell) {
  const [names = "", values = ""] = (await shell.run("grep Tcp: /proc/net/snmp")).trim().split("\n");
  return Number(values.split(" ")[names.split(" ").indexOf("RetransSegs")]);
}

/**
 * TCP from one guest to the other, in blocks of 64 KiB, until the receiver has answered.
 *
 * @param {Shell} from
 * @param {string} address
 * @returns {Promise<number>} mebibytes per second
 */
export async function throughput(from, address) {
  // Two rounds to compile what they run, of which the second tells how much can be sent.
  await send(from, address, 1);
  const trial = 2 / (await send(from, address, 2));
  const mebibytes = Math.max(2, Math.min(largestTransfer, Math.round(trial * transferSeconds)));
  const before = await sentAgain(from);
  const rate = mebibytes / (await send(from, address, mebibytes));
  const again = (await sentAgain(from)) - before;
  console.log(`  ${mebibytes} MiB to ${address}: ${rate.toPrecision(3)} MiB/s, ${again} segments sent again`);
  return rate;
}

const echoes = 40;

/**
 * @param {Shell} from
 * @param {string} address
 * @returns {Promise<number>} milliseconds of the median echo, by the guest's clock
 */
export async function roundTrip(from, address) {
  await from.run(`ping -c 5 -i 0.2 ${address}`);
  const started = performance.now();
  const printed = await from.run(`ping -c ${echoes} -i 0.1 ${address}`);
  const elapsed = performance.now() - started;
  const times = [...printed.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time));
  if (times.length < echoes * 0.9) throw new Error(`of ${echoes} echoes ${times.length} came: ${printed}`);
  // A guest's clock that runs too slowly would flatter it.
  console.log(
    `  ${address}: ${(echoes * 0.1).toFixed(1)} s of the guest's clock took ${(elapsed / 1000).toFixed(1)} s`,
  );
  return median(times);
}

/**
 * Makes a guest busy until the answer is called.
 *
 * @param {Shell} shell
 * @param {string} body of an endless loop
 * @returns {Promise<() => Promise<void>>}
 */
async function keep(shell, body) {
  await shell.run(`while :; do ${body}; done & BUSY=$!`);
  return async () => {
    // The loop leads a group of its own: its child ends with it.
    await shell.run("kill -9 -$BUSY; wait $BUSY 2>/dev/null");
  };
}

/** Busy with its processor only. @param {Shell} shell */
export const keepBusy = (shell) => keep(shell, ":");

/**
 * Sends datagrams of a full frame each as fast as it can, to an address of this wire that nobody has: what the
 * receiver's own network code does with them is not the question.
 *
 * @param {Shell} shell
 * @param {{ nic: string, address: string, mac: string }} target `mac`: whose port the frames go to
 */
export async function keepFlooding(shell, { nic, address, mac }) {
  await shell.run(`arp -i ${nic} -s ${address} ${mac}`);
  return keep(shell, `dd if=/dev/zero bs=1472 count=20000 >/dev/udp/${address}/9 2>/dev/null`);
}

/** Frames that an adapter has sent and got so far. @param {Shell} shell @param {string} nic */
export async function frames(shell, nic) {
  const printed = await shell.run(
    `cd /sys/class/net/${nic}/statistics; cat tx_packets rx_packets; cd - >/dev/null`,
  );
  const [sent = Number.NaN, got = Number.NaN] = printed.trim().split(/\s+/).map(Number);
  return { sent, got };
}
