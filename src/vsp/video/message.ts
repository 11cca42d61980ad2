import {
  VideoAck,
  VideoDirt,
  VideoFeatureChange,
  VideoHeader,
  VideoMessage,
  VideoPointerPosition,
  VideoRectangle,
  VideoResolution,
  VideoResolutionRequest,
  VideoResolutions,
  VideoSituation,
  VideoVersionRequest,
  VideoVersionResponse,
  VideoVramLocation,
} from "../../hvdef/index.ts";
import type { AnyBytes } from "../../support/index.ts";
import { screenEdid } from "./edid.ts";
import { preferredResolution, type Resolution } from "./offer.ts";

/** What a guest may say; numbers are what it wrote, of their field's size. */
export type GuestWord =
  | { readonly kind: "version"; readonly version: number }
  | { readonly kind: "resolutions"; readonly most: number }
  /** `null`: it gives the memory back. */
  | { readonly kind: "memory"; readonly context: bigint; readonly address: bigint | null }
  | { readonly kind: "situation"; readonly situation: VideoSituation }
  | { readonly kind: "changed"; readonly top: number; readonly bottom: number }
  | { readonly kind: "pointer"; readonly visible: boolean }
  | { readonly kind: "pointerShape" }
  /** Too short, or nothing that a guest says. */
  | { readonly kind: "strange" };

const strange: GuestWord = { kind: "strange" };

/** Reads a packet of the guest, of any length and contents. */
export function readGuestWord(packet: Uint8Array<ArrayBuffer>): GuestWord {
  if (packet.length < VideoHeader.size) return strange;
  const { message } = VideoHeader.read(viewOf(packet));
  const body = packet.subarray(VideoHeader.size);
  return readBody(message, body) ?? strange;
}

function readBody(message: number, body: Uint8Array<ArrayBuffer>): GuestWord | null {
  const view = viewOf(body);
  const has = (record: { readonly size: number }) => body.length >= record.size;
  switch (message) {
    case VideoMessage.versionRequest:
      return has(VideoVersionRequest) ? { kind: "version", ...VideoVersionRequest.read(view) } : null;
    case VideoMessage.resolutionRequest:
      return has(VideoResolutionRequest)
        ? { kind: "resolutions", ...VideoResolutionRequest.read(view) }
        : null;
    case VideoMessage.vramLocation: {
      if (!has(VideoVramLocation)) return null;
      const { context, specified, address } = VideoVramLocation.read(view);
      return { kind: "memory", context, address: specified === 0 ? null : address };
    }
    case VideoMessage.situation:
      return has(VideoSituation) ? { kind: "situation", situation: VideoSituation.read(view) } : null;
    case VideoMessage.dirt:
      return has(VideoDirt) ? readDirt(body) : null;
    case VideoMessage.pointerPosition: {
      if (!has(VideoPointerPosition)) return null;
      return { kind: "pointer", visible: VideoPointerPosition.read(view).visible !== 0 };
    }
    case VideoMessage.pointerShape:
      return { kind: "pointerShape" };
    default:
      return null;
  }
}

/** The lines that all rectangles touch; those that the packet leaves out, or that hold nothing, do not count. */
function readDirt(body: Uint8Array<ArrayBuffer>): GuestWord {
  const view = viewOf(body);
  const { count } = VideoDirt.read(view);
  const held = Math.floor((body.length - VideoDirt.size) / VideoRectangle.size);
  let top = Number.MAX_SAFE_INTEGER;
  let bottom = 0;
  for (let index = 0; index < Math.min(count, held); index++) {
    const at = VideoDirt.size + index * VideoRectangle.size;
    const upper = view.getInt32(at + VideoRectangle.at.top, true);
    const lower = view.getInt32(at + VideoRectangle.at.bottom, true);
    if (lower <= upper) continue;
    top = Math.min(top, Math.max(0, upper));
    bottom = Math.max(bottom, lower);
  }
  return { kind: "changed", top, bottom };
}

/** A message of the host. */
function message(kind: number, body: AnyBytes): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(VideoHeader.size + body.length);
  const length = body.length + 8;
  VideoHeader.write(new DataView(out.buffer), 0, { pipeType: 1, pipeLength: length, message: kind, length });
  out.set(body, VideoHeader.size);
  return out;
}

/** Answers a guest that asked for this version. */
export function versionAnswer(version: number, accepted: boolean): Uint8Array<ArrayBuffer> {
  const body = VideoVersionResponse.bytes({ version, accepted: accepted ? 1 : 0, outputs: 1 });
  return message(VideoMessage.versionResponse, body);
}

/** Acknowledges where video memory is. */
export function memoryAnswer(context: bigint): Uint8Array<ArrayBuffer> {
  return message(VideoMessage.vramLocationAck, VideoAck.bytes({ context }));
}

/** Acknowledges what is shown. */
export function situationAnswer(context: bigint): Uint8Array<ArrayBuffer> {
  return message(VideoMessage.situationAck, VideoAck.bytes({ context }));
}

/** The first of our sizes, as many as the guest can take, and the screen's EDID. */
export function resolutionAnswer(sizes: readonly Resolution[], most: number): Uint8Array<ArrayBuffer> {
  const told = sizes.slice(0, Math.max(1, most));
  const body = new Uint8Array(VideoResolutions.size + told.length * VideoResolution.size);
  const view = new DataView(body.buffer);
  const preferred = Math.min(preferredResolution, told.length - 1);
  VideoResolutions.write(view, 0, { edid: screenEdid(), count: told.length, preferred, standard: 0 });
  for (const [place, size] of told.entries())
    VideoResolution.write(view, VideoResolutions.size + place * VideoResolution.size, size);
  return message(VideoMessage.resolutionResponse, body);
}

/** Asks the guest to tell of changes, or not to. It tells of its pointer and of the situation in any case. */
export function featureRequest(dirt: boolean): Uint8Array<ArrayBuffer> {
  const body = VideoFeatureChange.bytes({
    dirt: dirt ? 1 : 0,
    pointerPosition: 1,
    pointerShape: 1,
    situation: 1,
  });
  return message(VideoMessage.featureChange, body);
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
