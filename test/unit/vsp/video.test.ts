import { describe, expect, test } from "vitest";
import {
  VideoChange,
  VideoHeader,
  VideoMessage,
  VideoPicture,
  VideoResolutions,
  VideoSituation,
  VideoTell,
  VideoVramLocation,
  videoMegabytes,
  videoMemoryAt,
  videoVersions,
} from "../../../src/hvdef/index.ts";
import { openVideo, restoreVideo, type Video } from "../../../src/vsp/index.ts";
import { screenEdid } from "../../../src/vsp/video/edid.ts";
import { preferredResolution, resolutions } from "../../../src/vsp/video/offer.ts";
import { type LabChannel, labChannel } from "../../lab/channel.ts";

/** What a guest's driver says. */
function said(message: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(VideoHeader.size + body.length);
  const length = body.length + 8;
  VideoHeader.write(new DataView(out.buffer), 0, { pipeType: 1, pipeLength: length, message, length });
  out.set(body, VideoHeader.size);
  return out;
}
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");
const word = (value: number) => hex(new Uint8Array(Uint32Array.of(value).buffer));
const versionRequest = (version: number) =>
  said(VideoMessage.versionRequest, new Uint8Array(Uint32Array.of(version).buffer));
const memoryAt = (address: number) =>
  said(
    VideoMessage.vramLocation,
    VideoVramLocation.bytes({ context: 0xe000_0000n, specified: 1, address: BigInt(address) }),
  );
const usual = {
  context: 7n,
  outputs: 1,
  active: 1,
  offset: 0,
  depth: 32,
  width: 1024,
  height: 768,
  pitch: 4096,
};
const situation = (more: Partial<VideoSituation> = {}) =>
  said(VideoMessage.situation, VideoSituation.bytes({ ...usual, ...more }));
function dirt(
  ...rectangles: readonly (readonly [number, number, number, number])[]
): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(2 + rectangles.length * 16);
  body[1] = rectangles.length;
  const view = new DataView(body.buffer);
  for (const [index, edges] of rectangles.entries())
    for (const [place, edge] of edges.entries()) view.setInt32(2 + index * 16 + place * 4, edge, true);
  return said(VideoMessage.dirt, body);
}

/** A screen whose guest has come so far. */
function screenAt(stage: "agreed" | "shown"): { readonly video: Video; readonly lab: LabChannel } {
  const video = openVideo();
  const lab = labChannel(video.owner);
  const tell = (payload: Uint8Array<ArrayBuffer>) => lab.request({ payload, wantsCompletion: false });
  lab.open();
  tell(versionRequest(videoVersions.v35));
  if (stage === "shown") {
    tell(memoryAt(videoMemoryAt));
    tell(situation());
  }
  lab.sent.length = 0;
  return { video, lab };
}
const pictures = (lab: LabChannel) =>
  lab.told
    .filter(({ length }) => length === VideoPicture.size)
    .map((payload) => VideoPicture.read(new DataView(payload.buffer)).width);
const changes = (lab: LabChannel) =>
  lab.told
    .filter(({ length }) => length === VideoChange.size)
    .map((payload) => VideoChange.read(new DataView(payload.buffer)));

describe("the screen's description", () => {
  test("the EDID has its signature, a sum of zero, and the preferred size", () => {
    const edid = screenEdid();
    expect(edid).toHaveLength(128);
    expect(hex(edid.slice(0, 8))).toBe("00ffffffffffff00");
    expect(edid.reduce((sum, byte) => sum + byte, 0) % 256).toBe(0);
    // First detailed timing: low bytes of the active pixels, then the upper four bits.
    const active = (at: number) => (edid[54 + at] ?? 0) | (((edid[54 + at + 2] ?? 0) & 0xf0) << 4);
    expect([active(2), active(5)]).toEqual([1024, 768]);
    expect(resolutions[preferredResolution]).toEqual({ width: 1024, height: 768 });
  });

  test("every size fits into video memory", () => {
    for (const { width, height } of resolutions)
      expect(width * height * 4).toBeLessThanOrEqual(videoMegabytes << 20);
  });
});

