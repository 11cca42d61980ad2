import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NvspMessage, Oid, PacketInfoType } from "../../src/hvdef/index.ts";
import { longestFrame, type MacAddress, shortestFrame } from "../../src/network/index.ts";
import { netvsp, restoreNetvsp } from "../../src/vsp/index.ts";
import { labChannel } from "../lab/channel.ts";
import { ipFrame } from "../lab/ip-frames.ts";
import { joinBytes, words } from "../lab/loopback-guest.ts";
import { type NetLab, netPages, nvsp, openNetLab, rndis } from "../lab/netvsc.ts";

const mac = "00-15-5D-01-0A-03" as MacAddress;
const own = [0x00, 0x15, 0x5d, 0x01, 0x0a, 0x03];
const everybody = [255, 255, 255, 255, 255, 255];

const word = fc.oneof(
  fc.constantFrom(0, 1, 7, 8, 20, 36, 43, 44, 45, 60, 100, 1728, 6144, 0xffff, 0x7fff_ffff, 0xffff_ffff),
  fc.nat(200),
  fc.nat(0xffff_ffff),
);
const noise = fc.uint8Array({ maxLength: 120 }).map((bytes) => Uint8Array.from(bytes));

/** Overwrites words of a message, so that most of it stays sensible. */
function bent(message: fc.Arbitrary<Uint8Array<ArrayBuffer>>) {
  const bends = fc.array(fc.tuple(fc.nat(20), word), { maxLength: 2 });
  return fc
    .tuple(message, bends, fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(30)))
    .map(([bytes, list, cut]) => {
      const out = bytes.slice(0, Math.max(0, bytes.length - cut));
      const view = new DataView(out.buffer);
      for (const [at, value] of list) if (at * 4 + 4 <= out.length) view.setUint32(at * 4, value, true);
      return out;
    });
}

const frames = fc
  .record({
    protocol: fc.constantFrom("tcp" as const, "udp" as const),
    version: fc.constantFrom(4 as const, 6 as const),
    length: fc.nat(3000),
    tagged: fc.boolean(),
    to: fc.constantFrom(own, everybody, [2, 0, 0, 0, 0, 2]),
    bare: fc.boolean(),
  })
  .map(({ length, tagged, ...rest }) =>
    ipFrame({ ...rest, data: new Uint8Array(length).fill(length), ...(tagged ? { vlan: 5 } : {}) }),
  );
const info = fc.array(
  fc.tuple(
    fc.constantFrom<number>(PacketInfoType.checksum, PacketInfoType.largeSend, PacketInfoType.vlan, 9),
    word,
  ),
  { maxLength: 3 },
);
const packets = bent(
  fc
    .array(
      fc.tuple(frames, info, fc.nat(7)).map(([frame, list, pad]) => rndis.packet(frame, list, pad)),
      { minLength: 1, maxLength: 3 },
    )
    .map((list) => joinBytes(...list)),
);
const controls = bent(
  fc.oneof(
    fc.constantFrom(rndis.initialize(), rndis.halt(), words(8, 12, 1), words(6, 12, 1)),
    fc.constantFrom(...Object.values(Oid)).map((oid) => rndis.query(oid, 20)),
    fc.tuple(fc.constantFrom(...Object.values(Oid)), noise).map(([oid, value]) => rndis.set(oid, value)),
    fc.constantFrom(0, 1, 0xd, 0x20, 0x2f).map((bits) => rndis.filter(bits)),
    noise,
  ),
);
const messages = bent(
  fc.oneof(
    fc.constantFrom(
      nvsp.init(),
      nvsp.config(9000),
      nvsp.config(0),
      nvsp.receiveBuffer(3),
      nvsp.sendBuffer(4),
      nvsp.revokeReceive(),
      nvsp.revokeSend(),
      nvsp.version(),
    ),
    fc.constantFrom(...Object.values(NvspMessage)).map((type) => joinBytes(words(type), new Uint8Array(36))),
    noise,
  ),
);
type Step =
  | {
      readonly kind: "message";
      readonly payload: Uint8Array<ArrayBuffer>;
      readonly room: number;
      readonly wants: boolean;
    }
  | { readonly kind: "control" | "packet"; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly kind: "frame"; readonly frame: Uint8Array<ArrayBuffer> }
  | { readonly kind: "taken"; readonly id: number; readonly lost: boolean }
  | { readonly kind: "finish" | "plug" | "unplug" | "reopen" | "save" };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("message" as const),
      payload: messages,
      room: fc.constantFrom(0, 100, 1 << 16, 1 << 24, 1 << 28),
      wants: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("control" as const), data: controls }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("packet" as const), data: packets }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("frame" as const), frame: frames }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("taken" as const),
      id: fc.oneof(fc.nat(40), word),
      lost: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("finish", "finish", "plug", "unplug", "reopen", "save" as const),
    }),
  },
);

