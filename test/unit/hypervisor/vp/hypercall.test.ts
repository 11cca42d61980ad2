import { expect, test } from "vitest";
import { type GuestCalls, HvStatus, HypercallMsr, Msr } from "../../../../src/hvdef/index.ts";
import { bytesOf, callPage, enlighten, inputPage, memoryBytes, openRig, pageAt } from "./rig.ts";

function connected() {
  const rig = openRig();
  const seen: unknown[] = [];
  const calls: GuestCalls = {
    postMessage(connection, type, payload) {
      seen.push({ connection, type, payload });
      return connection === 4 ? HvStatus.success : HvStatus.invalidConnectionId;
    },
    signalEvent(connection, flag) {
      seen.push({ connection, flag });
      return HvStatus.success;
    },
  };
  rig.vp.bind(calls);
  enlighten(rig);
  const port = rig.vp.hypercallPort;
  function writeMessage(at: number, head: { id?: number; reserved?: number; type?: number; size?: number }) {
    const view = rig.memory.view();
    view.setUint32(at, head.id ?? 4, true);
    view.setUint32(at + 4, head.reserved ?? 0, true);
    view.setUint32(at + 8, head.type ?? 1, true);
    view.setUint32(at + 12, head.size ?? 3, true);
    rig.memory.bytes().set([7, 8, 9], at + 16);
  }
  const post = (at: number, eax = 0x5c) => rig.guest.hypercall({ port, eax, ecx: at });
  return { ...rig, seen, port, writeMessage, post };
}

test("the page holds OUT 0F5h, EAX; RET and is put back", () => {
  const rig = openRig();
  rig.memory.bytes().fill(0x11, callPage, callPage + 4096);
  const wrote: number[] = [];
  rig.memory.wrote = (at, length) => void wrote.push(at, length);
  enlighten(rig);
  expect([...pageAt(rig, callPage).subarray(0, 4)]).toEqual([0xe7, 0xf5, 0xc3, 0xcc]);
  expect(wrote.slice(0, 2)).toEqual([callPage, 4096]);
  rig.guest.writeMsr(Msr.guestOsId, 0n);
  expect(pageAt(rig, callPage).every((byte) => byte === 0x11)).toBe(true);
  expect(rig.guest.readMsr(Msr.hypercall) & HypercallMsr.enable).toBe(0n);
});

test("without an identity there is no page", () => {
  const rig = openRig();
  rig.guest.writeMsr(Msr.hypercall, BigInt(callPage) | HypercallMsr.enable);
  expect(rig.guest.readMsr(Msr.hypercall)).toBe(BigInt(callPage));
  expect(rig.memory.bytes()[callPage]).toBe(0);
});

test("identity zero takes every page off", () => {
  const rig = connected();
  rig.guest.writeMsr(Msr.referenceTsc, 0x9001n);
  rig.guest.writeMsr(Msr.guestOsId, 0n);
  for (const index of [Msr.referenceTsc, Msr.simp, Msr.siefp, Msr.hypercall]) {
    expect(rig.guest.readMsr(index) & 1n).toBe(0n);
  }
});

test("a locked page stays until reset", () => {
  const rig = connected();
  rig.guest.writeMsr(Msr.hypercall, BigInt(callPage) | 3n);
  rig.guest.writeMsr(Msr.hypercall, 0xa001n);
  expect(rig.guest.readMsr(Msr.hypercall)).toBe(BigInt(callPage) | 3n);
  rig.vp.reset();
  expect(rig.guest.readMsr(Msr.hypercall)).toBe(0n);
  expect(rig.memory.bytes()[callPage]).toBe(0);
});

test("HvPostMessage hands over a copy", () => {
  const rig = connected();
  rig.writeMessage(inputPage, {});
  expect(rig.post(inputPage)).toBe(HvStatus.success);
  rig.memory.bytes().fill(0, inputPage, inputPage + 256);
  expect(rig.seen).toEqual([{ connection: 4, type: 1, payload: bytesOf(7, 8, 9) }]);
});

test("a call changes nothing but EDX:EAX", () => {
  const rig = connected();
  rig.writeMessage(inputPage, {});
  const others = { ecx: inputPage, esi: 12, edi: 13, ebp: 14, ebx: 0 };
  rig.guest.hypercall({ port: rig.port, eax: 0x5c, edx: 0, ...others });
  for (const name of ["ebx", "ecx", "esi", "edi", "ebp"] as const) {
    expect(rig.engine.registers.get(name)).toBe(others[name]);
  }
  expect(rig.engine.registers.get("edx")).toBe(0);
});

