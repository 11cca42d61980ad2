import fc from "fast-check";
import { expect, test } from "vitest";
import { HvMessageType, Msr, TimerMessage } from "../../../../src/hvdef/index.ts";
import { micros } from "../../../../src/support/index.ts";
import { bytesOf, enlighten, freeSlot, openRig, type Rig, slotOf, vmbusVector } from "./rig.ts";

const config = Msr.stimer0Config;
const count = config + 1;
/** Enabled, auto-enable, direct, vector 0xED: what Linux writes. */
const linuxDirect = 0x1ed9n;
/** Enabled, auto-enable, SINT2. */
const linuxMessage = 0x20009n;
const directVector = 0xed;

const now = (rig: Rig) => rig.guest.readMsr(Msr.timeRefCount);

function pass(rig: Rig, by: number): number {
  rig.clock.advance(micros(by));
  return rig.vp.intercepts.timers();
}

test("a one-shot timer fires when due, once, and never early", () => {
  const rig = openRig();
  rig.guest.writeMsr(config, linuxDirect);
  rig.guest.writeMsr(count, now(rig) + 10_000n);
  expect(rig.vp.intercepts.timers()).toBe(1000);
  expect(pass(rig, 999)).toBe(1);
  expect(rig.guest.takeVectors()).toEqual([]);
  pass(rig, 1);
  expect(rig.guest.takeVectors()).toEqual([directVector]);
  expect(rig.guest.readMsr(config)).toBe(linuxDirect & ~1n);
  pass(rig, 5000);
  expect(rig.guest.takeVectors()).toEqual([]);
});

test("a count in the past fires at once, and the next count arms the timer again", () => {
  const rig = openRig();
  rig.guest.writeMsr(config, linuxDirect);
  rig.clock.advance(micros(100));
  rig.guest.writeMsr(count, 5n);
  expect(rig.guest.takeVectors()).toEqual([directVector]);
  expect(rig.guest.readMsr(config) & 1n).toBe(0n);
  rig.guest.writeMsr(count, now(rig) + 20n);
  expect(rig.guest.readMsr(config) & 1n).toBe(1n);
  pass(rig, 2);
  expect(rig.guest.takeVectors()).toEqual([directVector]);
});

test("count zero stops", () => {
  const rig = openRig();
  rig.guest.writeMsr(config, linuxDirect);
  rig.guest.writeMsr(count, now(rig) + 100n);
  rig.guest.writeMsr(count, 0n);
  expect(pass(rig, 1_000_000)).toBe(1_000_000);
  expect(rig.guest.takeVectors()).toEqual([]);
  expect(rig.guest.readMsr(config) & 1n).toBe(0n);
});

test("without a target enabling does not stick", () => {
  const rig = openRig();
  rig.guest.writeMsr(count, now(rig) + 100n);
  for (const lost of [0x0001n, 0x1001n]) {
    rig.guest.writeMsr(config, lost);
    expect(rig.guest.readMsr(config)).toBe(lost & ~1n);
  }
});

test("without auto-enable a count alone starts nothing", () => {
  const rig = openRig();
  rig.guest.writeMsr(config, linuxDirect & ~9n);
  rig.guest.writeMsr(count, now(rig) + 10n);
  pass(rig, 100);
  expect(rig.guest.takeVectors()).toEqual([]);
});

test("a periodic timer keeps its beat and skips what it missed", () => {
  const rig = openRig();
  rig.guest.writeMsr(config, linuxDirect | 2n);
  rig.guest.writeMsr(count, 10_000n);
  for (let beat = 0; beat < 3; beat++) pass(rig, 1000);
  expect(rig.guest.takeVectors()).toHaveLength(3);
  pass(rig, 10_500);
  expect(rig.guest.takeVectors()).toHaveLength(1);
  expect(pass(rig, 0)).toBe(1000);
});

test("all four timers run", () => {
  const rig = openRig();
  for (let index = 0; index < 4; index++) {
    rig.guest.writeMsr(config + index * 2, linuxDirect);
    rig.guest.writeMsr(count + index * 2, now(rig) + BigInt(1000 * (4 - index)));
  }
  expect(rig.vp.intercepts.timers()).toBe(100);
  pass(rig, 400);
  expect(rig.guest.takeVectors()).toHaveLength(4);
});

test("message mode tells when it was due and when it came", () => {
  const rig = openRig();
  enlighten(rig);
  rig.guest.writeMsr(config, linuxMessage);
  const due = now(rig) + 1000n;
  rig.guest.writeMsr(count, due);
  pass(rig, 150);
  const slot = slotOf(rig);
  expect(slot).toMatchObject({ type: HvMessageType.timerExpired, payloadSize: 24 });
  const message = TimerMessage.read(new DataView(slot.payload.slice().buffer));
  expect(message).toEqual({ timerIndex: 0, reserved: 0, expirationTime: due, deliveryTime: due + 500n });
  expect(rig.guest.takeVectors()).toEqual([vmbusVector]);
});

test("a timer whose message waits behind another sends no second one, and none is lost", () => {
  const rig = openRig();
  enlighten(rig);
  rig.vp.synic.postMessage(2, HvMessageType.channel, bytesOf(1));
  rig.guest.writeMsr(config, linuxMessage | 2n);
  rig.guest.writeMsr(count, 1000n);
  for (let beat = 0; beat < 5; beat++) pass(rig, 100);
  expect(rig.vp.inspect()["synic"]).toMatchObject({ messagesWaiting: 1 });
  freeSlot(rig);
  const slot = slotOf(rig);
  expect(slot.type).toBe(HvMessageType.timerExpired);
  const message = TimerMessage.read(new DataView(slot.payload.slice().buffer));
  expect(message.deliveryTime).toBe(now(rig));
});

test("reset stops all timers", () => {
  const rig = openRig();
  rig.guest.writeMsr(config, linuxDirect);
  rig.guest.writeMsr(count, now(rig) + 10n);
  rig.vp.reset();
  pass(rig, 1000);
  expect(rig.guest.takeVectors()).toEqual([]);
  expect(rig.guest.readMsr(config)).toBe(0n);
  expect(rig.guest.readMsr(count)).toBe(0n);
});

test("however it is armed, a one-shot timer fires exactly once and the answered wait is enough", () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 5_000_000n), fc.integer({ min: 1, max: 999 }), (ahead, jitter) => {
      const rig = openRig();
      rig.clock.advance(micros(jitter / 1000));
      rig.guest.writeMsr(config, linuxDirect);
      const due = now(rig) + ahead;
      rig.guest.writeMsr(count, due);
      const wait = rig.vp.intercepts.timers();
      rig.clock.advance(micros(Math.max(0, Math.floor(Number(ahead) / 10) - 1)));
      rig.vp.intercepts.timers();
      if (now(rig) < due) expect(rig.guest.takeVectors()).toEqual([]);
      pass(rig, wait);
      expect(now(rig) >= due).toBe(true);
      expect(rig.vp.inspect()["timers"]).toMatchObject({ 0: { expirations: 1 } });
    }),
  );
});
