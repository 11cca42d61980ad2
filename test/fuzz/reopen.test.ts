import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ChannelId,
  type IntegrationService,
  integrationServices,
  type OfferDescription,
} from "../../src/hvdef/index.ts";
import { manualClock, micros } from "../../src/support/index.ts";
import { loopbackCarriers, openEndpoints, openGuestSide, openLink } from "../../src/vmbus/index.ts";
import { busOffer, openOfferBook } from "../../src/vmwp/offers.ts";
import { icOffer, openIntegration } from "../../src/vsp/index.ts";
import { footprintOf } from "../lab/footprint.ts";
import { openFakeGuest, openGuestRing, say } from "../lab/loopback-guest.ts";

// A guest that connects, opens, closes and reopens as it likes, while the host takes services away and offers them
// again. From its messages through bus, relay and link to the real services:
// 1. Nothing throws.
// 2. What is open beside the guest is open at the parent once everything under way has arrived.
// 3. When the guest lets go of everything, nothing is held anywhere, and what is offered is what is wanted.

const ramPages = 512;
const channelOf = (service: IntegrationService) => (48 + integrationServices.indexOf(service)) as ChannelId;
const everything = integrationServices.map((service) => icOffer(service, channelOf(service)));

function openLab() {
  const guest = openFakeGuest(ramPages);
  const turns: (() => void)[] = [];
  const carriers = loopbackCarriers((deliver) => turns.push(deliver));
  const clock = manualClock(micros(0));
  const integration = openIntegration({
    clock,
    wallClock: () => clock.now() / 1000,
    facts: [],
    items: [{ key: "a", value: "b" }],
    changed() {},
    thawedLate() {},
  });
  integration.goOn();
  let count = 0;
  const ends = openEndpoints(openLink(carriers.parent), (flush) => turns.push(flush));
  for (const service of integrationServices) {
    ends.attach(channelOf(service), (channel) => {
      count++;
      return integration.owner(service)(channel);
    });
  }
  const book = openOfferBook(() => side.bus, everything);
  const side = openGuestSide({
    offers: everything.map(busOffer),
    memory: guest.memory,
    synic: guest.synic,
    link: openLink(carriers.child),
    gatherRuleOf: () => () => "none",
    wake() {},
    released: book.released,
  });
  /** Everything that is under way arrives. */
  function settle(): void {
    for (let round = 0; round < 6; round++) {
      side.relay.deliver();
      side.relay.drain();
      for (const turn of turns.splice(0)) turn();
    }
  }
  const post = (bytes: Uint8Array<ArrayBuffer>) => void side.bus.calls.postMessage(4, 1, bytes);
  return { guest, side, ends, book, integration, clock, settle, post, opened: () => count };
}
type Lab = ReturnType<typeof openLab>;

const footprint = ({ side, ends }: Lab) => footprintOf({ vmbus: side.inspect() }, ends.inspect());
const pagesOf = (place: number): number[] => Array.from({ length: 8 }, (_, page) => 16 + place * 8 + page);

function connect({ post }: Lab): void {
  post(say.contact(0x5_0003));
  post(say.requestOffers());
}
function open({ guest, post }: Lab, place: number): void {
  const channel = 48 + place;
  // A driver zeroes its rings before it gives them away.
  for (const page of pagesOf(place)) guest.memory.bytes().fill(0, page * 4096, (page + 1) * 4096);
  for (const bytes of say.gpadl(channel, 100 + place, pagesOf(place))) post(bytes);
  post(say.open(channel, 100 + place, 4));
}
function close({ post }: Lab, place: number): void {
  post(say.close(48 + place));
  post(say.teardown(48 + place, 100 + place));
}

const place = fc.nat(integrationServices.length - 1);
const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("open"), place }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("close", "free"), place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("offer"), wanted: fc.subarray(everything) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("write"), place, bytes: fc.uint8Array({ maxLength: 300 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("indices"), place, write: fc.nat(), read: fc.nat() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("settle", "tick", "connect", "unload", "reset", "freeze", "shutDown"),
    }),
  },
);

