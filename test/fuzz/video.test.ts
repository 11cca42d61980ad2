import fc from "fast-check";
import { expect, test } from "vitest";
import {
  VideoChange,
  VideoHeader,
  VideoPicture,
  videoMegabytes,
  videoMemoryAt,
  videoVersions,
} from "../../src/hvdef/index.ts";
import { openSyntheticPicture } from "../../src/vmwp/vdev/screen/synthetic.ts";
import { openVideo, restoreVideo } from "../../src/vsp/index.ts";
import { labChannel } from "../lab/channel.ts";

/** Numbers that a screen's description may hold, sensible ones among them. */
const number = fc.oneof(
  fc.constantFrom(0, 1, 4, 640, 768, 1024, 2560, 4096, 8 << 20, videoMemoryAt, 0x7fff_ffff, 0xffff_ffff),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const message = fc.record({
  message: fc.oneof(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 0xffff_ffff })),
  /** Little-endian, byte by byte or four at a time: fields of these records lie anywhere. */
  body: fc.array(fc.oneof(number, fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
  widths: fc.array(fc.constantFrom(1, 4, 8), { minLength: 1, maxLength: 12 }),
  cut: fc.integer({ min: 0, max: 120 }),
});
const move = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("say"), message }) },
  fc.record({ kind: fc.constant("noise"), bytes: fc.uint8Array({ maxLength: 60 }) }),
  fc.record({
    kind: fc.constant("set up"),
    width: fc.oneof(fc.integer({ min: 0, max: 2000 }), number),
    height: fc.oneof(fc.integer({ min: 0, max: 1600 }), number),
    /** `null`: as many bytes as the width needs. */
    pitch: fc.oneof(fc.constant(null), number),
    offset: fc.oneof(fc.constant(0), number),
  }),
  fc.record({ kind: fc.constantFrom("open", "close", "look", "look away", "save") }),
);

function packet(kind: number, fields: readonly (readonly [number, number])[]): Uint8Array<ArrayBuffer> {
  const length = fields.reduce((sum, [, width]) => sum + width, 0);
  const out = new Uint8Array(VideoHeader.size + length);
  const view = new DataView(out.buffer);
  VideoHeader.write(view, 0, { pipeType: 1, pipeLength: length + 8, message: kind, length: length + 8 });
  let at: number = VideoHeader.size;
  for (const [value, width] of fields) {
    if (width === 1) view.setUint8(at, value & 0xff);
    else view.setUint32(at, value, true);
    at += width;
  }
  return out;
}

test("whatever a guest says of its screen, nothing is drawn from outside video memory", () => {
  let shown = 0;
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40, size: "max" }), (moves) => {
      const video = openVideo();
      const lab = labChannel(video.owner);
      const picture = openSyntheticPicture();
      const memory = new Uint8Array(videoMegabytes << 20);
      const say = (payload: Uint8Array<ArrayBuffer>) => lab.request({ payload, wantsCompletion: false });
      let packets = 0;
      lab.open();
      for (const next of moves) {
        if (next.kind === "say") {
          const { message: kind, body, widths, cut } = next.message;
          const fields = body.map((value, index) => [value, widths[index % widths.length] ?? 4] as const);
          say(packet(kind, fields).slice(0, VideoHeader.size + cut));
        } else if (next.kind === "noise") say(Uint8Array.from(next.bytes));
        else if (next.kind === "set up") {
          const { width, height, offset } = next;
          const pitch = next.pitch ?? width * 4;
          say(packet(1, [[videoVersions.v35, 4]]));
          say(
            packet(3, [
              [1, 8],
              [1, 1],
              [videoMemoryAt, 8],
            ]),
          );
          say(
            packet(5, [
              [1, 8],
              [1, 1],
              [1, 1],
              [offset, 4],
              [32, 1],
              [width, 4],
              [height, 4],
              [pitch, 4],
            ]),
          );
          packets += 3;
        } else if (next.kind === "open") lab.open();
        else if (next.kind === "close") {
          lab.close();
          picture.forget();
        } else if (next.kind === "save") expect(restoreVideo(video.save()).kind).toBe("restored");
        else lab.note(Uint8Array.of(next.kind === "look" ? 1 : 0));
        packets++;
        for (const payload of lab.told.splice(0)) {
          expect([VideoPicture.size, VideoChange.size]).toContain(payload.length);
          picture.told(payload);
        }
        const size = picture.size();
        if (size === null) continue;
        shown++;
        // Beyond the end there would be nothing to read: the pixel would be black and the picture a lie.
        const drawn = { lines: 0 };
        picture.paint(memory, false, ({ height, toY }) => {
          drawn.lines += height;
          expect(toY + height).toBeLessThanOrEqual(size.height);
        });
        expect(drawn.lines).toBeLessThanOrEqual(size.height);
        expect(size.width * size.height * 4).toBeLessThanOrEqual(memory.length);
      }
      expect(lab.sent.length).toBeLessThanOrEqual(2 * packets + 1);
      video.inspect();
    }),
    { numRuns: 200 },
  );
  expect(shown).toBeGreaterThan(20);
});

test("any saved screen is restored or refused", () => {
  fc.assert(
    fc.property(fc.anything(), (saved) => {
      expect(["restored", "refused"]).toContain(restoreVideo(saved).kind);
    }),
  );
});
