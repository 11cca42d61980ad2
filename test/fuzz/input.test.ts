import fc from "fast-check";
import { expect, test } from "vitest";
import { breakCodes, isKeyName, keyCodes, makeCodes } from "../../src/hvdef/index.ts";
import { idleKeys, type KeyHandsEvent, stepKeys } from "../../src/vmms/input/hands.ts";
import { restoreKeyboard, restoreMouse, syntheticKeyboard, syntheticMouse } from "../../src/vsp/index.ts";
import { labChannel } from "../lab/channel.ts";

const packet = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  // Near to sense: the right first words, changed a little.
  fc
    .tuple(
      fc.constantFrom(
        [1, 0, 0, 0, 0, 0, 1, 0],
        [1, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 2, 0],
        [1, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0],
      ),
      fc.nat(24),
      fc.nat(24),
      fc.nat(255),
    )
    .map(([bytes, cut, at, value]) =>
      Uint8Array.from(bytes.slice(0, Math.max(1, cut))).map((byte, place) => (place === at ? value : byte)),
    ),
);
const move = fc.oneof(
  fc.record({ kind: fc.constant("packet"), bytes: packet, wantsCompletion: fc.boolean() }),
  fc.record({ kind: fc.constantFrom("open", "close", "save") }),
  fc.record({ kind: fc.constant("use"), codes: fc.array(fc.nat(255), { maxLength: 20, size: "max" }) }),
);

test("whatever a guest sends, both devices answer what asks once and nothing throws", () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60, size: "max" }), (moves) => {
      let known = { keyboard: false, mouse: false };
      const options = { changed: () => {} };
      const keyboard = syntheticKeyboard(options);
      const mouse = syntheticMouse(options);
      const ends = [labChannel(keyboard), labChannel(mouse)];
      for (const end of ends) end.open();
      let asked = 0;
      let used = 0;
      for (const next of moves) {
        if (next.kind === "open") for (const end of ends) end.open();
        else if (next.kind === "close") for (const end of ends) end.close();
        else if (next.kind === "save") {
          expect(restoreKeyboard(keyboard.save(), options).kind).toBe("restored");
          expect(restoreMouse(mouse.save(), options).kind).toBe("restored");
        } else if (next.kind === "use") {
          used += next.codes.length;
          keyboard.type(next.codes);
          mouse.point({ kind: "absolute", x: next.codes[0] ?? 0, y: 0, buttons: 0, wheel: 0 });
        } else if (next.kind === "packet") {
          asked++;
          const payload = Uint8Array.from(next.bytes);
          for (const end of ends) {
            const before = end.answers.length;
            end.request({ payload, wantsCompletion: next.wantsCompletion });
            expect(end.answers.length - before).toBeLessThanOrEqual(next.wantsCompletion ? 1 : 0);
          }
        }
        known = { keyboard: keyboard.isReady(), mouse: mouse.isReady() };
      }
      for (const end of ends) expect(end.sent.length).toBeLessThanOrEqual(2 * asked + used + moves.length);
      for (const end of ends) end.close();
      expect(known.keyboard && keyboard.isReady()).toBe(false);
      expect(known.mouse && mouse.isReady()).toBe(false);
      keyboard.inspect();
      mouse.inspect();
    }),
    { numRuns: 300 },
  );
});

test("any saved state is restored or refused", () => {
  fc.assert(
    fc.property(fc.anything(), (saved) => {
      const options = { changed: () => {} };
      expect(["restored", "refused"]).toContain(restoreKeyboard(saved, options).kind);
      expect(["restored", "refused"]).toContain(restoreMouse(saved, options).kind);
    }),
  );
});

const names = Object.keys(keyCodes).filter(isKeyName);
const keyEvent: fc.Arbitrary<KeyHandsEvent> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...names), fc.boolean())
    .map(([name, up]): KeyHandsEvent => ({ kind: "codes", codes: up ? breakCodes(name) : makeCodes(name) })),
  fc.array(fc.nat(255), { maxLength: 8 }).map((codes): KeyHandsEvent => ({ kind: "codes", codes })),
  fc
    .constantFrom("none" as const, "emulated" as const, "synthetic" as const)
    .map((device): KeyHandsEvent => ({ kind: "device", device })),
  fc.constant<KeyHandsEvent>({ kind: "releaseAll" }),
);

test("no device is left with a key down, and none hears of a key that goes up twice", () => {
  fc.assert(
    fc.property(fc.array(keyEvent, { maxLength: 80, size: "max" }), (events) => {
      let state = idleKeys;
      let down = new Set<string>();
      for (const event of events) {
        const before = state.device;
        const after = stepKeys(state, event);
        if (before === "none") expect(after.codes).toEqual([]);
        for (let at = 0; at < after.codes.length; at++) {
          const code = after.codes[at] ?? 0;
          if (code === 0xe1) {
            at += 2;
            continue;
          }
          const key = code === 0xe0 ? [0xe0, after.codes[++at] ?? 0] : [code];
          const last = key.at(-1) ?? 0;
          const name = `${key.length} ${last & 0x7f}`;
          if ((last & 0x80) === 0) down.add(name);
          else expect(down.delete(name)).toBe(true);
        }
        state = after.state;
        if (event.kind === "releaseAll" || state.device !== before) expect([...down]).toEqual([]);
        if (state.device !== before) down = new Set();
        expect(state.down.size).toBe(down.size);
      }
    }),
  );
});