/** Guest bytes in the ring towards the host, in the form of a packet. */
function write({ guest, side }: Lab, place: number, bytes: Uint8Array): void {
  const ring = openGuestRing(guest.memory, pagesOf(place).slice(0, 4));
  // A guest that spoilt its own indices has no ring to write to.
  if (ring.index("write") >= ring.size || ring.index("read") >= ring.size) return;
  ring.put({ type: 6, flags: 0, transaction: 1n, payload: bytes });
  side.bus.calls.signalEvent(0x2000 | (48 + place), 0);
}

function make(
  lab: Lab,
  next: { readonly kind: string },
  wanted: readonly OfferDescription[],
): readonly OfferDescription[] {
  const { post, side, book, integration, clock } = lab;
  if ("place" in next && typeof next.place === "number") {
    const at = next.place;
    if (next.kind === "open") open(lab, at);
    else if (next.kind === "close") close(lab, at);
    else if (next.kind === "free") post(say.released(48 + at));
    else if ("bytes" in next && next.bytes instanceof Uint8Array) write(lab, at, next.bytes);
    else if ("write" in next && "read" in next) {
      const ring = openGuestRing(lab.guest.memory, pagesOf(at).slice(0, 4));
      ring.setIndex("write", Number(next.write) >>> 0);
      ring.setIndex("read", Number(next.read) >>> 0);
      side.bus.calls.signalEvent(0x2000 | (48 + at), 0);
    }
  } else if ("wanted" in next && Array.isArray(next.wanted)) {
    book.change(next.wanted);
    return next.wanted;
  } else if (next.kind === "settle") lab.settle();
  else if (next.kind === "connect") connect(lab);
  else if (next.kind === "unload") post(say.unload());
  else if (next.kind === "reset") side.bus.reset();
  else if (next.kind === "freeze") integration.freeze(() => {});
  else if (next.kind === "shutDown") integration.shutDown("bye", () => {});
  else {
    clock.advance(micros(2_000_000));
    integration.tick();
  }
  return wanted;
}

describe("services under a guest that comes and goes", () => {
  test("hold nothing that the guest has let go of, whatever happened in between", () => {
    let opened = 0;
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60, size: "max" }), (moves) => {
        const lab = openLab();
        connect(lab);
        let wanted: readonly OfferDescription[] = everything;
        for (const next of moves) {
          wanted = make(lab, next, wanted);
          lab.guest.take();
        }
        lab.settle();
        const { open, served } = footprint(lab);
        expect(served).toBe(open);
        opened += lab.opened();
        lab.post(say.unload());
        lab.settle();
        lab.guest.take();
        connect(lab);
        lab.settle();
        expect(footprint(lab)).toEqual({
          channels: wanted.length,
          open: 0,
          served: 0,
          gpadls: 0,
          unfinishedGpadls: 0,
          gpadlPages: 0,
          underWay: 0,
        });
        const shown = lab.guest.take().filter(({ type }) => type === 1);
        expect(shown.map(({ bytes }) => bytes[184]).sort()).toEqual(
          wanted.map(({ channel }) => channel).sort(),
        );
      }),
      { numRuns: 120 },
    );
    // The walk must reach what it is about.
    expect(opened).toBeGreaterThan(200);
  });

  test("are opened and closed two thousand times without a trace", () => {
    const lab = openLab();
    connect(lab);
    const cycle = (): void => {
      for (const place of integrationServices.keys()) open(lab, place);
      lab.settle();
      for (const place of integrationServices.keys()) close(lab, place);
      lab.settle();
      lab.guest.take();
      lab.guest.wrote.length = 0;
      lab.guest.events.length = 0;
    };
    cycle();
    const before = shape(lab);
    for (let times = 0; times < 400; times++) cycle();
    expect(shape(lab)).toEqual(before);
    expect(footprint(lab)).toMatchObject({ channels: 5, open: 0, served: 0, gpadls: 0, underWay: 0 });
  });
});

/** Which names the trees have; figures may grow, branches may not. */
function shape({ side, ends, integration }: Lab): unknown {
  const names = (node: unknown): unknown =>
    typeof node === "object" && node !== null
      ? Object.entries(node).map(([name, child]) => [name, names(child)])
      : typeof node;
  return [side.inspect(), ends.inspect(), integration.inspect()].map(names);
}
