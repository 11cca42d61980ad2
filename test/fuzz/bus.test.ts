import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChannelId, DeviceClass, type HvStatus } from "../../src/hvdef/index.ts";
import { guid } from "../../src/support/index.ts";
import { gpadlLimits } from "../../src/vmbus/bus/gpadl-table.ts";
import { openBus } from "../../src/vmbus/index.ts";
import { joinBytes, openFakeGuest, pfnBytes, say, words } from "../lab/loopback-guest.ts";

// Invariants, after every step of any sequence:
// 1. Nothing throws; every hypercall answers 0, 5 or 18.
// 2. Each contact, unload, open, teardown, and at 5.3 each modify, is answered exactly once, at once.
// 3. Each page list header is answered exactly once, now or when its last body came; or it was dropped by
//    the end of its connection or channel.
// 4. `opened` and `closed` alternate for each channel; doorbells come between them only.
// 5. A channel that was freed is offered again only when the host offers it again.
// 6. Page lists stay within their limits and every page of an opened ring is inside RAM.

const ramPages = 256;
const channels = fc.constantFrom(1, 2, 3, 9, 0, 2048, 0xffff_ffff);
const handles = fc.constantFrom(1, 2, 3, 0xe1e10, 0xffff_ffff);
const page = fc.oneof(
  { weight: 6, arbitrary: fc.nat(ramPages - 1) },
  { weight: 1, arbitrary: fc.nat(0xffff_ffff) },
);
const offset = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.nat(0xffff_ffff));
const versions = fc.constantFrom(0x5_0003, 0x5_0003, 0x4_0001, 0x2_0004, 0x1_0001, 13, 0x6_0000, 0);

type Message =
  | { readonly kind: "contact"; readonly bytes: Uint8Array<ArrayBuffer> }
  | {
      readonly kind: "offers" | "unload" | "close" | "released" | "body" | "raw";
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: "open" | "teardown" | "modify" | "header"; readonly bytes: Uint8Array<ArrayBuffer> };

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constant("contact" as const),
    bytes: fc
      .tuple(versions, fc.constantFrom(0, 0x3000, 0x3001, 0xffff_f000))
      .map(([v, p]) => say.contact(v, p)),
  }),
  fc.constant({ kind: "offers" as const, bytes: say.requestOffers() }),
  fc.constant({ kind: "offers" as const, bytes: say.requestOffers() }),
  fc.constant({ kind: "unload" as const, bytes: say.unload() }),
  channels.map((c) => ({ kind: "close" as const, bytes: say.close(c) })),
  channels.map((c) => ({ kind: "released" as const, bytes: say.released(c) })),
  fc.tuple(channels, fc.nat(3)).map(([c, vp]) => ({ kind: "modify" as const, bytes: say.modify(c, vp) })),
  fc
    .tuple(channels, handles, offset)
    .map(([c, h, o]) => ({ kind: "open" as const, bytes: say.open(c, h, o) })),
  fc.tuple(channels, handles).map(([c, h]) => ({ kind: "teardown" as const, bytes: say.teardown(c, h) })),
  fc
    .tuple(channels, handles, fc.array(page, { maxLength: 26 }), fc.integer({ min: 0, max: 40 }))
    .map(([c, h, pages, announced]) => {
      const head = words(8, 0, c, h, (8 + 8 * announced) | (1 << 16), announced * 4096, 0);
      return { kind: "header" as const, bytes: joinBytes(head, pfnBytes(pages)) };
    }),
  fc
    .tuple(channels, handles, fc.array(fc.nat(ramPages - 1), { minLength: 4, maxLength: 8 }))
    .map(([c, h, pages]) => ({ kind: "header" as const, bytes: say.gpadl(c, h, pages)[0] ?? words() })),
  fc
    .tuple(handles, fc.array(page, { maxLength: 28 }))
    .map(([h, pages]) => ({ kind: "body" as const, bytes: joinBytes(words(9, 0, 0, h), pfnBytes(pages)) })),
  fc.uint8Array({ maxLength: 260 }).map((bytes) => ({ kind: "raw" as const, bytes: untyped(bytes) })),
  // A real type with nonsense behind it, short or long; types with an answer are left to the kinds above.
  fc
    .tuple(fc.constantFrom(1, 2, 4, 6, 9, 13, 15, 18, 21, 23, 24, 25), fc.uint8Array({ maxLength: 100 }))
    .map(([type, rest]) => ({ kind: "raw" as const, bytes: joinBytes(words(type, 0), rest) })),
);

type Step =
  | Message
  | { readonly kind: "signal" | "rescind" | "offer"; readonly id: number }
  | { readonly kind: "reset" };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: message },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("signal" as const, "rescind" as const, "offer" as const),
      id: fc.constantFrom(1, 2, 3, 9),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "reset" as const }) },
);

/** What a driver does, so that the walk reaches open channels; what comes between may still spoil it. */
const courteous: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.constantFrom(1, 2, 3),
    fc.constantFrom(1, 2),
    fc.integer({ min: 4, max: 40 }),
    fc.integer({ min: 1, max: 4 }),
  )
  .map(([channel, handle, count, downstream]) => {
    const pages = Array.from({ length: count }, (_, i) => i + 8);
    const lists = say.gpadl(channel, handle, pages);
    return [
      ...lists.map((bytes, i) => ({ kind: i === 0 ? ("header" as const) : ("body" as const), bytes })),
      { kind: "open" as const, bytes: say.open(channel, handle, downstream) },
      { kind: "signal" as const, id: channel },
    ];
  });

