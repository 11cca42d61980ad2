import fc from "fast-check";
import { expect, test } from "vitest";
import { FragmentFlag, OffloadSetting, Oid, PacketInfoType } from "../../src/hvdef/index.ts";
import { bytesOfMac, openSegmenter, openSwitch } from "../../src/network/index.ts";
import { manualClock } from "../../src/support/index.ts";
import { netvsp } from "../../src/vsp/index.ts";
import { labChannel } from "../lab/channel.ts";
import { asLargeSend, type IpFrame, ipFrame } from "../lab/ip-frames.ts";
import { words } from "../lab/loopback-guest.ts";
import { frameOf, largeFrameSettings, nvsp, rndis } from "../lab/netvsc.ts";
import { labMac } from "../lab/switch.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface Choices {
  readonly setting: number;
  readonly mtu: number;
  readonly filter: number;
  /** Bytes of the receiver's buffer. */
  readonly room: number;
}

/** A sender and a receiver on a switch; the receiver's guest plays what Linux does with fragments. */
function openPair({ setting, mtu, filter, room }: Choices) {
  const network = openSwitch({ name: "lab", kind: "private", clock: manualClock() });
  const [from, to] = [netvsp({ mac: labMac(1) }), netvsp({ mac: labMac(2) })];
  const fromPort = network.connect({ name: "from", mac: labMac(1) }, from);
  const toPort = network.connect({ name: "to", mac: labMac(2) }, to);
  from.connect(fromPort);
  to.connect(toPort);
  const sender = labChannel(from);
  const receiver = labChannel(to, 64);
  for (const lab of [sender, receiver]) {
    lab.open();
    lab.request({ payload: nvsp.init() });
    lab.request({ payload: nvsp.config(mtu), wantsCompletion: false });
    lab.request({ payload: nvsp.receiveBuffer(3), dataRoom: room });
    lab.request({ payload: nvsp.rndis(1), data: rndis.initialize() });
    lab.request({ payload: nvsp.rndis(1), data: rndis.filter(filter) });
  }
  receiver.request({
    payload: nvsp.rndis(1),
    data: rndis.set(Oid.offloadParameters, largeFrameSettings(setting)),
  });
  let seen = 0;

  function* unseen() {
    // More may come while the guest gives parts back.
    for (let one = receiver.transfers[seen]; one !== undefined; one = receiver.transfers[seen]) {
      seen++;
      yield one;
    }
  }

  /** Frames that came, cut where they came whole. */
  function take(): string[] {
    const out: string[] = [];
    for (const { ranges, payload, transactionId } of unseen()) {
      if (payload[4] === 0) out.push(...framesIn(ranges.map(({ bytes }) => bytes)));
      receiver.taken(transactionId, words(108, 1));
    }
    return out;
  }

  return {
    send(data: Bytes) {
      sender.request({ payload: nvsp.rndis(0), data });
      return sender.answers.at(-1)?.payload.slice(0, 8).join();
    },
    take,
    counts() {
      const { largeSends, sent, sentBytes } = from.inspect();
      const { received, receivedBytes, filtered, tooLong, busy, dropped } = to.inspect();
      const ours = { largeSends, sent, sentBytes, received, receivedBytes, filtered, tooLong, busy, dropped };
      return { ...ours, from: fromPort.counters(), to: toPort.counters() };
    },
    whole: () => Number(to.inspect()["wholeReceived"]),
    parts: () => [to.inspect()["parts"], to.inspect()["partsFree"]],
    lose() {
      for (const { transactionId } of unseen()) receiver.taken(transactionId, new Uint8Array(0), true);
    },
  };
}

/** What Linux makes of the messages of one packet, and then a segmenter. Every rule of the driver's is checked. */
function framesIn(messages: readonly Bytes[]): string[] {
  const out: string[] = [];
  let parts: Bytes[] = [];
  let number = -1;
  for (const [index, message] of messages.entries()) {
    expect(message.length).toBe(new DataView(message.buffer, message.byteOffset).getUint32(4, true));
    const { frame, info } = frameOf(message);
    const fragment = info.get(PacketInfoType.fragment - 2 ** 32) ?? info.get(PacketInfoType.fragment);
    if (fragment === undefined) {
      expect(parts).toEqual([]);
      out.push(Buffer.from(frame).toString("hex"));
      continue;
    }
    const flags = (fragment >> 8) & 0xff;
    expect([fragment & 0xff, flags & FragmentFlag.inPart]).toEqual([1, FragmentFlag.inPart]);
    if ((flags & FragmentFlag.first) !== 0) {
      expect(parts).toEqual([]);
      number = fragment >>> 16;
      // TCP good, and the header of IPv4.
      expect(info.get(PacketInfoType.checksum)).toBe(frame[12] === 8 ? 0x28 : 0x08);
    } else {
      expect(parts.length).toBeGreaterThan(0);
      expect(info.size).toBe(1);
    }
    expect(fragment >>> 16).toBe(number);
    parts.push(frame);
    if ((flags & FragmentFlag.last) === 0) {
      expect(index).toBeLessThan(messages.length - 1);
      continue;
    }
    out.push(...cut(Uint8Array.from(parts.flatMap((part) => [...part]))));
    parts = [];
  }
  expect(parts).toEqual([]);
  return out;
}

