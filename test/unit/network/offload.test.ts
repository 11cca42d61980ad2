import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blankHeaders,
  fillIpChecksum,
  fillTransportChecksum,
  isIpChecksumGood,
  isTransportChecksumGood,
  openSegmenter,
  readHeaders,
  sumBytes,
} from "../../../src/network/index.ts";
import { asLargeSend, type IpFrame, ipFrame, plainSegments, plainSum } from "../../lab/ip-frames.ts";

const bytes = (length: number, fill = 1) => Uint8Array.from({ length }, (_, i) => (i * 7 + fill) & 0xff);

/** The frame somewhere in a larger buffer, as it is in a batch. */
function placed(frame: Uint8Array, at: number) {
  const all = new Uint8Array(at + frame.length + 9).fill(0xc3);
  all.set(frame, at);
  return all;
}

const anyFrame: fc.Arbitrary<IpFrame> = fc
  .record({
    version: fc.constantFrom(4 as const, 6 as const),
    protocol: fc.constantFrom("tcp" as const, "udp" as const),
    length: fc.nat({ max: 1600 }),
    fill: fc.nat({ max: 255 }),
    tagged: fc.boolean(),
    options: fc.constantFrom(0, 4, 12, 40),
    ipOptions: fc.constantFrom(0, 4, 40),
  })
  .map(({ length, fill, tagged, ...rest }) => ({
    ...rest,
    data: bytes(length, fill),
    ...(tagged ? { vlan: 0x6005 } : {}),
  }));

describe("the sum", () => {
  it("is that of the plainest algorithm, for every length and place", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 40 }), (data, at) => {
        const from = Math.min(at, data.length);
        expect(sumBytes(data, { at: from, end: data.length }, 0)).toBe(plainSum([...data.subarray(from)]));
      }),
    );
  });
  it("adds to its seed, and carries", () => {
    expect(sumBytes(Uint8Array.of(0xff, 0xff), { at: 0, end: 2 }, 1)).toBe(1);
    expect(sumBytes(Uint8Array.of(0x00, 0x02, 0x03), { at: 0, end: 3 }, 0x10)).toBe(0x312);
    expect(sumBytes(new Uint8Array(65536).fill(0xff), { at: 0, end: 65536 }, 0)).toBe(0xffff);
    expect(sumBytes(new Uint8Array(8), { at: 0, end: 8 }, 0)).toBe(0);
  });
});

describe("checksums", () => {
  it("are filled in as a plain stack would have, wherever the frame lies", () => {
    fc.assert(
      fc.property(anyFrame, fc.nat({ max: 9 }), (wanted, at) => {
        const right = ipFrame(wanted);
        const all = placed(ipFrame({ ...wanted, bare: true }), at);
        const headers = blankHeaders();
        expect(readHeaders(all, { at, length: right.length }, headers)).toBe(true);
        if (wanted.version === 4) all.fill(0x5a, headers.ip + 10, headers.ip + 12);
        fillIpChecksum(all, headers);
        expect(fillTransportChecksum(all, headers)).toBe(true);
        expect(Buffer.compare(all.subarray(at, at + right.length), right)).toBe(0);
        expect(all.subarray(at + right.length)).toEqual(new Uint8Array(9).fill(0xc3));
      }),
    );
  });

  it("are known good, and bad after any flipped bit", () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(), fc.nat({ max: 7 }), (wanted, where, bit) => {
        const frame = ipFrame(wanted);
        const headers = blankHeaders();
        readHeaders(frame, { at: 0, length: frame.length }, headers);
        const none =
          wanted.protocol === "udp" &&
          frame[headers.transport + 6] === 0 &&
          frame[headers.transport + 7] === 0;
        expect(isTransportChecksumGood(frame, headers)).toBe(!none);
        expect(isIpChecksumGood(frame, headers)).toBe(wanted.version !== 6);
        const at = headers.transport + (where % (frame.length - headers.transport));
        frame[at] = (frame[at] ?? 0) ^ (1 << bit);
        expect(isTransportChecksumGood(frame, headers)).toBe(false);
      }),
    );
  });

  it("ends with the IP packet, not with padding", () => {
    const frame = ipFrame({ protocol: "udp", data: bytes(3) });
    const padded = new Uint8Array(60).fill(0xee);
    padded.set(frame);
    const headers = blankHeaders();
    expect(readHeaders(padded, { at: 0, length: 60 }, headers)).toBe(true);
    expect(isTransportChecksumGood(padded, headers)).toBe(true);
  });

  it("of UDP is never zero, and zero means unknown", () => {
    for (let low = 0; low < 0x1_0000; low += 251) {
      const frame = ipFrame({ protocol: "udp", data: Uint8Array.of(low >> 8, low & 255) });
      expect([frame[40], frame[41]]).not.toEqual([0, 0]);
    }
    // Data chosen so that the sum is zero: the field becomes ones.
    const probe = ipFrame({ protocol: "udp", data: Uint8Array.of(0, 0) });
    const rest = ((probe[40] ?? 0) << 8) | (probe[41] ?? 0);
    const frame = ipFrame({ protocol: "udp", data: Uint8Array.of(rest >> 8, rest & 255), bare: true });
    const headers = blankHeaders();
    readHeaders(frame, { at: 0, length: frame.length }, headers);
    fillTransportChecksum(frame, headers);
    expect([frame[40], frame[41]]).toEqual([0xff, 0xff]);
    expect(isTransportChecksumGood(frame, headers)).toBe(true);
    frame.fill(0, 40, 42);
    expect(isTransportChecksumGood(frame, headers)).toBe(false);
  });

  it("of a fragment are not ours", () => {
    for (const [high, low] of [
      [0x20, 0],
      [0, 1],
    ] as const) {
      const frame = ipFrame({ data: bytes(40), bare: true });
      frame[20] = high;
      frame[21] = low;
      const before = frame.slice();
      const headers = blankHeaders();
      expect(readHeaders(frame, { at: 0, length: frame.length }, headers)).toBe(true);
      expect(headers.fragment).toBe(true);
      expect(fillTransportChecksum(frame, headers)).toBe(false);
      expect(frame).toEqual(before);
    }
  });

  it("are found behind the extension headers of IPv6", () => {
    const plain = ipFrame({ version: 6, protocol: "udp", data: bytes(20) });
    const inserted = [17, 0, 1, 4, 0, 0, 0, 0];
    const frame = Uint8Array.from([...plain.subarray(0, 54), ...inserted, ...plain.subarray(54)]);
    frame[20] = 0;
    frame[19] = (frame[19] ?? 0) + 8;
    const headers = blankHeaders();
    expect(readHeaders(frame, { at: 0, length: frame.length }, headers)).toBe(true);
    expect(headers).toMatchObject({ protocol: 17, transport: 62, fragment: false });
    expect(isTransportChecksumGood(frame, headers)).toBe(true);
  });
});