/** What keeps Linux from looping for ever: every length of a message for the guest is right. */
function expectSound(message: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  expect(view.getUint32(4, true)).toBe(message.length);
  if (view.getUint32(0, true) !== 1) return;
  const [dataOffset, dataLength] = [view.getUint32(8, true) + 8, view.getUint32(12, true)];
  expect(dataLength).toBeGreaterThanOrEqual(shortestFrame);
  expect(dataOffset + dataLength).toBe(message.length);
  let at = view.getUint32(28, true) + 8;
  const end = at + view.getUint32(32, true);
  if (end > at) expect([at, end]).toEqual([44, dataOffset]);
  while (at < end) {
    expect([view.getUint32(at, true), view.getUint32(at + 8, true)]).toEqual([16, 12]);
    at += 16;
  }
}

describe("the provider", () => {
  it("answers everything once, and never loses or doubles a part, whatever the guest says", () => {
    let delivered = 0;
    let sentFrames = 0;
    let restored = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 80, size: "max" }), (steps) => {
        let sent = 0;
        const port = {
          send(bytes: Uint8Array<ArrayBuffer>, at: number, length: number) {
            expect(at >= 0 && at + length <= bytes.length).toBe(true);
            expect(length).toBeGreaterThanOrEqual(shortestFrame);
            sent++;
          },
        };
        const adapter = netvsp({ mac, port, mayChangeMac: true });
        const lab = labChannel(adapter);
        const owed: number[] = [];
        let seen = 0;
        lab.open();
        // So that there is something to disturb.
        for (const payload of [nvsp.init(), nvsp.receiveBuffer(3)])
          lab.request({ payload, dataRoom: 1 << 16 });
        lab.request({ payload: nvsp.rndis(1), data: rndis.initialize() });
        lab.request({ payload: nvsp.rndis(1), data: rndis.filter(0x2d) });
        const parts = () => Number(adapter.inspect()["parts"]);
        const look = () => {
          const { partBytes = 0 } = receiveOf(adapter.save().negotiation) ?? {};
          for (const transfer of lab.transfers.slice(seen)) {
            owed.push(transfer.transactionId);
            for (const range of transfer.ranges) {
              expect(range.offset % partBytes).toBe(0);
              expect(range.bytes.length).toBeLessThanOrEqual(partBytes);
              expect(range.offset / partBytes).toBeLessThan(parts());
              expectSound(range.bytes);
              delivered++;
            }
          }
          seen = lab.transfers.length;
          // What is not free is exactly what is in packets that are out.
          expect(adapter.save().held.length).toBe(parts() - Number(adapter.inspect()["partsFree"]));
          expect(Number(adapter.inspect()["owed"])).toBeLessThanOrEqual(32);
        };
        look();
        for (const one of steps) {
          const before = lab.answers.length;
          switch (one.kind) {
            case "message":
              lab.request({ payload: one.payload, dataRoom: one.room, wantsCompletion: one.wants });
              expect(lab.answers.length).toBe(before + (one.wants ? 1 : 0));
              break;
            case "control":
            case "packet":
              lab.request({ payload: nvsp.rndis(one.kind === "control" ? 1 : 0), data: one.data });
              expect(lab.answers.length).toBe(before + 1);
              break;
            case "frame": {
              const free = Number(adapter.inspect()["partsFree"]);
              const lost = !adapter.frame(one.frame.slice(), 0, one.frame.length);
              expect(free - Number(adapter.inspect()["partsFree"])).toBeLessThanOrEqual(lost ? 0 : 1);
              break;
            }
            case "taken":
              lab.taken(one.id, new Uint8Array(3), one.lost);
              break;
            case "finish":
              look();
              for (const id of owed.splice(0)) lab.taken(id, words(108, 1));
              look();
              for (const id of owed.splice(0)) lab.taken(id, words(108, 1));
              // Answers that waited for a part may have taken some again.
              expect(lab.transfers.length - seen).toBeLessThanOrEqual(32);
              break;
            case "plug":
              adapter.connect(port);
              break;
            case "unplug":
              adapter.connect(null);
              break;
            case "reopen":
              lab.open();
              expect(parts()).toBe(0);
              owed.length = 0;
              seen = lab.transfers.length;
              break;
            case "save":
              expect(restoreNetvsp(structuredClone(adapter.save()), { mac }).kind).toBe("restored");
              restored++;
              break;
          }
          for (const answer of lab.answers.slice(before)) expect(answer.payload.length).toBe(40);
          look();
        }
        sentFrames += sent;
      }),
      { numRuns: 150 },
    );
    expect(delivered).toBeGreaterThan(500);
    expect(sentFrames).toBeGreaterThan(200);
    expect(restored).toBeGreaterThan(20);
  });

  function receiveOf(negotiation: ReturnType<ReturnType<typeof netvsp>["save"]>["negotiation"]) {
    return negotiation.kind === "agreed" ? negotiation.receive : null;
  }

  it("sends no frame that is longer than any, and touches no byte beside its transfer", () => {
    fc.assert(
      fc.property(packets, (data) => {
        const lengths: number[] = [];
        const adapter = netvsp({
          mac,
          port: {
            send(bytes, at, length) {
              // The labChannel hands over a copy of its own: all of it is the transfer.
              expect(bytes.length).toBe(data.length);
              expect(at >= 0 && at + length <= data.length).toBe(true);
              lengths.push(length);
            },
          },
        });
        const lab = labChannel(adapter);
        lab.open();
        for (const payload of [nvsp.init(), nvsp.receiveBuffer(3)])
          lab.request({ payload, dataRoom: 1 << 16 });
        lab.request({ payload: nvsp.rndis(1), data: rndis.initialize() });
        lab.request({ payload: nvsp.rndis(0), data });
        expect(lengths.every((length) => length <= longestFrame)).toBe(true);
        expect(lengths.length).toBeLessThanOrEqual(2000);
      }),
      { numRuns: 400 },
    );
  });
});

