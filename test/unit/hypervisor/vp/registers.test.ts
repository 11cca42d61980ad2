import { expect, test } from "vitest";
import { Msr } from "../../../../src/hvdef/index.ts";
import { crashReportLimit } from "../../../../src/hypervisor/vp/crash.ts";
import { guestName } from "../../../../src/hypervisor/vp/guest-identity.ts";
import { openMsrDispatch, plainMsrs } from "../../../../src/hypervisor/vp/msr.ts";
import { memoryBytes, openRig } from "./rig.ts";

const notifyWithText = 0xc000000000000000n;

test("CPUID says Microsoft Hv with the features Linux needs and no more", () => {
  const { guest } = openRig();
  const vendor = guest.cpuid(0x40000000);
  expect(vendor.eax).toBe(0x40000006);
  const letters = new Uint8Array(Uint32Array.of(vendor.ebx, vendor.ecx, vendor.edx).buffer);
  expect(new TextDecoder().decode(letters)).toBe("Microsoft Hv");
  expect(guest.cpuid(0x40000001).eax).toBe(0x31237648);
  expect(guest.cpuid(0x40000002)).toEqual({ eax: 7601, ebx: 0x60001, ecx: 1, edx: 17514 });
  expect(guest.cpuid(0x40000003)).toEqual({ eax: 0xa6e, ebx: 0x30, ecx: 0, edx: 0x80500 });
  expect(guest.cpuid(0x40000004)).toEqual({ eax: 0x220, ebx: 0xffffffff, ecx: 0, edx: 0 });
  expect(guest.cpuid(0x40000005)).toMatchObject({ eax: 1, ebx: 1 });
});

test("other leaves of the range are zero, leaves outside are the engine's", () => {
  const { vp } = openRig();
  const zero = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  for (const leaf of [0x40000006, 0x4000000a, 0x40000081, 0x40000100, 0x4000ffff]) {
    expect(vp.intercepts.cpuid(leaf, 0)).toEqual(zero);
  }
  for (const leaf of [0, 1, 0x3fffffff, 0x40010000, 0x80000000]) {
    expect(vp.intercepts.cpuid(leaf, 0)).toBeNull();
  }
});

test("every register of the reference is known, any other of the range is counted", () => {
  const { guest, vp } = openRig();
  const sints = Array.from({ length: 16 }, (_, sint) => Msr.sint0 + sint);
  const timers = Array.from({ length: 8 }, (_, place) => Msr.stimer0Config + place);
  const crash = Array.from({ length: 5 }, (_, place) => Msr.crashP0 + place);
  for (const index of [...Object.values(Msr), ...sints, ...timers, ...crash]) {
    guest.readMsr(index);
    if (index !== Msr.crashControl) expect(guest.writeMsr(index, 0n)).toBe(true);
  }
  expect(vp.inspect()["msrs"]).toMatchObject({ unknown: 0, lastUnknown: null });
  expect(guest.readMsr(0x40000fff)).toBe(0n);
  expect(guest.writeMsr(0x40000fff, 1n)).toBe(true);
  expect(vp.inspect()["msrs"]).toMatchObject({ unknown: 2, lastUnknown: "0x40000fff" });
});

test("registers outside the range are the engine's", () => {
  const { vp } = openRig();
  for (const index of [0x10, 0x1b, 0xc0000080, 0x40010000]) {
    expect(vp.intercepts.readMsr(index)).toBeNull();
    expect(vp.intercepts.writeMsr(index, 1n)).toBe(false);
  }
});

test("processor index, run time and assist page", () => {
  const { guest } = openRig();
  guest.writeMsr(Msr.vpIndex, 5n);
  expect(guest.readMsr(Msr.vpIndex)).toBe(0n);
  expect(guest.readMsr(Msr.vpRuntime)).toBe(12_340n);
  guest.writeMsr(Msr.vpAssistPage, 0x9001n);
  expect(guest.readMsr(Msr.vpAssistPage)).toBe(0x9001n);
});

test("two parts cannot claim one register", () => {
  const [entry] = plainMsrs([Msr.vpIndex]).entries;
  if (entry === undefined) throw new Error("no entry");
  expect(() => openMsrDispatch([entry, entry])).toThrow("claim");
});

test("a guest that dies is heard with its text", () => {
  const rig = openRig();
  const text = "Kernel panic - not syncing: sysrq triggered crash\n";
  rig.memory.bytes().set(new TextEncoder().encode(text), 0x2000);
  rig.guest.writeMsr(Msr.crashP0 + 3, 0x2000n);
  rig.guest.writeMsr(Msr.crashP0 + 4, BigInt(text.length + 4));
  expect(rig.guest.readMsr(Msr.crashControl)).toBe(notifyWithText);
  rig.guest.writeMsr(Msr.crashControl, notifyWithText);
  expect(rig.crashes).toEqual([{ text, parameters: ["0x0", "0x0", "0x0", "0x2000", "0x36"] }]);
});

test.each([
  ["beyond RAM", BigInt(memoryBytes - 1), 4096n],
  ["at the end of 64 bits", (1n << 64n) - 1n, (1n << 64n) - 1n],
])("a text %s is left out, the parameters are not", (_, at, length) => {
  const rig = openRig();
  rig.guest.writeMsr(Msr.crashP0, 0xdeadn);
  rig.guest.writeMsr(Msr.crashP0 + 3, at);
  rig.guest.writeMsr(Msr.crashP0 + 4, length);
  rig.guest.writeMsr(Msr.crashControl, notifyWithText);
  expect(rig.crashes).toMatchObject([{ text: "" }]);
  expect(rig.crashes[0]?.parameters[0]).toBe("0xdead");
});

test("a text is cut at a page, and a guest that dies on and on is heard a few times", () => {
  const rig = openRig();
  rig.memory.bytes().fill(0x41, 0, 0x10000);
  rig.guest.writeMsr(Msr.crashP0 + 4, 100_000n);
  for (let death = 0; death < 1000; death++) rig.guest.writeMsr(Msr.crashControl, notifyWithText);
  expect(rig.crashes).toHaveLength(crashReportLimit);
  expect(rig.crashes[0]?.text).toHaveLength(4096);
  expect(rig.vp.inspect()["crash"]).toMatchObject({ reports: 1000 });
  rig.vp.reset();
  rig.guest.writeMsr(Msr.crashControl, 1n << 63n);
  expect(rig.crashes.at(-1)).toMatchObject({ text: "" });
});

test.each([
  [0n, "none"],
  [0x8100_0006_01b0_0000n, "Linux 6.1.176"],
  [0x8200_0000_0000_0000n, "FreeBSD 0.0.0"],
  [0x0001_0406_0101_1db1n, "Windows NT 6.1 build 7601"],
  [0x0002_0406_0101_1db1n, "unknown system 6.1 build 7601"],
])("identity %s reads as %s", (id, name) => {
  expect(guestName(id)).toBe(name);
});