const connecting: readonly Step[] = [
  { kind: "contact", bytes: say.contact(0x5_0003) },
  { kind: "offers", bytes: say.requestOffers() },
];

const walk: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: step.map((one): readonly Step[] => [one]) },
      { weight: 3, arbitrary: courteous },
      { weight: 1, arbitrary: fc.constant(connecting) },
    ),
    { maxLength: 50, size: "max" },
  )
  .map((parts) => [connecting, ...parts].flat());

/** Bytes that are no message of any known type. */
function untyped(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = Uint8Array.from(bytes);
  if (out.length > 1) out[1] = 0xff;
  return out;
}

function offerOf(id: number) {
  return {
    channel: id as ChannelId,
    interfaceType: DeviceClass.scsi,
    instance: guid(`00000000-0000-0000-0000-00000000000${id}`),
  };
}

/** A bus and what the invariants need to know of it. */
function openWatched() {
  const guest = openFakeGuest(ramPages);
  const open = new Set<number>();
  const freed = new Set<number>();
  let openings = 0;
  const bus = openBus({
    offers: [offerOf(1), offerOf(2)],
    memory: guest.memory,
    synic: guest.synic,
    events: {
      opened({ channel, pages, downstreamPage }) {
        expect(open.has(channel)).toBe(false);
        expect(downstreamPage).toBeGreaterThan(0);
        expect(downstreamPage).toBeLessThan(pages.length);
        for (const pfn of pages) expect(pfn).toBeLessThan(ramPages);
        const accepted = pages.length % 5 !== 0;
        if (accepted) open.add(channel);
        if (accepted) openings++;
        return accepted;
      },
      closed: (channel) => expect(open.delete(channel)).toBe(true),
      released(channel) {
        expect(open.has(channel)).toBe(false);
        freed.add(channel);
      },
      doorbell: (channel) => expect(open.has(channel)).toBe(true),
    },
  });
  const connection = () => {
    const node = bus.inspect()["connection"];
    if (typeof node !== "object" || node === null) throw new Error("no connection");
    const lists = node["gpadls"];
    if (typeof lists !== "object" || lists === null) throw new Error("no lists");
    return {
      version: node["version"],
      state: node["state"],
      created: Number(lists["created"]),
      collecting: Number(lists["collecting"]),
      pages: Number(lists["pages"]),
    };
  };
  return { guest, bus, freed, connection, openings: () => openings };
}

/** How many answers of each type a message must have, where that is certain. */
function owed(
  kind: Message["kind"],
  before: { readonly version: unknown; readonly state: unknown },
): Record<number, number> {
  const atLatest = before.version === "5.3";
  switch (kind) {
    case "contact":
      return { 15: 1 };
    case "offers":
      return { 4: before.state === "connected" ? 1 : 0 };
    case "unload":
      return { 17: 1 };
    case "open":
      return { 6: 1 };
    case "teardown":
      return { 12: 1 };
    case "modify":
      return { 24: atLatest ? 1 : 0 };
    default:
      return {};
  }
}

describe("the bus under a hostile guest", () => {
  it("keeps its invariants over any sequence", () => {
    let opened = 0;
    fc.assert(
      fc.property(walk, (steps) => {
        const { guest, bus, freed, connection, openings } = openWatched();
        let headers = 0;
        let created = 0;
        let dropped = 0;
        for (const one of steps) {
          const before = connection();
          guest.take();
          switch (one.kind) {
            case "signal":
              expect([0, 5, 18]).toContain<HvStatus>(bus.calls.signalEvent(0x2000 | one.id, 0));
              bus.calls.signalEvent(2, 0);
              bus.signal(one.id as ChannelId);
              break;
            case "rescind":
              bus.rescind(one.id as ChannelId);
              break;
            case "offer":
              if (bus.offer(offerOf(one.id)) === "offered") freed.delete(one.id);
              break;
            case "reset":
              bus.reset();
              break;
            default:
              expect([0, 5, 18]).toContain<HvStatus>(bus.calls.postMessage(4, 1, one.bytes));
          }
          const answers = guest.take();
          const count = (type: number) => answers.filter((seen) => seen.type === type).length;
          if ("bytes" in one) {
            for (const [type, number] of Object.entries(owed(one.kind, before))) {
              expect(count(Number(type)), `answers ${type} to ${one.kind}`).toBe(number);
            }
          }
          for (const seen of answers.filter((answer) => answer.type === 1)) {
            expect(freed.has(seen.bytes[184] ?? 0)).toBe(false);
          }
          const after = connection();
          if (one.kind === "header") headers++;
          created += count(10);
          if (["contact", "unload", "reset", "released", "raw"].includes(one.kind)) {
            dropped += Math.max(0, before.collecting - after.collecting - count(10));
          }
          expect(headers).toBe(created + after.collecting + dropped);
          expect(after.created).toBeLessThanOrEqual(gpadlLimits.lists);
          expect(after.pages).toBeLessThanOrEqual(gpadlLimits.pages);
          expect(after.collecting).toBeLessThanOrEqual(gpadlLimits.collecting);
        }
        opened += openings();
      }),
      { numRuns: 120 },
    );
    // The walk must reach what it is about.
    expect(opened).toBeGreaterThan(100);
  });
});
