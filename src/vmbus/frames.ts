import { LinkKind, LinkRecord, roundUp8 } from "../hvdef/index.ts";
import { copyBytes, type InspectNode } from "../support/index.ts";
import { type ArrivedRecord, blankHead, type Link } from "./link.ts";

/**
 * Hears of a frame that arrived: bytes `at` to `at + length` of a buffer that is not the listener's, valid
 * during the call.
 */
export type FrameListener = (bytes: Uint8Array<ArrayBuffer>, at: number, length: number) => void;

/**
 * Most bytes of frames that may be under way to the other side of one channel; what is sent beyond them is
 * lost. Reason: 160 full frames, more than an emulated card takes in a tenth of a second.
 */
export const frameWindow = 256 << 10;

/** What a frame of that many bytes takes of the window: small frames cost memory too. */
export function frameCost(length: number): number {
  return LinkRecord.size + roundUp8(length);
}

/** One end of a channel that carries frames: records that nobody answers, lost when there is no room. */
export interface FrameLine {
  /**
   * Copies a frame of at most `maxTransfer` bytes into the outgoing batch.
   * @returns `false` when the other side is behind or the channel is closed: the frame is lost
   */
  send(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean;
  /** An arrived frame of that length is out of the way: the other side may send others. */
  taken(length: number): void;
  /** What is under way is lost. */
  close(): void;
  inspect(): InspectNode;
}

/** The open frame channels of one end of a link. */
export interface FrameLines {
  /**
   * @param generation  number of this opening; records of another one are dropped
   * @param arrived     must lead to one `taken` for each frame, at once or later
   */
  open(channel: number, generation: number, arrived: FrameListener): FrameLine;
  /** Does what a record says. @returns `false` when it is none of ours */
  visit(record: ArrivedRecord): boolean;
  /** Writes what was taken into the outgoing batch, once for each channel. */
  tellTaken(): void;
}

/** Which record kinds an end writes and reads. */
export interface FrameKinds {
  readonly frameTo: number;
  readonly takenTo: number;
  readonly frameFrom: number;
  readonly takenFrom: number;
}

/** The kinds of the end beside the guest. */
export const childFrames: FrameKinds = {
  frameTo: LinkKind.frameOut,
  takenTo: LinkKind.frameInTaken,
  frameFrom: LinkKind.frameIn,
  takenFrom: LinkKind.frameOutTaken,
};

/** The kinds of the parent's end. */
export const parentFrames: FrameKinds = {
  frameTo: LinkKind.frameIn,
  takenTo: LinkKind.frameOutTaken,
  frameFrom: LinkKind.frameOut,
  takenFrom: LinkKind.frameInTaken,
};

interface Lane {
  readonly generation: number;
  readonly arrived: FrameListener;
  /** Cost of the frames that the other side has not taken. */
  underWay: number;
  /** Cost of the frames taken here that the other side has not heard of. */
  untold: number;
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
  dropped: number;
  stale: number;
}

/** Opens one end without channels. The link is the caller's, and so is flushing it. */
export function openFrameLines(link: Link, kinds: FrameKinds): FrameLines {
  const lanes = new Map<number, Lane>();
  const head = blankHead();

  function send(channel: number, lane: Lane, frame: FrameBytes): boolean {
    const { length } = frame;
    const cost = frameCost(length);
    if (lanes.get(channel) !== lane || lane.underWay + cost > frameWindow) {
      lane.dropped++;
      return false;
    }
    head.channel = channel;
    head.kind = kinds.frameTo;
    head.transactionLow = 0;
    head.dataLength = length;
    head.dataRoom = lane.generation;
    const place = link.reserve(head);
    copyBytes(place.bytes, place.dataAt, frame.bytes, frame.at, length);
    link.commit(length);
    lane.underWay += cost;
    lane.framesOut++;
    lane.bytesOut += length;
    return true;
  }

  return {
    open(channel, generation, arrived) {
      const lane = freshLane(generation, arrived);
      const frame: FrameBytes = { bytes: new Uint8Array(0), at: 0, length: 0 };
      lanes.set(channel, lane);
      return {
        send(bytes, at, length) {
          frame.bytes = bytes;
          frame.at = at;
          frame.length = length;
          return send(channel, lane, frame);
        },
        taken(length) {
          lane.untold += frameCost(length);
        },
        close() {
          if (lanes.get(channel) === lane) lanes.delete(channel);
        },
        inspect: () => inspectLane(lane),
      };
    },
    visit(record) {
      if (record.kind !== kinds.frameFrom && record.kind !== kinds.takenFrom) return false;
      const lane = lanes.get(record.channel);
      if (lane === undefined) return false;
      if (record.dataRoom !== lane.generation) {
        lane.stale++;
      } else if (record.kind === kinds.takenFrom) {
        lane.underWay = Math.max(0, lane.underWay - record.transactionLow);
      } else {
        lane.framesIn++;
        lane.bytesIn += record.dataLength;
        lane.arrived(record.bytes, record.dataAt, record.dataLength);
      }
      return true;
    },
    tellTaken() {
      for (const [channel, lane] of lanes) {
        if (lane.untold === 0) continue;
        head.channel = channel;
        head.kind = kinds.takenTo;
        head.transactionLow = lane.untold;
        head.dataLength = 0;
        head.dataRoom = lane.generation;
        link.reserve(head);
        link.commit(0);
        lane.untold = 0;
      }
    },
  };
}

/** Where a frame lies. One mutable object per channel: nothing is allocated per frame. */
interface FrameBytes {
  bytes: Uint8Array<ArrayBuffer>;
  at: number;
  length: number;
}

function freshLane(generation: number, arrived: FrameListener): Lane {
  const counters = { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0, dropped: 0, stale: 0 };
  return { generation, arrived, underWay: 0, untold: 0, ...counters };
}

function inspectLane(lane: Lane): InspectNode {
  const { framesIn, framesOut, bytesIn, bytesOut, dropped, stale, underWay } = lane;
  return { framesIn, framesOut, bytesIn, bytesOut, dropped, stale, underWay };
}
