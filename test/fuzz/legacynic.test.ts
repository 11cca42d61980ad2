import fc from "fast-check";
import { expect, test } from "vitest";
import { shortestFrame } from "../../src/network/index.ts";
import type { FrameHandlers } from "../../src/vmbus/index.ts";
import { checkLegacyNicState, legacyLongestFrame, legacyNic } from "../../src/vsp/index.ts";
import { mac } from "../lab/switch.ts";

const address = mac("00-15-5D-01-0E-01");
const length = fc.oneof(fc.nat(70), fc.integer({ min: 1500, max: 1600 }), fc.nat(9000));
const move = fc.oneof(
  fc.record({ kind: fc.constantFrom("fromGuest", "fromPort"), at: fc.nat(50), length }),
  fc.record({ kind: fc.constantFrom("open", "close", "closeOld", "plug", "unplug", "behind", "keepsUp") }),
);

test("every frame is sent, received or dropped, whatever guest and cable do", () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60, size: "max" }), (moves) => {
      const bytes = new Uint8Array(10_000);
      const passed = { out: 0, in: 0 };
      const port = {
        send(_bytes: Uint8Array, _at: number, length: number) {
          expect(length).toBeGreaterThanOrEqual(shortestFrame);
          expect(length).toBeLessThanOrEqual(legacyLongestFrame);
          passed.out++;
        },
      };
      const nic = legacyNic({ mac: address });
      let live: FrameHandlers | null = null;
      const old: FrameHandlers[] = [];
      let keepsUp = true;
      let plugged = false;
      let frames = 0;
      for (const next of moves) {
        if ("length" in next) {
          if (next.kind === "fromGuest") live?.frame(bytes, next.at, next.length);
          const taken = next.kind === "fromPort" && nic.frame(bytes, next.at, next.length);
          if (next.kind === "fromPort" || live !== null) frames++;
          const fits = next.length >= shortestFrame && next.length <= legacyLongestFrame;
          expect(taken).toBe(next.kind === "fromPort" && live !== null && keepsUp && plugged && fits);
        } else if (next.kind === "open") {
          if (live !== null) old.push(live);
          const mine: FrameHandlers = nic({
            send() {
              expect(live).toBe(mine);
              if (keepsUp) passed.in++;
              return keepsUp;
            },
          });
          live = mine;
        } else if (next.kind === "close") {
          live?.closed();
          live = null;
        } else if (next.kind === "closeOld") old.pop()?.closed();
        else if (next.kind === "plug" || next.kind === "unplug") {
          plugged = next.kind === "plug";
          nic.plug(plugged ? port : null);
        } else keepsUp = next.kind === "keepsUp";
      }
      const { framesSent, framesReceived, framesDropped } = nic.counters();
      expect([framesSent, framesReceived]).toEqual([passed.out, passed.in]);
      expect(framesSent + framesReceived + framesDropped).toBe(frames);
      expect(checkLegacyNicState(nic.save(), address)).toBeNull();
    }),
  );
});
