import fc from "fast-check";
import { expect, test } from "vitest";
import { HvStatus, Msr, messagePayloadLimit, pageSize } from "../../src/hvdef/index.ts";
import { openVirtualProcessor } from "../../src/hypervisor/vp/index.ts";
import { manualClock, micros } from "../../src/support/index.ts";
import { openFakeEngine } from "../../src/vid/index.ts";

const memoryBytes = 8 * pageSize;

function open() {
  const engine = openFakeEngine({ memoryBytes, clock: manualClock() });
  const vp = openVirtualProcessor({
    memory: engine.memory,
    registers: engine.registers,
    raiseVector() {},
    readTsc: engine.readTsc,
    tscFrequency: engine.tscFrequency,
    runtime: () => micros(0),
    onCrash() {},
  });
  const payloads: Uint8Array[] = [];
  vp.bind({
    postMessage(connection, type, payload) {
      expect(connection).toBeLessThanOrEqual(0xffffff);
      expect(type > 0 && type < 0x80000000).toBe(true);
      expect(payload.length).toBeLessThanOrEqual(messagePayloadLimit);
      payloads.push(payload);
      return HvStatus.success;
    },
    signalEvent(connection, flag) {
      expect(connection).toBeLessThanOrEqual(0xffffff);
      expect(flag).toBeLessThanOrEqual(0xffff);
      return HvStatus.success;
    },
  });
  vp.intercepts.writeMsr(Msr.guestOsId, 1n);
  vp.intercepts.writeMsr(Msr.hypercall, 1n);
  return { engine, vp, payloads };
}

const word = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.nat(memoryBytes + 64),
  fc.nat(0x200).map((eighths) => eighths * 256),
  fc.constantFrom(0, 1, 0xffffffff, memoryBytes, memoryBytes - 256, memoryBytes - 8),
);
const control = fc.oneof(word, fc.constantFrom(0x5c, 0x5d, 0x1005c, 0x1005d, 0x46, 0x8000005c));
const calls = fc.record({
  eax: control,
  ebx: fc.oneof(fc.constant(0), word),
  ecx: word,
  edx: fc.oneof(fc.constant(0), word),
  esi: word,
  edi: word,
  ebp: word,
});
const known: ReadonlySet<number> = new Set(Object.values(HvStatus));

test("any registers and any memory get a status, and nothing but EDX:EAX changes", () => {
  const contents = fc.uint8Array({ minLength: 256, maxLength: 256 });
  fc.assert(
    fc.property(calls, contents, fc.nat(3), (call, bytes, privilege) => {
      const { engine, vp, payloads } = open();
      const memory = engine.memory.bytes();
      for (let at = pageSize; at < memoryBytes; at += bytes.length) memory.set(bytes, at);
      const before = memory.slice();
      engine.attachPort(vp.hypercallPort, vp.onHypercall);
      engine.guest.setPrivilege(privilege);
      const status = engine.guest.hypercall({ port: vp.hypercallPort, ...call });
      expect(known.has(status)).toBe(true);
      if (privilege > 0) expect(status).toBe(HvStatus.accessDenied);
      expect(engine.registers.get("edx")).toBe(0);
      for (const name of ["ebx", "ecx", "esi", "edi", "ebp"] as const) {
        expect(engine.registers.get(name)).toBe(call[name]);
      }
      expect(Buffer.compare(memory, before)).toBe(0);
      for (const payload of payloads) expect(payload.buffer).not.toBe(memory.buffer);
    }),
    { numRuns: 1500 },
  );
});

test("messages with any head in memory are judged by their head alone", () => {
  const heads = fc.record({
    id: fc.oneof(fc.nat(8), fc.integer({ min: 0, max: 0xffffffff })),
    reserved: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffffffff })),
    type: fc.oneof(fc.constantFrom(0, 1, 0x7fffffff, 0x80000000), fc.integer({ min: 0, max: 0xffffffff })),
    size: fc.oneof(fc.nat(260), fc.integer({ min: 0, max: 0xffffffff })),
  });
  fc.assert(
    fc.property(heads, (head) => {
      const { engine, vp, payloads } = open();
      engine.attachPort(vp.hypercallPort, vp.onHypercall);
      const view = engine.memory.view();
      const words = [head.id, head.reserved, head.type, head.size];
      for (const [place, value] of words.entries()) view.setUint32(pageSize + place * 4, value, true);
      const isSound = head.reserved === 0 && head.type > 0 && head.type < 0x80000000 && head.size <= 240;
      const status = engine.guest.hypercall({ port: vp.hypercallPort, eax: 0x5c, ecx: pageSize });
      if (!isSound) expect(status).toBe(HvStatus.invalidParameter);
      else if (head.id > 0xffffff) expect(status).toBe(HvStatus.invalidConnectionId);
      else expect(status).toBe(HvStatus.success);
      if (status === HvStatus.success) expect(payloads.map((one) => one.length)).toEqual([head.size]);
    }),
    { numRuns: 800 },
  );
});