describe("a hostile guest on the whole way", () => {
  const allowed = new Set([
    ...netPages.up,
    ...netPages.down,
    ...netPages.receive,
    ...netPages.scratch,
    ...netPages.send,
  ]);

  function expectUntouched(lab: NetLab): void {
    for (const [at, length] of lab.guest.wrote) {
      for (let page = at >> 12; page <= (at + length - 1) >> 12; page++) {
        expect(netPages.receive.includes(page)).toBe(true);
      }
    }
    const ram = lab.guest.memory.bytes();
    for (let page = 0; page < ram.length / 4096; page++) {
      if (!allowed.has(page))
        expect(ram.subarray(page * 4096, page * 4096 + 4096).some((byte) => byte !== 0)).toBe(false);
    }
  }

  const action = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("frames" as const), count: fc.nat(60) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("payload" as const), payload: messages }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("rndis" as const),
        section: word,
        length: word,
        data: packets,
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("control" as const), data: controls }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("storm" as const),
        ids: fc.array(fc.oneof(fc.nat(80), word)),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("finish", "teardown", "describe", "reopen", "again", "revoke" as const),
      }),
    },
  );

  it("leaves memory it did not describe alone, and itself with every part", () => {
    let received = 0;
    fc.assert(
      fc.property(fc.array(action, { minLength: 3, maxLength: 25, size: "max" }), (actions) => {
        const adapter = netvsp({ mac, port: { send() {} } });
        const lab = openNetLab(adapter);
        lab.bringUp();
        let handles = [0xe1e11, 0xe1e12];
        let out: bigint[] = [];
        const look = () => {
          for (const transfer of lab.transfers()) {
            out.push(transfer.transaction);
            received += transfer.messages.length;
          }
        };
        for (const one of actions) {
          switch (one.kind) {
            case "frames":
              for (let i = 0; i < one.count; i++)
                adapter.frame(ipFrame({ to: own, data: new Uint8Array(i) }), 0, 54 + i);
              lab.pump();
              break;
            case "payload":
              lab.put(one.payload);
              break;
            case "control":
              lab.put(nvsp.rndis(1), { pages: one.data.length === 0 ? new Uint8Array(1) : one.data });
              break;
            case "rndis":
              lab.put(nvsp.rndis(0, one.section, one.length), {
                pages: joinBytes(one.data, new Uint8Array(1)),
              });
              break;
            case "storm":
              lab.finish(...one.ids.map(BigInt));
              break;
            case "finish":
              look();
              lab.finish(...out.splice(0));
              break;
            case "teardown":
              for (const handle of handles) lab.teardown(handle);
              break;
            case "describe": {
              const { receive, send } = lab.describe();
              handles = [receive, send];
              lab.put(nvsp.receiveBuffer(receive));
              lab.put(nvsp.sendBuffer(send));
              break;
            }
            case "reopen":
              lab.close();
              lab.open();
              out = [];
              break;
            case "again":
              lab.close();
              lab.bringUp();
              out = [];
              break;
            case "revoke":
              lab.put(nvsp.revokeReceive(), { wants: false });
              break;
          }
          look();
          lab.completions();
        }
        look();
        // Whatever is still out: once the guest gives it back, nothing is missing.
        for (let rounds = 0; rounds < 3; rounds++) {
          lab.finish(...out.splice(0));
          look();
        }
        expectUntouched(lab);
        lab.close();
        lab.bringUp();
        expect(adapter.inspect()["partsFree"]).toBe(adapter.inspect()["parts"]);
        expect(adapter.frame(ipFrame({ to: own, data: new Uint8Array(9) }), 0, 63)).toBe(true);
        lab.pump();
        expect(lab.transfers().length).toBe(1);
      }),
      { numRuns: 40 },
    );
    expect(received).toBeGreaterThan(500);
  });
});
