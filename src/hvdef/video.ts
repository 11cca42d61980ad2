import { type Infer, layout, packed, raw, u8, u16, u32, u64 } from "../support/index.ts";

/**
 * First 16 bytes of every message of the synthetic video device, both ways; in-band packets without completions.
 * All records are packed.
 * @video A
 */
export const VideoHeader = layout("VideoHeader", "le", 16, {
  pipeType: u32, // 1
  pipeLength: u32, // bytes behind this field
  message: u32, // VideoMessage
  length: u32, // the same number: it counts itself and `message`
});
export type VideoHeader = Infer<typeof VideoHeader>;

/** What a message is about; G: of the guest, H: of the host. @video A */
export const VideoMessage = {
  versionRequest: 1, // G
  versionResponse: 2, // H
  vramLocation: 3, // G
  vramLocationAck: 4, // H
  situation: 5, // G
  situationAck: 6, // H
  pointerPosition: 7, // G
  pointerShape: 8, // G
  featureChange: 9, // H
  dirt: 10, // G
  resolutionRequest: 13, // G
  resolutionResponse: 14, // H
} as const;

/** Versions of the protocol: minor in the upper half, major in the lower. */
export const videoVersions = { v32: 0x0002_0003, v35: 0x0005_0003 } as const;

/** A guest that is asked for a version says which. */
export const VideoVersionRequest = layout("VideoVersionRequest", "le", 4, { version: u32 });

export const VideoVersionResponse = layout("VideoVersionResponse", "le", 6, {
  version: u32,
  accepted: u8, // 0 or 1
  outputs: u8, // most screens
});

export const VideoVramLocation = layout("VideoVramLocation", "le", 17, {
  context: u64, // echoed
  specified: u8, // 0: the guest gives the memory back
  address: packed(u64),
});

/** Answers of the host that only repeat what the guest called its request. */
export const VideoAck = layout("VideoAck", "le", 8, { context: u64 });

/** One screen is all that we offer: what follows the first is not looked at. */
export const VideoSituation = layout("VideoSituation", "le", 27, {
  context: u64, // echoed
  outputs: u8, // 1
  active: u8,
  offset: packed(u32), // of the picture in video memory, bytes
  depth: u8, // bits per pixel
  width: packed(u32), // pixels
  height: packed(u32),
  pitch: packed(u32), // bytes from line to line; not always width * depth / 8
});
export type VideoSituation = Infer<typeof VideoSituation>;

/** The mouse pointer, which a guest draws itself or leaves to the host. */
export const VideoPointerPosition = layout("VideoPointerPosition", "le", 10, {
  visible: u8,
  output: u8,
  x: packed(u32), // signed
  y: packed(u32),
});

/** What the guest is to tell of from now on; each 0 or 1. */
export const VideoFeatureChange = layout("VideoFeatureChange", "le", 4, {
  dirt: u8,
  pointerPosition: u8,
  pointerShape: u8,
  situation: u8,
});

/** Followed by `count` {@link VideoRectangle}s. */
export const VideoDirt = layout("VideoDirt", "le", 2, { output: u8, count: u8 });

/** Pixels; the right and lower edges are outside. Any numbers the guest wrote. */
export const VideoRectangle = layout("VideoRectangle", "le", 16, {
  left: u32, // signed, all four
  top: u32,
  right: u32,
  bottom: u32,
});

export const VideoResolutionRequest = layout("VideoResolutionRequest", "le", 1, { most: u8 });

/** Followed by `count` {@link VideoResolution}s. */
export const VideoResolutions = layout("VideoResolutions", "le", 131, {
  edid: raw(128),
  count: u8, // 1 to 64
  preferred: u8, // index
  standard: u8, // 0
});

/** Pixels. */
export const VideoResolution = layout("VideoResolution", "le", 4, {
  width: packed(u16),
  height: packed(u16),
});

/** Video memory in MiB: what Hyper-V gives a machine, and what the emulated adapter has. */
export const videoMegabytes = 8;

/**
 * Where video memory lies, guest physical: fixed, as the emulated adapter's frame buffer, which is the same memory.
 * The firmware tells the guest's VMBus driver that it may use it.
 */
export const videoMemoryAt = 0xe000_0000;

/** Largest screen in either direction, pixels. Reason: beyond it no line list or canvas would be of any use in 8 MiB. */
export const videoEdge = 4096;

/**
 * What a provider tells its device beside the guest: a picture is shown from now on, in 32-bit pixels of video
 * memory, or none (`width` 0). In the `payload` of a `LinkKind.tell`.
 */
export const VideoPicture = layout("VideoPicture", "le", 20, {
  kind: u32, // VideoTell.picture
  offset: u32, // bytes; the provider has checked that all lines lie in video memory
  width: u32,
  height: u32,
  pitch: u32,
});
export type VideoPicture = Infer<typeof VideoPicture>;

/** Some of the picture changed: lines from `top` to before `bottom`, inside the picture. */
export const VideoChange = layout("VideoChange", "le", 12, {
  kind: u32, // VideoTell.change
  top: u32,
  bottom: u32,
});

/** Kinds of what a provider tells. */
export const VideoTell = { picture: 1, change: 2 } as const;

/** What is noted back: whether somebody looks (1) or nobody does (0), in one byte. */
export const videoNoteBytes = 1;
