import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LinkKind, PacketInfoType } from "../../src/hvdef/index.ts";
import { bytesOfMac, macAt } from "../../src/network/index.ts";
import { openLink } from "../../src/vmbus/index.ts";
import { blankHead } from "../../src/vmbus/link.ts";
import { ipFrame } from "../lab/ip-frames.ts";
import { joinBytes } from "../lab/loopback-guest.ts";
import { nvsp, rndis } from "../lab/netvsc.ts";
import { openStraightHosts } from "../lab/straight-hosts.ts";
import { labMac } from "../lab/switch.ts";

const word = fc.oneof(
  fc.constantFrom(0, 1, 8, 36, 43, 44, 45, 60, 100, 1728, 9230, 0xffff, 0x7fff_ffff, 0xffff_ffff),
  fc.nat(200),
  fc.nat(0xffff_ffff),
);
const address = (number: number) => [...bytesOfMac(labMac(number))];
const everybody = [255, 255, 255, 255, 255, 255];

const frame = fc.record({
  protocol: fc.constantFrom("tcp" as const, "udp" as const),
  version: fc.constantFrom(4 as const, 6 as const),
  length: fc.oneof(fc.nat(300), fc.nat(900)),
  tagged: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
  to: fc.oneof({ weight: 4, arbitrary: fc.constant(2) }, fc.constantFrom(1, 3, 9, 0)),
  from: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, fc.constantFrom(2, 9)),
  bare: fc.boolean(),
  mark: fc.nat(120),
});
const { checksum, largeSend, vlan } = PacketInfoType;
const info = fc.array(
  fc.oneof(
    fc.tuple(fc.constant(largeSend), fc.constantFrom(0, 31, 200, 536, 1460, 0xf_ffff)),
    fc.tuple(fc.constantFrom<number>(checksum, vlan, 9), fc.oneof(fc.constantFrom(4, 0x14, 536, 1460), word)),
  ),
  { maxLength: 2 },
);
/** The last byte of a frame is odd when it has no tag, by whatever way. */
const message = fc
  .tuple(frame, info, fc.nat(7))
  .map(([{ length, tagged, to, from, mark, ...rest }, list, pad]) => {
    const plain = !tagged && list.every(([type]) => type !== vlan);
    const bytes = ipFrame({
      ...rest,
      to: to === 0 ? everybody : address(to),
      from: address(from),
      data: new Uint8Array(length + 1).fill(mark * 2 + (plain ? 1 : 0)),
      ...(tagged ? { vlan: 5 } : {}),
    });
    return rndis.packet(bytes, list, pad);
  });
const sound = fc.array(message, { minLength: 1, maxLength: 10 }).map((list) => joinBytes(...list));
/** No more frames than there is room for either way: what is lost differs. */
const few = fc.array(message, { minLength: 1, maxLength: 2 }).map((list) => joinBytes(...list));
/** Words are overwritten, and some end early. */
const bent = fc
  .tuple(few, fc.array(fc.tuple(fc.nat(200), word), { minLength: 1, maxLength: 3 }), fc.nat(60))
  .map(([whole, bends, cut]) => {
    const out = whole.slice(0, Math.max(1, whole.length - cut));
    const view = new DataView(out.buffer);
    for (const [at, value] of bends) if (at * 4 + 4 <= out.length) view.setUint32(at * 4, value, true);
    return out;
  });

/** Three machines; with `weight` 0 all their frames take the switch. */
async function openThree(vmqWeight: number) {
  const lab = openStraightHosts(3);
  for (const host of lab.hosts) {
    host.plug({ vmqWeight });
    host.guest.bringUp();
  }
  await lab.settle();
  const [a, b, c] = lab.hosts;
  if (a === undefined || b === undefined || c === undefined) throw new Error("no hosts");
  return { ...lab, a, b, c };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const isPlain = (frame: Uint8Array) => ((frame.at(-1) ?? 0) & 1) === 1;

describe("frames past the switch", () => {
  it("are the frames that the switch would have brought, in the order of each flow", async () => {
    const [past, through] = [await openThree(100), await openThree(0)];
    const heard = async (lab: typeof past, transfers: readonly Uint8Array[]) => {
      for (const bytes of transfers) lab.a.guest.put(nvsp.rndis(0), { pages: bytes });
      await lab.settle();
      const answers = [...lab.a.guest.completions()].map(([id, payload]) => `${id} ${hex(payload)}`);
      return { toB: lab.b.frames(), toC: lab.c.frames(), answers: answers.sort() };
    };
    const inFlow = (frames: readonly Uint8Array[]) =>
      frames.filter((one) => isPlain(one) && macAt(one, 0) === labMac(2)).map(hex);
    const all = ({ toB, toC, answers }: Awaited<ReturnType<typeof heard>>) => {
      return [toB.map(hex).sort(), toC.map(hex).sort(), answers];
    };
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.tuple(sound), fc.tuple(few, few, few)), async (transfers) => {
        const [one, other] = [await heard(past, transfers), await heard(through, transfers)];
        expect(inFlow(one.toB)).toEqual(inFlow(other.toB));
        expect(all(one)).toEqual(all(other));
      }),
      { numRuns: 40 },
    );
    await fc.assert(
      fc.asyncProperty(bent, async (transfer) => {
        expect(all(await heard(past, [transfer]))).toEqual(all(await heard(through, [transfer])));
      }),
      { numRuns: 60 },
    );
    past.report();
    await past.settle();
    const [gone, passed] = [past.live.summary(), through.live.summary()];
    expect(gone.direct.length).toBeGreaterThan(0);
    expect(passed.direct).toEqual([]);
    const counted = ({ ports }: typeof gone) =>
      ports.map(({ framesIn, framesOut, bytesIn, bytesOut, dropped }) => {
        return [framesIn, framesOut, bytesIn, bytesOut, dropped];
      });
    expect(counted(gone)).toEqual(counted(passed));
  }, 120_000);

  it("may be anything when they come out: nothing but frames for the guest gets through", async () => {
    const lab = await openThree(100);
    const { b } = lab;
    const [into, out] = lab.newLine();
    const straight = b.guest.side.relay.straight;
    const queue = lab.setups.find(({ mac }) => mac === labMac(2))?.queue ?? 0;
    const line = { path: 777, queue, from: labMac(1), to: labMac(2) };
    expect(straight.joinPath(line, lab.carrier(out))).toBe(true);
    const link = openLink(lab.carrier(into));
    link.receive(() => {});
    const record = fc.record({
      data: fc.oneof(sound, bent, fc.uint8Array({ maxLength: 200 })),
      kind: fc.oneof({ weight: 4, arbitrary: fc.constant(LinkKind.straight) }, fc.nat(40)),
      path: fc.oneof({ weight: 4, arbitrary: fc.constant(777) }, fc.nat(10)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 6 }), async (records) => {
        for (const { data, kind, path } of records) {
          const head = { ...blankHead(), channel: path, kind, dataLength: data.length };
          const place = link.reserve(head);
          place.bytes.set(data, place.dataAt);
          link.commit(data.length);
        }
        link.flush();
        await lab.settle();
        for (const frame of b.frames()) {
          expect(hex(frame.subarray(0, 12))).toBe(hex(bytesOfMac(labMac(2))) + hex(bytesOfMac(labMac(1))));
          expect(frame.length).toBeLessThan(9235);
        }
      }),
      { numRuns: 60 },
    );
    straight.leavePath(777);
  }, 120_000);
});
