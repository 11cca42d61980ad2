import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchBytes, type Carrier, type ChannelId, DeviceClass, LinkRecord } from "../../src/hvdef/index.ts";
import {
  type Channel,
  type GatherRule,
  loopbackCarriers,
  openEndpoints,
  openLink,
  openRelay,
} from "../../src/vmbus/index.ts";
import { gpaDirect, openFakeGuest, openGuestRing } from "../lab/loopback-guest.ts";

const ramPages = 128;
const channel = 5 as ChannelId;
const up = [4, 5, 6, 7];
const down = [8, 9];
/** Pages requests may describe; nobody ever describes the ones behind, nor those below that are no ring. */
const dataPages = { first: 64, last: 95 };
const limits = { packetsPerTurn: 8, transactions: 16, bytes: 1 << 16, waitingSends: 4 };

const rule: GatherRule = (payload) => (payload[0] === 1 ? "toHost" : payload[0] === 2 ? "toGuest" : "none");
const directions = fc.constantFrom(0, 1, 2, 3);
const goodPage = fc.integer({ min: dataPages.first, max: dataPages.last });
const badPage = fc.constantFrom(ramPages, ramPages + 1, 0xf_ffff, 0x10_0000, 0xffff_ffff);
const range = fc.record({
  bytes: fc.oneof(fc.integer({ min: 0, max: 9000 }), fc.constantFrom(0xffff_ffff, 0x10_0001)),
  offset: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constantFrom(0xffff_ffff)),
  pages: fc.array(fc.oneof({ weight: 9, arbitrary: goodPage }, { weight: 1, arbitrary: badPage }), {
    maxLength: 5,
  }),
});
interface Shape {
  readonly type: number;
  readonly flags: number;
  readonly direction: number;
  readonly length: number;
  readonly ranges: readonly { readonly bytes: number; readonly offset: number; readonly pages: number[] }[];
}
const packet: fc.Arbitrary<Shape> = fc.record({
  type: fc.constantFrom(6, 9, 9, 9, 7, 0, 0xffff),
  flags: fc.constantFrom(0, 1, 1, 1, 0xffff),
  direction: directions,
  length: fc.integer({ min: 1, max: 80 }),
  ranges: fc.array(range, { maxLength: 3 }),
});

function allowed(page: number): boolean {
  return up.includes(page) || down.includes(page) || (page >= dataPages.first && page <= dataPages.last);
}

function expectUntouched(ram: Uint8Array): void {
  for (let page = 0; page < ramPages; page++) {
    if (allowed(page)) continue;
    expect(ram.subarray(page * 4096, page * 4096 + 4096).every((byte) => byte === 0)).toBe(true);
  }
}

/** Relay and endpoints over loopback; the owner remembers what it must answer. */
function openLab() {
  const guest = openFakeGuest(ramPages);
  const turns: (() => void)[] = [];
  const carriers = loopbackCarriers((deliver) => turns.push(deliver));
  const relay = openRelay({
    memory: guest.memory,
    link: openLink(carriers.child),
    signal() {},
    wake() {},
    limits,
  });
  const endpoints = openEndpoints(openLink(carriers.parent), (flush) => turns.push(flush));
  const owing: { readonly channel: Channel; readonly id: bigint; readonly room: number }[] = [];
  endpoints.attach(channel, (end) => ({
    opened() {},
    closed() {
      owing.length = 0;
    },
    request({ transactionId, wantsCompletion, dataRoom, data }) {
      expect(data.length).toBeLessThanOrEqual(dataRoom);
      if (wantsCompletion) owing.push({ channel: end, id: transactionId, room: dataRoom });
    },
  }));
  const turn = () => {
    while (turns.length > 0) turns.shift()?.();
  };
  const open = () =>
    relay.attach(
      {
        channel,
        interfaceType: DeviceClass.scsi,
        pages: Uint32Array.from([...up, ...down]),
        downstreamPage: up.length,
        userData: new Uint8Array(120),
        version: 0x5_0003,
      },
      { gather: rule },
    );
  function answer(): void {
    const next = owing.shift();
    if (next === undefined) return;
    const completion = next.channel.begin(next.id, 64, next.room);
    completion.data.fill(0xaa);
    completion.payload.fill(0xbb);
    completion.end(next.room);
  }
  const theirs = { up: openGuestRing(guest.memory, up), down: openGuestRing(guest.memory, down) };
  const lane = () => {
    const channels = relay.inspect()["channels"];
    const node = typeof channels === "object" ? channels?.[String(channel)] : undefined;
    if (typeof node !== "object" || node === null) throw new Error("no lane");
    return {
      inFlight: Number(node["inFlight"]),
      backlog: Number(node["backlog"]),
      held: Number(node["heldBytes"]),
    };
  };
  return { guest, relay, endpoints, owing, turn, open, answer, theirs, lane };
}

