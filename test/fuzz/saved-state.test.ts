import fc from "fast-check";
import { describe, test } from "vitest";
import {
  type ChannelId,
  DeviceClass,
  decodeSaved,
  encodeSaved,
  encodeSavedMachine,
  readSavedMachine,
} from "../../src/hvdef/index.ts";
import { openVirtualProcessor, restoreVirtualProcessor } from "../../src/hypervisor/vp/index.ts";
import { guid, manualClock, micros, type OwnBytes, readPiece } from "../../src/support/index.ts";
import { openFakeEngine } from "../../src/vid/index.ts";
import { loopbackCarriers, openGuestSide, openLink, restoreGuestSide } from "../../src/vmbus/index.ts";

/** A saved state is a file: anybody may have written it. Nothing in it may end in an exception. */
function hostSide() {
  const clock = manualClock(micros(1000));
  const engine = openFakeEngine({ memoryBytes: 1 << 20, clock });
  const parts = {
    memory: engine.memory,
    registers: engine.registers,
    raiseVector: engine.raiseVector,
    readTsc: engine.readTsc,
    tscFrequency: engine.tscFrequency,
    runtime: () => micros(0),
    onCrash() {},
  };
  return { clock, engine, parts };
}
function sideOptions({ engine, parts }: ReturnType<typeof hostSide>) {
  const vp = openVirtualProcessor(parts);
  return {
    offers: [
      {
        channel: 1 as ChannelId,
        interfaceType: DeviceClass.scsi,
        instance: guid("f8b3781a-1e82-4818-a1c3-63d806ec15bb"),
      },
    ],
    memory: engine.memory,
    synic: vp.synic,
    link: openLink(loopbackCarriers(() => {}).child),
    gatherRuleOf: () => () => "none" as const,
    wake() {},
  };
}

/** Changes leaves of plain data: what a hand would do that knows the format. */
function disturbed(
  value: unknown,
  wishes: readonly { readonly at: number; readonly to: unknown }[],
): unknown {
  let leaf = 0;
  const visit = (node: unknown): unknown => {
    const mine = leaf++;
    const wish = wishes.find(({ at }) => at === mine);
    if (wish !== undefined) return wish.to;
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return node;
    return Object.fromEntries(Object.entries(node).map(([name, member]) => [name, visit(member)]));
  };
  return visit(value);
}
const odd = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }),
  fc.constantFrom(null, true, "open", "offered", "hidden", [], {}, -1, 0, 0xffff_ffff, 2 ** 53),
  fc.uint8Array({ maxLength: 300 }),
);
const wishes = fc.array(fc.record({ at: fc.nat(120), to: odd }), { minLength: 1, maxLength: 4 });

describe("saved states of strangers", () => {
  test("values", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void decodeSaved(bytes)));
  });
  test("values that were changed", () => {
    const good = encodeSaved({ a: [1, "two", 3n, new Uint8Array(9000).fill(1)], b: { c: null } });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bad = good.slice();
        bad[at] = byte;
        decodeSaved(bad);
      }),
    );
  });
  test("files of devices, and pieces", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const own: OwnBytes = new Uint8Array(bytes);
        readSavedMachine(own);
        readPiece(own, () => 1 << 20);
      }),
    );
    const machine = { id: "x", savedAt: 0, memoryBytes: 1, build: "", units: {}, pieces: 0, memoryDisks: [] };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), odd), (more) => {
        readSavedMachine(encodeSavedMachine({ ...machine, units: {}, ...(more as object) }));
      }),
    );
  });
  test("a processor that is restored from anything runs on or is refused", () => {
    const first = hostSide();
    const good = openVirtualProcessor(first.parts).save();
    fc.assert(
      fc.property(wishes, (changes) => {
        const host = hostSide();
        const restored = restoreVirtualProcessor(disturbed(good, changes), host.parts);
        if (restored.kind === "refused") return;
        host.engine.connect(restored.vp.intercepts);
        for (let turn = 0; turn < 3; turn++) {
          host.clock.advance(micros(1000));
          restored.vp.intercepts.timers();
        }
        restored.vp.inspect();
        restored.vp.reset();
      }),
    );
  });
  test("a bus that is restored from anything runs on or is refused", () => {
    const good = openGuestSide(sideOptions(hostSide())).save();
    fc.assert(
      fc.property(wishes, wishes, (bus, relay) => {
        const saved = { bus: disturbed(good.bus, bus), relay: disturbed(good.relay, relay) };
        const restored = restoreGuestSide(saved, sideOptions(hostSide()));
        if (restored.kind === "refused") return;
        restored.side.relay.deliver();
        restored.side.relay.drain();
        restored.side.inspect();
        restored.side[Symbol.dispose]();
      }),
    );
  });
});
