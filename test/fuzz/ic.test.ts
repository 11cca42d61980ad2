import fc from "fast-check";
import { expect, test } from "vitest";
import { IcHeader, IcMessage, IcTime, integrationServices } from "../../src/hvdef/index.ts";
import { manualClock, micros } from "../../src/support/index.ts";
import { stampTimeSync } from "../../src/vmwp/stamp/time-sync.ts";
import { type IcOutcome, openIntegration, restoreIntegration } from "../../src/vsp/index.ts";
import { labUtilities } from "../lab/integration.ts";

const place = fc.integer({ min: 0, max: integrationServices.length - 1 });
const patch = fc.array(fc.tuple(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 255 })), {
  maxLength: 8,
});

/** What a hostile guest, its clock and its host may do. */
const move = fc.oneof(
  fc.record({ kind: fc.constant("noise"), place, bytes: fc.uint8Array({ maxLength: 200 }) }),
  // The newest request, changed a little: the answers that come nearest to sense.
  fc.record({ kind: fc.constant("echo"), place, patch, cut: fc.integer({ min: 0, max: 9000 }) }),
  fc.record({ kind: fc.constant("open"), place }),
  fc.record({ kind: fc.constant("close"), place }),
  fc.record({ kind: fc.constant("run") }),
  fc.record({ kind: fc.constant("pass"), seconds: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ kind: fc.constantFrom("hold", "goOn", "shutDown", "freeze", "thaw", "items", "save") }),
);

test("whatever the guest answers, nothing throws, nothing is asked twice, and everybody is told once", () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60, size: "max" }), (moves) => {
      const clock = manualClock(micros(0));
      let told = 0;
      let asked = 0;
      const done = (_outcome: IcOutcome) => void told++;
      const options = {
        clock,
        wallClock: () => clock.now() / 1000,
        facts: [],
        items: [{ key: "a", value: "b" }],
        changed: () => {},
        thawedLate: () => {},
      };
      const integration = openIntegration(options);
      const guest = labUtilities(integration.owner);
      integration.goOn();
      const at = (index: number) => guest.at[integrationServices[index] ?? "heartbeat"];
      let packets = 0;

      for (const next of moves) {
        if (next.kind === "noise") at(next.place).lab.request({ payload: Uint8Array.from(next.bytes) });
        else if (next.kind === "echo") {
          const reply = at(next.place).lab.sent.at(-1)?.slice() ?? new Uint8Array(0);
          reply[IcHeader.at.flags] = 5;
          for (const [offset, value] of next.patch) if (offset < reply.length) reply[offset] = value;
          at(next.place).lab.request({ payload: reply.slice(0, next.cut), wantsCompletion: false });
        } else if (next.kind === "open") at(next.place).lab.open();
        else if (next.kind === "close") at(next.place).lab.close();
        else if (next.kind === "pass") {
          clock.advance(micros(next.seconds * 1_000_000));
          integration.tick();
        } else if (next.kind === "run") {
          guest.run();
          packets += 2000;
        } else if (next.kind === "hold") integration.hold();
        else if (next.kind === "goOn") integration.goOn();
        else if (next.kind === "items") integration.setItems([{ key: "c", value: String(asked) }]);
        else if (next.kind === "save")
          expect(restoreIntegration(integration.save(), options).kind).toBe("restored");
        else {
          asked++;
          if (next.kind === "shutDown") integration.shutDown("bye", done);
          else if (next.kind === "freeze") integration.freeze(done);
          else integration.thaw(done);
        }
        packets++;
        expect(told).toBeLessThanOrEqual(asked);
      }
      const sent = integrationServices.reduce((sum, service) => sum + guest.at[service].lab.sent.length, 0);
      expect(sent).toBeLessThanOrEqual(5 + 6 * packets);
      for (const service of integrationServices) guest.at[service].lab.close();
      expect(told).toBe(asked);
      integration.inspect();
    }),
    { numRuns: 150 },
  );
});

test("any saved state is restored or refused", () => {
  fc.assert(
    fc.property(fc.anything(), (saved) => {
      const options = {
        clock: manualClock(),
        wallClock: () => 0,
        facts: [],
        items: [],
        changed: () => {},
        thawedLate: () => {},
      };
      expect(["restored", "refused"]).toContain(restoreIntegration(saved, options).kind);
    }),
  );
});

test("whatever goes to a guest is stamped in place, or left as it is", () => {
  const now = { referenceTime: () => 0x1234_5678n, wallClock: () => Date.UTC(2026, 0, 1) };
  const stamp = stampTimeSync(now);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (noise, isTime) => {
      const payload = Uint8Array.from(noise);
      if (isTime && payload.length >= IcHeader.size) {
        const view = new DataView(payload.buffer);
        view.setUint16(IcHeader.at.messageType, IcMessage.timeSync, true);
        view.setUint16(IcHeader.at.messageMajor, 4, true);
      }
      const before = payload.slice();
      stamp(payload);
      const isStamped = isTime && payload.length >= IcHeader.size + IcTime.size;
      const ours = (at: number): boolean =>
        at >= IcHeader.size + IcTime.at.parentTime && at < IcHeader.size + IcTime.at.referenceTime + 8;
      const others = (bytes: Uint8Array): number[] => [...bytes].filter((_, at) => !isStamped || !ours(at));
      expect(others(payload)).toEqual(others(before));
      if (!isStamped) return;
      const view = new DataView(payload.buffer);
      expect(view.getBigUint64(IcHeader.size + IcTime.at.referenceTime, true)).toBe(now.referenceTime());
    }),
  );
});
