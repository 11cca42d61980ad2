import { expect, test } from "vitest";
import { HvMessageType, Msr, Sint } from "../../../../src/hvdef/index.ts";
import { messageQueueLimit } from "../../../../src/hypervisor/vp/message-queue.ts";
import { bytesOf, enlighten, eventPage, freeSlot, messagePage, openRig, slotOf, vmbusVector } from "./rig.ts";

function enlightened() {
  const rig = openRig();
  enlighten(rig);
  return rig;
}

test("a message fills the slot and raises the vector", () => {
  const rig = enlightened();
  const payload = bytesOf(1, 2, 3);
  rig.vp.synic.postMessage(2, HvMessageType.channel, payload);
  payload.fill(9);
  expect(slotOf(rig)).toMatchObject({ type: 1, payloadSize: 3, flags: 0, payload: bytesOf(1, 2, 3) });
  expect(rig.guest.takeVectors()).toEqual([vmbusVector]);
});

test("a busy slot gets the pending flag, end of message delivers the next, in order", () => {
  const rig = enlightened();
  for (const value of [1, 2, 3]) rig.vp.synic.postMessage(2, HvMessageType.channel, bytesOf(value));
  expect(rig.guest.takeVectors()).toEqual([vmbusVector]);
  expect(slotOf(rig)).toMatchObject({ flags: 1, payload: bytesOf(1) });
  freeSlot(rig);
  expect(slotOf(rig)).toMatchObject({ type: 1, flags: 1, payload: bytesOf(2) });
  freeSlot(rig);
  expect(slotOf(rig)).toMatchObject({ type: 1, flags: 0, payload: bytesOf(3) });
  freeSlot(rig);
  expect(slotOf(rig).type).toBe(0);
  expect(rig.guest.takeVectors()).toEqual([vmbusVector, vmbusVector]);
});

test("a slot freed without end of message is found between slices", () => {
  const rig = enlightened();
  for (const value of [1, 2]) rig.vp.synic.postMessage(2, HvMessageType.channel, bytesOf(value));
  rig.memory.view().setUint32(messagePage + 512, 0, true);
  rig.vp.intercepts.timers();
  expect(slotOf(rig).payload).toEqual(bytesOf(2));
});

test("an event flag that is set already raises no second interrupt", () => {
  const rig = enlightened();
  rig.vp.synic.signalEvent(2, 9);
  rig.vp.synic.signalEvent(2, 9);
  expect(rig.memory.bytes()[eventPage + 512 + 1]).toBe(2);
  expect(rig.guest.takeVectors()).toEqual([vmbusVector]);
  rig.memory.bytes()[eventPage + 513] = 0;
  rig.vp.synic.signalEvent(2, 9);
  expect(rig.guest.takeVectors()).toEqual([vmbusVector]);
});

test("a masked source fills slot and flags without an interrupt, which follows when it is opened", () => {
  const rig = enlightened();
  rig.guest.writeMsr(Msr.sint0 + 2, BigInt(vmbusVector) | Sint.masked);
  rig.vp.synic.postMessage(2, HvMessageType.channel, bytesOf(1));
  rig.vp.synic.signalEvent(2, 5);
  expect(slotOf(rig).type).toBe(1);
  expect(rig.memory.bytes()[eventPage + 512]).toBe(1 << 5);
  expect(rig.guest.takeVectors()).toEqual([]);
  rig.guest.writeMsr(Msr.sint0 + 2, BigInt(vmbusVector));
  expect(rig.guest.takeVectors()).toEqual([vmbusVector]);
});

test("messages and flags wait for the controller to be enabled", () => {
  const rig = enlightened();
  rig.guest.writeMsr(Msr.scontrol, 0n);
  rig.vp.synic.postMessage(2, HvMessageType.channel, bytesOf(7));
  rig.vp.synic.signalEvent(2, 12);
  expect(slotOf(rig).type).toBe(0);
  expect(rig.memory.bytes()[eventPage + 513]).toBe(0);
  rig.guest.writeMsr(Msr.scontrol, 1n);
  expect(slotOf(rig).payload).toEqual(bytesOf(7));
  expect(rig.memory.bytes()[eventPage + 513]).toBe(1 << 4);
  expect(rig.guest.takeVectors()).toContain(vmbusVector);
});

test("a vector the processor keeps for itself is never raised", () => {
  const rig = enlightened();
  rig.guest.writeMsr(Msr.sint0 + 2, 15n);
  rig.vp.synic.signalEvent(2, 5);
  expect(rig.guest.takeVectors()).toEqual([]);
  rig.guest.writeMsr(Msr.sint0 + 2, 16n);
  expect(rig.guest.takeVectors()).toEqual([16]);
});

test("a polling source never interrupts", () => {
  const rig = enlightened();
  rig.guest.writeMsr(Msr.sint0 + 2, BigInt(vmbusVector) | Sint.polling);
  rig.vp.synic.signalEvent(2, 5);
  rig.guest.writeMsr(Msr.sint0 + 2, BigInt(vmbusVector));
  expect(rig.guest.takeVectors()).toEqual([]);
});

test("a queue takes so many messages, refuses more and counts them", () => {
  const rig = enlightened();
  for (let sent = 0; sent < messageQueueLimit + 11; sent++) {
    rig.vp.synic.postMessage(2, HvMessageType.channel, bytesOf(sent & 0xff));
  }
  expect(rig.vp.inspect()["synic"]).toMatchObject({
    messagesWaiting: messageQueueLimit,
    messagesRefused: 10,
  });
});

test("what is no message or no flag is refused", () => {
  const rig = enlightened();
  rig.vp.synic.postMessage(16, HvMessageType.channel, bytesOf(1));
  rig.vp.synic.postMessage(2, HvMessageType.none, bytesOf(1));
  rig.vp.synic.postMessage(2, HvMessageType.channel, new Uint8Array(241));
  rig.vp.synic.signalEvent(2, 2048);
  rig.vp.synic.signalEvent(-1, 0);
  expect(rig.vp.inspect()["synic"]).toMatchObject({ messagesRefused: 3, eventsRefused: 2, messages: 0 });
});

test("pages give back what lay below them", () => {
  const rig = openRig();
  rig.memory.bytes().fill(0xab, messagePage, messagePage + 4096);
  enlighten(rig);
  expect(slotOf(rig).type).toBe(0);
  rig.guest.writeMsr(Msr.simp, 0n);
  expect(rig.memory.bytes()[messagePage + 512]).toBe(0xab);
});

test("registers read back, and reset brings them to their power-on values", () => {
  const rig = enlightened();
  rig.vp.synic.postMessage(2, HvMessageType.channel, bytesOf(1));
  rig.vp.synic.postMessage(2, HvMessageType.channel, bytesOf(2));
  expect(rig.guest.readMsr(Msr.sint0 + 2)).toBe(BigInt(vmbusVector));
  expect(rig.guest.readMsr(Msr.simp)).toBe(BigInt(messagePage) | 1n);
  expect(rig.guest.readMsr(Msr.sversion)).toBe(1n);
  rig.guest.takeVectors();
  rig.vp.reset();
  for (const index of [Msr.simp, Msr.siefp, Msr.scontrol]) expect(rig.guest.readMsr(index)).toBe(0n);
  for (let sint = 0; sint < 16; sint++) expect(rig.guest.readMsr(Msr.sint0 + sint)).toBe(Sint.masked);
  enlighten(rig);
  expect(slotOf(rig).type).toBe(0);
  expect(rig.guest.takeVectors()).toEqual([]);
});