test.each([
  ["a payload of 241 bytes", { size: 241 }, HvStatus.invalidParameter],
  ["type 0", { type: 0 }, HvStatus.invalidParameter],
  ["a type of the hypervisor", { type: 0x80000010 }, HvStatus.invalidParameter],
  ["a reserved field in use", { reserved: 1 }, HvStatus.invalidParameter],
  ["an unknown connection", { id: 5 }, HvStatus.invalidConnectionId],
  ["a connection beyond 24 bits", { id: 0x1000004 }, HvStatus.invalidConnectionId],
])("HvPostMessage refuses %s", (_, head, status) => {
  const rig = connected();
  rig.writeMessage(inputPage, head);
  expect(rig.post(inputPage)).toBe(status);
});

test.each([
  ["an odd address", inputPage + 4, HvStatus.invalidAlignment],
  ["input across a page boundary", inputPage + 4096 - 248, HvStatus.invalidAlignment],
  ["an address beyond RAM", memoryBytes, HvStatus.invalidParameter],
])("HvPostMessage refuses %s", (_, at, status) => {
  const rig = connected();
  expect(rig.post(at)).toBe(status);
  expect(rig.seen).toEqual([]);
});

test("an address of 64 bits is not cut", () => {
  const rig = connected();
  rig.writeMessage(inputPage, {});
  const status = rig.guest.hypercall({ port: rig.port, eax: 0x5c, ebx: 1, ecx: inputPage });
  expect(status).toBe(HvStatus.invalidParameter);
});

test("fast HvPostMessage, repeats and variable headers are invalid input", () => {
  const rig = connected();
  rig.writeMessage(inputPage, {});
  for (const eax of [0x1005c, 0x2005c, 0x8000005c]) {
    expect(rig.post(inputPage, eax)).toBe(HvStatus.invalidHypercallInput);
  }
  const repeated = { port: rig.port, eax: 0x5c, edx: 1, ecx: inputPage };
  expect(rig.guest.hypercall(repeated)).toBe(HvStatus.invalidHypercallInput);
});

test("HvSignalEvent takes its input from registers or memory", () => {
  const rig = connected();
  expect(rig.guest.hypercall({ port: rig.port, eax: 0x1005d, ecx: 17, ebx: 3 })).toBe(0);
  rig.memory.view().setUint32(inputPage, 18, true);
  expect(rig.guest.hypercall({ port: rig.port, eax: 0x5d, ecx: inputPage })).toBe(0);
  expect(rig.guest.hypercall({ port: rig.port, eax: 0x1005d, ecx: 17, ebx: 0x10000 })).toBe(5);
  expect(rig.seen).toEqual([
    { connection: 17, flag: 3 },
    { connection: 18, flag: 0 },
  ]);
});

test("unknown calls answer status 2 and are counted", () => {
  const rig = connected();
  for (const eax of [0, 0x46, 0x8001, 0x1000b]) expect(rig.guest.hypercall({ port: rig.port, eax })).toBe(2);
  expect(rig.vp.inspect()["hypercalls"]).toMatchObject({ unknown: 4, failed: 4, lastUnknown: 0xb });
});

test("a user program is denied", () => {
  const rig = connected();
  rig.guest.setPrivilege(3);
  expect(rig.guest.hypercall({ port: rig.port, eax: 0x1005d, ecx: 17 })).toBe(HvStatus.accessDenied);
  expect(rig.seen).toEqual([]);
});

test("without a page the port is silent", () => {
  const rig = openRig();
  expect(rig.guest.hypercall({ port: rig.vp.hypercallPort, eax: 0x1005d, edx: 77 })).toBe(0x1005d);
  expect(rig.engine.registers.get("edx")).toBe(77);
  expect(rig.vp.inspect()["hypercalls"]).toMatchObject({ stray: 1 });
});

test("before the bus is bound no connection exists", () => {
  const rig = openRig();
  enlighten(rig);
  const status = rig.guest.hypercall({ port: rig.vp.hypercallPort, eax: 0x1005d, ecx: 1 });
  expect(status).toBe(HvStatus.invalidConnectionId);
});