/** What a packet of the test looks like in the ring; the id is unique. */
function put(lab: ReturnType<typeof openLab>, id: bigint, one: Shape): boolean {
  const payload = new Uint8Array(one.length);
  payload[0] = one.direction;
  const header = one.type === 9 ? gpaDirect(...one.ranges) : new Uint8Array(0);
  const { type, flags } = one;
  return lab.theirs.up.put({ type, flags, transaction: id, header, payload }) !== null;
}

describe("the relay", () => {
  it("gives every request exactly one answer, whatever it carries and however turns fall", () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: packet },
      {
        weight: 6,
        arbitrary: fc.constantFrom("drain", "deliver", "answer", "take", "turn", "send" as const),
      },
    );
    let answered = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 120, size: "max" }), (steps) => {
        const lab = openLab();
        lab.open();
        const asked: bigint[] = [];
        const replies: bigint[] = [];
        const take = () => {
          for (const seen of lab.theirs.down.takeAll()) if (seen.type === 11) replies.push(seen.transaction);
          lab.relay.doorbell(channel);
        };
        let id = 0n;
        const perform = (one: (typeof steps)[number]) => {
          if (typeof one !== "string") {
            id++;
            if (put(lab, id, one) && (one.flags & 1) !== 0) asked.push(id);
            lab.relay.doorbell(channel);
          } else if (one === "drain") lab.relay.drain();
          else if (one === "deliver") lab.relay.deliver();
          else if (one === "answer") lab.answer();
          else if (one === "take") take();
          else if (one === "turn") lab.turn();
          const { inFlight, backlog, held } = lab.lane();
          expect(inFlight + backlog).toBeLessThanOrEqual(limits.transactions + limits.waitingSends);
          // One request beyond the limit is let through, never two.
          expect(held).toBeLessThanOrEqual(limits.bytes + (1 << 20));
        };
        for (const one of steps) perform(one);
        for (let rounds = 0; rounds < 200 && replies.length < asked.length; rounds++) {
          for (const one of ["drain", "turn", "answer", "turn", "deliver", "take"] as const) perform(one);
        }
        expect([...replies].sort()).toEqual([...asked].sort());
        expect(lab.lane()).toMatchObject({ inFlight: 0, backlog: 0 });
        expectUntouched(lab.guest.memory.bytes());
        answered += replies.length;
      }),
      { numRuns: 90 },
    );
    expect(answered).toBeGreaterThan(500);
  });

  it("survives any ring content and any index, within its bounds", () => {
    const word = fc.oneof(
      fc.constantFrom(0, 1, 6, 9, 0x2_0006, 0x5_0009, 0x1_000d, 3, 8, 16, 4096, 12288, 0xffff_ffff),
      fc.constantFrom(64, 95, ramPages, 0x10_0000),
    );
    const step = fc.oneof(
      fc.record({ poke: fc.array(fc.tuple(fc.nat(5), fc.nat(80), word), { maxLength: 20, size: "max" }) }),
      fc.record({
        ring: fc.constantFrom("up", "down" as const),
        field: fc.constantFrom("write", "read", "mask", "pending" as const),
        value: word,
      }),
      packet,
      fc.constantFrom("drain", "deliver", "answer", "turn", "reopen" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
        const lab = openLab();
        lab.open();
        let id = 0n;
        for (const one of steps) {
          if (one === "drain") {
            lab.relay.doorbell(channel);
            lab.relay.drain();
          } else if (one === "deliver") lab.relay.deliver();
          else if (one === "answer") lab.answer();
          else if (one === "turn") lab.turn();
          else if (one === "reopen") {
            lab.relay.detach(channel);
            for (const ring of [lab.theirs.up, lab.theirs.down]) {
              ring.setIndex("write", 0);
              ring.setIndex("read", 0);
            }
            expect(lab.open()).toBe(true);
          } else if ("poke" in one) {
            for (const [page, at, value] of one.poke) {
              lab.guest.memory.view().setUint32(([...up, ...down][page] ?? 0) * 4096 + at * 4, value, true);
            }
          } else if ("field" in one) lab.theirs[one.ring].setIndex(one.field, one.value);
          else if (lab.theirs.up.index("write") % 8 === 0 && lab.theirs.up.index("write") < 12288)
            put(lab, ++id, one);
          const { inFlight, backlog, held } = lab.lane();
          expect(inFlight + backlog).toBeLessThanOrEqual(limits.transactions + limits.waitingSends);
          expect(held).toBeGreaterThanOrEqual(0);
          expect(held).toBeLessThanOrEqual(limits.bytes + (1 << 20) + (20 << 10));
        }
        expectUntouched(lab.guest.memory.bytes());
        for (const [at, length] of lab.guest.wrote) {
          expect(at >= 0 && length > 0 && at + length <= ramPages * 4096).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("a hostile batch", () => {
  const value = fc.oneof(
    fc.constantFrom(0, 1, 3, 5, 8, 16, 17, 18, 32, 40, 0x10000, 0xffff_ffff),
    fc.nat(0xffff_ffff),
  );
  const record = fc.record({
    length: fc.oneof(fc.constantFrom(32, 40, 48, 64), value),
    channel: fc.oneof(fc.constant(5), fc.constant(0x10000), value),
    kind: fc.oneof(fc.constantFrom(1, 2, 3, 16, 17, 18), fc.nat(0xffff)),
    flags: fc.nat(0xffff),
    payloadLength: fc.oneof(fc.constantFrom(0, 8, 16, 32), value),
    transactionId: fc.bigInt({ min: 0n, max: 40n }),
    dataLength: fc.oneof(fc.constantFrom(0, 8), value),
    dataRoom: fc.oneof(fc.constantFrom(0, 1, 2), value),
  });
  const batches = fc.array(fc.record({ records: fc.array(record, { maxLength: 12 }), used: fc.nat(1200) }), {
    maxLength: 8,
  });

  function openCarrier() {
    let give: (buffer: ArrayBuffer, used: number) => void = () => {};
    const carrier: Carrier = {
      send() {},
      receive(handler) {
        give = handler;
      },
      [Symbol.dispose]() {},
    };
    return { carrier, give: (buffer: ArrayBuffer, used: number) => give(buffer, used) };
  }

  function fill(records: readonly LinkRecord[]): ArrayBuffer {
    const buffer = new ArrayBuffer(2048);
    const view = new DataView(buffer);
    let at = 0;
    for (const one of records) {
      if (at + LinkRecord.size > buffer.byteLength) break;
      LinkRecord.write(view, at, one);
      const honest = one.length >= 32 && one.length <= 128 && one.length % 8 === 0;
      at += honest ? one.length : LinkRecord.size;
    }
    return buffer;
  }

  it("hurts neither the relay nor guest memory", () => {
    fc.assert(
      fc.property(batches, (arriving) => {
        const guest = openFakeGuest(ramPages);
        const { carrier, give } = openCarrier();
        const relay = openRelay({ memory: guest.memory, link: openLink(carrier), signal() {}, wake() {} });
        relay.attach(
          {
            channel,
            interfaceType: DeviceClass.scsi,
            pages: Uint32Array.from([...up, ...down]),
            downstreamPage: up.length,
            userData: new Uint8Array(120),
            version: 0x5_0003,
          },
          { gather: rule },
        );
        let heard = 0;
        const internal = relay.openInternal(0x10000);
        internal.request({
          payload: new Uint8Array(8),
          data: new Uint8Array(0),
          dataRoom: 8,
          done: () => heard++,
        });
        const header = gpaDirect({ bytes: 100, offset: 0, pages: [70] });
        for (let id = 0n; id < 40n; id++) {
          openGuestRing(guest.memory, up).put({
            type: 9,
            flags: 1,
            transaction: id,
            header,
            payload: Uint8Array.of(2),
          });
        }
        relay.drain();
        for (const { records, used } of arriving) give(fill(records), used);
        relay.deliver();
        relay.drain();
        expect(heard).toBeLessThanOrEqual(1);
        for (const [at, length] of guest.wrote) {
          expect(at).toBe(70 * 4096);
          expect(length).toBeLessThanOrEqual(100);
        }
        expectUntouched(guest.memory.bytes());
      }),
      { numRuns: 200 },
    );
  });

  it("hurts no owner in the parent", () => {
    fc.assert(
      fc.property(batches, (arriving) => {
        const { carrier, give } = openCarrier();
        const endpoints = openEndpoints(openLink(carrier), (flush) => flush());
        let open = 0;
        endpoints.attach(channel, (end) => ({
          opened: () => open++,
          closed: () => open--,
          request({ transactionId, payload, data }) {
            expect(open).toBe(1);
            expect(payload.length + data.length).toBeLessThanOrEqual(batchBytes);
            end.complete(transactionId, payload);
          },
        }));
        for (const { records, used } of arriving) {
          give(fill(records), used);
          expect(open === 0 || open === 1).toBe(true);
        }
        endpoints.inspect();
        endpoints[Symbol.dispose]();
        expect(open).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
