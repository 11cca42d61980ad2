import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChannelId } from "../../src/hvdef/index.ts";
import { openSwitch } from "../../src/network/index.ts";
import { micros } from "../../src/support/index.ts";
import { catalogue } from "../../src/vmms/index.ts";
import { type Netvsp, netOffer, netvsp } from "../../src/vsp/index.ts";
import { mac } from "../lab/switch.ts";
import { type GuestLab, openWorkerLab, prompt } from "../lab/worker.ts";

/** Two unmodified guests with one synthetic network adapter each, on one switch. */
const boots = 240_000;
const channel = 6 as ChannelId;
const network = openSwitch({
  name: "lab",
  kind: "private",
  clock: { now: () => micros(performance.now() * 1000) },
});

function adapter(name: string, address: string): Netvsp {
  const own = mac(address);
  const made = netvsp({ mac: own });
  made.connect(network.connect({ name, mac: own }, made));
  return made;
}

const left = adapter("left", "00-15-5D-01-0C-01");
const right = adapter("right", "00-15-5D-01-0C-02");
let a: GuestLab;
let b: GuestLab;

async function boot(id: string, owner: Netvsp, host: number): Promise<GuestLab> {
  const vm = catalogue.find((stock) => stock.name === "debian");
  if (vm === undefined) throw new Error("the catalogue has no machine debian");
  const guest = await openWorkerLab({
    id,
    configuration: {
      memoryBytes: 96 << 20,
      boot: vm.boot,
      drives: [],
      offers: [netOffer(0, channel)],
      legacyAdapters: [],
    },
    owners: [{ channel, owner }],
  });
  await guest.waitFor(prompt, boots);
  await guest.shell("modprobe hv_netvsc; while [ ! -d /sys/class/net/eth0 ]; do usleep 100000; done");
  await guest.shell(`ifconfig eth0 10.0.0.${host} netmask 255.255.255.0 up`);
  return guest;
}

beforeAll(async () => {
  a = await boot("3f0b9d0e-6a51-4d6e-9d0c-7a0a50000031", left, 1);
  b = await boot("3f0b9d0e-6a51-4d6e-9d0c-7a0a50000032", right, 2);
  await a.shell("dd if=/dev/urandom of=/tmp/a bs=64k count=8 2>/dev/null");
}, 2 * boots);

afterAll(async () => {
  await a?.end();
  await b?.end();
});

const count = (of: Netvsp, name: string): number => Number(of.inspect()[name]);

/** Sends half a megabyte from one guest to the other. @returns how many packets the other one's kernel took in */
async function transfer(): Promise<number> {
  const packets = async () => Number(await b.shell("cat /sys/class/net/eth0/statistics/rx_packets"));
  const before = await packets();
  await b.shell("nc -l -p 4000 >/tmp/b & usleep 300000");
  await a.shell("nc -w 30 10.0.0.2 4000 </tmp/a", 120_000);
  await b.shell("wait");
  expect(await b.shell("md5sum </tmp/b")).toBe(await a.shell("md5sum </tmp/a"));
  return (await packets()) - before;
}

/** What half a megabyte takes when each frame carries as much as it can. */
const framesOfTransfer = Math.ceil((512 << 10) / 1448);

test("Linux agrees to take large frames whole, and gets them so", async () => {
  expect(right.inspect()).toMatchObject({ takesLarge: "yes" });
  const packets = await transfer();
  // A large send of Linux's is two frames at least.
  expect(packets).toBeLessThan((framesOfTransfer * 2) / 3);
  expect(count(left, "wholeSends")).toBeGreaterThan(5);
  expect(count(right, "wholeReceived")).toBe(count(left, "wholeSends"));
  expect(count(right, "received")).toBeGreaterThanOrEqual(framesOfTransfer);
  expect(count(right, "busy")).toBe(0);
  expect(await b.shell("cat /sys/class/net/eth0/statistics/rx_dropped")).toBe("0");
});

test("a guest that forwards wants them cut, and its kernel says so", async () => {
  await b.shell("echo 1 >/proc/sys/net/ipv4/ip_forward");
  expect(right.inspect()).toMatchObject({ takesLarge: "no" });
  const before = count(left, "wholeSends");
  expect(await transfer()).toBeGreaterThanOrEqual(framesOfTransfer);
  expect(count(left, "wholeSends")).toBe(before);
});