/** Cuts a frame that came whole as its sender asked; its IP header must have been right. */
function cut(frame: Bytes): string[] {
  expect(isWhole(frame)).toBe(true);
  const out: string[] = [];
  const segmentBytes = lastSegmentBytes;
  const sent = openSegmenter().cut(
    frame,
    { at: 0, length: frame.length, segmentBytes },
    {
      send: (bytes, at, length) =>
        void out.push(Buffer.from(bytes.subarray(at, at + length)).toString("hex")),
    },
  );
  expect(sent).toBeGreaterThan(1);
  return out;
}

/** What the large send under way asked for: the receiver of a whole one does not learn it. */
let lastSegmentBytes = 0;

function isWhole(frame: Bytes): boolean {
  const view = new DataView(frame.buffer);
  if (frame[12] !== 8) return view.getUint16(18) === frame.length - 54;
  let sum = 0;
  const end = 14 + ((frame[14] ?? 0) & 15) * 4;
  for (let at = 14; at < end; at += 2) sum += view.getUint16(at);
  return view.getUint16(16) === frame.length - 14 && (sum & 0xffff) + (sum >>> 16) === 0xffff;
}

const odd = fc.constantFrom(0, 1, 31, 32, 33, 536, 1447, 1448, 1449, 8948, 9162, 9163, 65535, 0xf_ffff);
const send = fc.record({
  version: fc.constantFrom(4 as const, 6 as const),
  length: fc.oneof(
    { weight: 4, arbitrary: fc.nat({ max: 6000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 30_000, max: 64_000 }) },
  ),
  segmentBytes: fc.oneof({ weight: 3, arbitrary: fc.constant(1448) }, odd),
  options: fc.constantFrom(0, 12, 40),
  ipOptions: fc.constantFrom(0, 0, 0, 4),
  flags: fc.constantFrom(0x10, 0x18, 0x19, 0x99),
  to: fc.oneof(
    { weight: 8, arbitrary: fc.constant(labMac(2)) },
    fc.constantFrom(labMac(1), labMac(9), labMac(3)),
  ),
  from: fc.oneof({ weight: 8, arbitrary: fc.constant(labMac(1)) }, fc.constant(labMac(7))),
  tagged: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.constant(true)),
  /** Bytes of the headers that lie: places from the frame's start and what is there. */
  lies: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    fc.array(fc.tuple(fc.nat({ max: 70 }), fc.nat({ max: 255 })), { maxLength: 2 }),
  ),
  large: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
});
type Send = typeof send extends fc.Arbitrary<infer T> ? T : never;

function message(one: Send): Bytes {
  const { version, length, segmentBytes, to, from, tagged, lies, large, ...rest } = one;
  const wanted: IpFrame = {
    ...rest,
    version,
    to: [...bytesOfMac(to)],
    from: [...bytesOfMac(from)],
    data: Uint8Array.from({ length: large ? length : length % 1400 }, (_, i) => (i * 13) & 0xff),
    bare: true,
  };
  const frame = asLargeSend(ipFrame(wanted), version);
  for (const [at, value] of lies) if (at < frame.length) frame[at] = value;
  const info: [number, number][] = large ? [[PacketInfoType.largeSend, segmentBytes]] : [];
  if (tagged) info.push([PacketInfoType.vlan, 0]);
  return rndis.packet(frame, info);
}

test("frames that came whole, once they are cut, are those that come cut; and every count is the same", () => {
  let whole = 0;
  let frames = 0;
  fc.assert(
    fc.property(
      fc.record({
        mtu: fc.constantFrom(1500, 1500, 576, 9000),
        filter: fc.constantFrom(0x0d, 0x0d, 0x20, 0x08),
        room: fc.constant(1 << 24),
      }),
      fc.array(send, { minLength: 1, maxLength: 6 }),
      (choices, sends) => {
        const one = openPair({ ...choices, setting: OffloadSetting.on });
        const other = openPair({ ...choices, setting: OffloadSetting.off });
        for (const wanted of sends) {
          lastSegmentBytes = wanted.segmentBytes;
          const data = message(wanted);
          expect(one.send(data)).toBe(other.send(data));
          const expected = other.take();
          expect(one.take()).toEqual(expected);
          expect(one.counts()).toEqual(other.counts());
          frames += expected.length;
        }
        expect(other.whole()).toBe(0);
        whole += one.whole();
      },
    ),
    { numRuns: 80 },
  );
  // A property under which nothing comes whole would prove nothing.
  expect(whole).toBeGreaterThan(20);
  expect(frames).toBeGreaterThan(300);
}, 60_000);

test("a small buffer never holds half a frame, and loses no part", () => {
  let whole = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 90 }),
      fc.array(fc.tuple(send, fc.constantFrom("keep", "take", "lose")), { minLength: 2, maxLength: 12 }),
      (parts, steps) => {
        const pair = openPair({ setting: OffloadSetting.on, mtu: 1500, filter: 0x0d, room: parts * 1728 });
        for (const [wanted, what] of steps) {
          lastSegmentBytes = 1448;
          pair.send(message({ ...wanted, segmentBytes: 1448 }));
          if (what === "take") pair.take();
          if (what === "lose") pair.lose();
        }
        pair.take();
        const [all, free] = pair.parts();
        expect([all, free]).toEqual([parts, parts]);
        // Each frame that the switch handed over was received or lost, once; more may be lost on the way.
        const { to, received, busy } = pair.counts();
        expect(to.receivedFrames).toBe(received);
        expect(Number(busy)).toBeGreaterThanOrEqual(to.dropped.noRoom);
        whole += pair.whole();
      },
    ),
    { numRuns: 60 },
  );
  expect(whole).toBeGreaterThan(10);
}, 60_000);