describe("a large send", () => {
  it("becomes the very frames a plain stack would have sent", () => {
    fc.assert(
      fc.property(
        anyFrame,
        fc.record({
          length: fc.integer({ min: 1, max: 9000 }),
          segmentBytes: fc.integer({ min: 32, max: 2000 }),
          sequence: fc.constantFrom(0, 1000, 0xffff_ff00),
          identification: fc.constantFrom(0, 0xfffe),
          flags: fc.constantFrom(0x10, 0x18, 0x19, 0x99, 0xff),
          at: fc.nat({ max: 70 }),
        }),
        (kind, { length, segmentBytes, at, ...rest }) => {
          const wanted: IpFrame = { ...kind, ...rest, protocol: "tcp", data: bytes(length, 3) };
          const large = asLargeSend(ipFrame({ ...wanted, bare: true }), wanted.version ?? 4);
          const all = placed(large, at);
          const sent: Uint8Array[] = [];
          const count = openSegmenter().cut(
            all,
            { at, length: large.length, segmentBytes },
            { send: (from, start, size) => void sent.push(from.slice(start, start + size)) },
          );
          const expected = plainSegments(wanted, segmentBytes);
          expect(count).toBe(expected.length);
          expect(sent.map((frame) => Buffer.from(frame).toString("hex"))).toEqual(
            expected.map((frame) => Buffer.from(frame).toString("hex")),
          );
          // Nothing around it is touched.
          expect(all.subarray(0, at).every((byte) => byte === 0xc3)).toBe(true);
          expect(all.subarray(at + large.length).every((byte) => byte === 0xc3)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("of headers alone is one frame", () => {
    const frame = ipFrame({ data: bytes(0), bare: true });
    const sent: Uint8Array[] = [];
    const to = {
      send: (from: Uint8Array, at: number, size: number) => void sent.push(from.slice(at, at + size)),
    };
    expect(
      openSegmenter().cut(asLargeSend(frame, 4), { at: 0, length: frame.length, segmentBytes: 1460 }, to),
    ).toBe(1);
    expect(sent).toEqual([ipFrame({ data: bytes(0) })]);
  });

  it("that is none is refused: not TCP, cut off, a fragment, segments of nothing", () => {
    const to = {
      send() {
        throw new Error("sent");
      },
    };
    const cut = (frame: Uint8Array<ArrayBuffer>, length = frame.length, segmentBytes = 1460) =>
      openSegmenter().cut(frame, { at: 0, length, segmentBytes }, to);
    expect(cut(ipFrame({ protocol: "udp", data: bytes(100) }))).toBe(0);
    expect(cut(ipFrame({ data: bytes(100) }), 53)).toBe(0);
    expect(cut(ipFrame({ data: bytes(100) }), 154, 31)).toBe(0);
    expect(cut(ipFrame({ data: bytes(100), options: 40 }), 80)).toBe(0);
    expect(cut(new Uint8Array(100))).toBe(0);
    const fragment = ipFrame({ data: bytes(100) });
    fragment[20] = 0x20;
    expect(cut(fragment)).toBe(0);
    const noHeader = ipFrame({ data: bytes(100) });
    noHeader[46] = 0x40;
    expect(cut(noHeader)).toBe(0);
  });
});

describe("any bytes", () => {
  it("are read without an exception, and headers lie inside the frame", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom([], [0x08, 0x00, 0x45], [0x86, 0xdd, 0x60], [0x81, 0x00, 0, 5, 0x08, 0x00, 0x46]),
        (noise, type) => {
          const frame = Uint8Array.from([...noise.subarray(0, 12), ...type, ...noise.subarray(12)]);
          const headers = blankHeaders();
          const { length } = frame;
          for (const whole of [false, true]) {
            if (!readHeaders(frame, { at: 0, length, whole }, headers)) continue;
            expect(headers.ip).toBeLessThanOrEqual(headers.transport);
            expect(headers.transport).toBeLessThanOrEqual(headers.end);
            expect(headers.end).toBeLessThanOrEqual(length);
            fillTransportChecksum(frame, headers);
            fillIpChecksum(frame, headers);
          }
          openSegmenter().cut(frame, { at: 0, length, segmentBytes: 32 }, { send() {} });
          expect(frame.length).toBe(length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
