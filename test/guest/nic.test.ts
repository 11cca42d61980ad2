import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import {
  bytesOfMac,
  type FrameSink,
  type FrameSource,
  type MacAddress,
  parseMac,
} from "../../src/network/index.ts";
import { type LegacyNic, legacyChannel, legacyDescription, legacyNic } from "../../src/vsp/index.ts";
import { emulatedMachine } from "../lab/emulated-machine.ts";
import { type GuestLab, openWorkerLab, prompt } from "../lab/worker.ts";

/**
 * Two guests without integration services, all emulated network adapters in each, two of them joined by cables.
 */
const boots = 240_000;

interface Side {
  readonly id: string;
  readonly macs: readonly MacAddress[];
  readonly nics: readonly LegacyNic[];
}

function side(id: string, group: string): Side {
  const macs = [3, 4, 5, 6].map((last) => {
    const mac = parseMac(`00-15-5D-01-${group}-0${last}`);
    if (mac === null) throw new Error(`${group} is no part of an address`);
    return mac;
  });
  return { id, macs, nics: macs.map((mac) => legacyNic({ mac })) };
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`nothing is at ${index}`);
  return found;
}

/** A cable that leads to one sink. */
function cable(to: FrameSink): FrameSource {
  return { send: (bytes, from, length) => void to.frame(bytes, from, length) };
}

function boot({ id, macs, nics }: Side): Promise<GuestLab> {
  const vm = emulatedMachine();
  const legacyAdapters = macs.map((mac, index) => legacyDescription(index, mac));
  return openWorkerLab({
    id,
    configuration: { memoryBytes: 64 << 20, boot: vm.boot, drives: [], offers: [], legacyAdapters },
    owners: [],
    frameOwners: nics.map((owner, index) => ({ channel: legacyChannel(index), owner })),
  });
}

const left = side("3f0b9d0e-6a51-4d6e-9d0c-7a0a50000021", "0A");
const right = side("3f0b9d0e-6a51-4d6e-9d0c-7a0a50000022", "0B");
let a: GuestLab;
let b: GuestLab;

/** The first adapters share no interrupt line, the first and the last one do. */
const cables = [0, 3];

beforeAll(async () => {
  for (const index of cables) {
    at(left.nics, index).plug(cable(at(right.nics, index)));
    at(right.nics, index).plug(cable(at(left.nics, index)));
  }
  a = await boot(left);
  await a.waitFor(prompt, boots);
  b = await boot(right);
  await b.waitFor(prompt, boots);
  for (const guest of [a, b]) await guest.shell("modprobe ne2k-pci");
  for (const [guest, host] of [
    [a, 1],
    [b, 2],
  ] as const) {
    for (const index of cables)
      await guest.shell(`ifconfig eth${index} 10.${index}.0.${host} netmask 255.255.255.0 up`);
  }
}, boots);

afterAll(async () => {
  await a?.end();
  await b?.end();
});

test("each guest finds its adapters in order, with the addresses of the configuration", async () => {
  for (const [guest, { macs }] of [
    [a, left],
    [b, right],
  ] as const) {
    const seen = await guest.shell("cat /sys/class/net/eth[0-3]/address");
    expect(seen.split("\n").map(parseMac)).toEqual(macs);
  }
});

test("they ping each other over both cables", async () => {
  for (const index of cables) {
    const seen = await a.shell(`ping -c 3 -W 5 10.${index}.0.2`);
    expect(seen).toContain("3 packets transmitted, 3 packets received, 0% packet loss");
  }
});

test("a megabyte through nc arrives unchanged, and no frame is lost or damaged on the way", async () => {
  await a.shell("dd if=/dev/urandom of=/tmp/a bs=64k count=16 2>/dev/null");
  await b.shell("nc -l -p 4000 >/tmp/b & usleep 300000");
  await a.shell("nc -w 30 10.0.0.2 4000 </tmp/a", 120_000);
  await b.shell("wait");
  expect(await b.shell("md5sum </tmp/b")).toBe(await a.shell("md5sum </tmp/a"));
  const counters = at(right.nics, 0).counters();
  expect(counters.bytesReceived).toBeGreaterThan(1 << 20);
  expect(counters.framesDropped).toBe(0);
  expect(await b.shell("cat /sys/class/net/eth0/statistics/rx_errors")).toBe("0");
});

/** An ICMP echo request over IPv4. Sums are of 16-bit words in the order of the wire. */
function echoRequest(sequence: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(60);
  const view = new DataView(frame.buffer);
  frame.set(bytesOfMac(at(right.macs, 0)), 0);
  frame.set(bytesOfMac(at(left.macs, 0)), 6);
  view.setUint16(12, 0x0800);
  frame.set([0x45, 0, 0, 28, 0, sequence, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 14);
  frame.set([8, 0, 0, 0, 0x12, 0x34, 0, sequence], 34);
  for (const [from, length, sumAt] of [
    [14, 20, 24],
    [34, 8, 36],
  ] as const) {
    let sum = 0;
    for (let i = 0; i < length; i += 2) sum += view.getUint16(from + i);
    view.setUint16(sumAt, ~((sum & 0xffff) + (sum >> 16)));
  }
  return frame;
}

test("a burst of small frames is answered whole, though nothing comes after it", async () => {
  onTestFinished(() => at(right.nics, 0).plug(cable(at(left.nics, 0))));
  const answered = new Set<number>();
  at(right.nics, 0).plug({
    send(bytes, from) {
      if (bytes[from + 23] === 1 && bytes[from + 34] === 0) answered.add(bytes[from + 41] ?? 0);
    },
  });
  const sequences = Array.from({ length: 200 }, (_, i) => i);
  for (const sequence of sequences) at(right.nics, 0).frame(echoRequest(sequence), 0, 60);
  await expect.poll(() => answered.size, { timeout: 10_000 }).toBe(sequences.length);
});

test("a cable that is pulled out loses frames, and nothing else", async () => {
  at(left.nics, 0).plug(null);
  await expect(a.shell("ping -c 2 -W 1 10.0.0.2")).rejects.toThrow("100% packet loss");
  at(left.nics, 0).plug(cable(at(right.nics, 0)));
  expect(await a.shell("ping -c 2 -W 5 10.0.0.2")).toContain("2 packets received");
});

test("a reset guest finds its adapters again", async () => {
  await a.api.reset();
  await a.waitFor(prompt, boots);
  await a.shell("modprobe ne2k-pci; ifconfig eth0 10.0.0.1 netmask 255.255.255.0 up");
  expect(await a.shell("ping -c 2 -W 5 10.0.0.2")).toContain("2 packets received");
});