describe("a guest that sets up its screen", () => {
  test.each([videoVersions.v35, videoVersions.v32])("is told that version %i is spoken", (version) => {
    const video = openVideo();
    const lab = labChannel(video.owner);
    lab.open();
    lab.request({ payload: versionRequest(version) });
    expect(lab.sent.map(hex)).toEqual([`01000000${word(14)}02000000${word(14)}${word(version)}0101`]);
  });

  test("is refused a version nobody has heard of, and may ask for another", () => {
    const video = openVideo();
    const lab = labChannel(video.owner);
    lab.open();
    lab.request({ payload: versionRequest(0x0009_0004) });
    lab.request({ payload: versionRequest(videoVersions.v32) });
    expect(lab.sent.map((bytes) => bytes[20])).toEqual([0, 1]);
  });

  test("is told the sizes it can take", () => {
    const { lab } = screenAt("agreed");
    const ask = (most: number) =>
      lab.request({ payload: said(VideoMessage.resolutionRequest, Uint8Array.of(most)) });
    ask(64);
    ask(2);
    const [all, two] = lab.sent.map((bytes) => new DataView(bytes.buffer, VideoHeader.size));
    if (all === undefined || two === undefined) throw new Error("no answer");
    expect(VideoResolutions.read(all)).toMatchObject({ count: resolutions.length, preferred: 2 });
    expect(all.byteLength).toBe(VideoResolutions.size + resolutions.length * 4);
    expect(VideoResolutions.read(two)).toMatchObject({ count: 2, preferred: 1 });
  });

  test("is acknowledged with its own words, and asked for changes", () => {
    const { lab } = screenAt("agreed");
    lab.note(Uint8Array.of(1));
    lab.request({ payload: memoryAt(videoMemoryAt) });
    lab.request({ payload: situation() });
    expect(lab.sent.map((bytes) => [bytes[8], hex(bytes.slice(16))])).toEqual([
      [VideoMessage.vramLocationAck, "000000e000000000"],
      [VideoMessage.featureChange, "01010101"],
      [VideoMessage.situationAck, "0700000000000000"],
    ]);
    expect(pictures(lab)).toEqual([1024]);
  });
});

describe("what is drawn", () => {
  test("changes are told line by line, inside the picture", () => {
    const { lab } = screenAt("shown");
    const rectangles = [
      dirt([0, 16, 8, 32]),
      dirt([5, -20, 6, 4], [0, 760, 1024, 900]),
      dirt([0, 4, 8, 4]),
      dirt([0, 800, 8, 900]),
    ];
    for (const payload of rectangles) lab.request({ payload });
    const kind = VideoTell.change;
    expect(changes(lab)).toEqual([
      { kind, top: 16, bottom: 32 },
      { kind, top: 0, bottom: 768 },
    ]);
  });

  test("whoever looks makes the guest tell of changes, and nobody makes it stop", () => {
    const { lab } = screenAt("shown");
    lab.note(Uint8Array.of(1));
    lab.note(Uint8Array.of(0));
    expect(lab.sent.map((bytes) => hex(bytes.slice(16)))).toEqual(["01010101", "00010101"]);
  });

  test.each([
    ["switched off", { active: 0 }],
    ["of no lines", { height: 0 }],
    ["larger than memory", { width: 1920, height: 1200, pitch: 7680 }],
    ["behind the end of memory", { offset: (8 << 20) - 4096 }],
    ["with lines that overlap", { pitch: 4000 }],
    ["in another depth", { depth: 16 }],
    ["between two pixels", { offset: 2 }],
  ])("a picture %s is none", (_, more) => {
    const { lab } = screenAt("shown");
    lab.request({ payload: situation(more) });
    expect(pictures(lab)).toEqual([1024, 0]);
    lab.request({ payload: dirt([0, 0, 8, 8]) });
    expect(changes(lab)).toEqual([]);
  });

  test("video memory elsewhere shows nothing", () => {
    const { lab, video } = screenAt("agreed");
    lab.request({ payload: memoryAt(0xf800_0000) });
    lab.request({ payload: situation() });
    expect(pictures(lab)).toEqual([0]);
    expect(video.inspect()).toMatchObject({ memory: "wrong" });
  });

  test("a driver that goes leaves the screen dark", () => {
    const { lab, video } = screenAt("shown");
    lab.close();
    expect(video.inspect()).toMatchObject({ state: "closed" });
  });
});

describe("a saved screen", () => {
  test("is shown again when the channel opens, without a word to the guest", () => {
    const { video } = screenAt("shown");
    const restored = restoreVideo(structuredClone(video.save()));
    if (restored.kind === "refused") throw new Error(restored.text);
    const lab = labChannel(restored.video.owner);
    lab.open();
    expect(lab.sent).toEqual([]);
    expect(pictures(lab)).toEqual([1024]);
    lab.note(Uint8Array.of(1));
    expect(lab.sent.map((bytes) => bytes[8])).toEqual([VideoMessage.featureChange]);
  });

  test.each([
    null,
    {},
    { format: 2, screen: { kind: "closed" } },
    { format: 1, screen: { kind: "agreed", version: 1, memory: "right", picture: null } },
    {
      format: 1,
      screen: {
        kind: "agreed",
        version: videoVersions.v35,
        memory: "right",
        picture: { offset: 0, width: 4096, height: 4096, pitch: 16384 },
      },
    },
  ])("that cannot have been is refused: %j", (saved) => {
    const restored = restoreVideo(saved);
    expect(restored.kind).toBe("refused");
    if (restored.kind === "refused") expect(restored.text).toMatch(/^The screen cannot go on/);
  });
});
