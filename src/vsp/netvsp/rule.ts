import {
  NvspChannelType,
  NvspMessage,
  NvspRndis,
  NvspStatus,
  netLimits,
  RndisHeader,
  RndisMessage,
  RndisPacket,
  rndisBodyAt,
} from "../../hvdef/index.ts";
import {
  blankLarge,
  bytesOfMac,
  directFilter,
  isTagged,
  longestFrame,
  macHead,
  macTail,
  openSegmenter,
  parseMac,
  tagBytes,
} from "../../network/index.ts";
import { type Division, type PathRule, toParent } from "../../vmbus/index.ts";
import { statusAnswer } from "./negotiate.ts";
import { blankWishes, messageLength, readMessage } from "./send.ts";
import { readU32 } from "./words.ts";

/** The owner of a message at which the provider stops, and with it of all that follows. */
const stopsHere = -2;

const done = statusAnswer(NvspMessage.rndisPacketComplete, NvspStatus.success);

/** A path by the address at its end. */
interface Target {
  readonly path: number;
  readonly head: number;
  readonly tail: number;
}

/**
 * Divides what a guest sends as its provider would see it: a message takes a path when it holds one whole frame
 * without a tag, from the adapter's own address and for that at the end of the path. The provider gets all others, in
 * order, and everything from the first one on that makes no sense.
 *
 * @param from  the adapter's own address
 */
export function netPathRule(from: string): PathRule {
  const own = parseMac(from);
  const isOwn = own === null ? () => false : directFilter(own);
  const segmenter = openSegmenter();
  const large = blankLarge();
  const wishes = blankWishes();
  let targets: readonly Target[] = [];
  let ended = false;

  function ownerOf(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): number {
    const frame = readMessage(bytes, { at, length, wishes });
    if (frame < 0) return stopsHere;
    const frameLength = readU32(bytes, at + RndisPacket.at.dataLength);
    const { segmentBytes, tag } = wishes;
    if (segmentBytes > 0) {
      const send = { at: frame, length: frameLength, segmentBytes };
      // A second tag may hide what the provider looks for. Lengths are written into the frame, which must not be
      // what it asks for.
      if ((tag >= 0 && isTagged(bytes, frame)) || infoOverlaps(bytes, at)) return stopsHere;
      if (!segmenter.prepare(bytes, send, large)) return stopsHere;
    } else if (frameLength + (tag >= 0 ? tagBytes : 0) > longestFrame) return stopsHere;
    const seen = segmentBytes > 0 ? Math.min(frameLength, longestFrame - tagBytes) : frameLength;
    return tag < 0 && isOwn(bytes, frame, seen) ? pathTo(bytes, frame) : toParent;
  }
  function pathTo(bytes: Uint8Array, frame: number): number {
    const head = macHead(bytes, frame);
    const tail = macTail(bytes, frame);
    for (let place = 0; place < targets.length; place++) {
      const target = targets[place];
      if (target?.tail === tail && target.head === head) return target.path;
    }
    return toParent;
  }

  return {
    answer: done,
    add(path, to) {
      const mac = parseMac(to);
      if (mac === null) return;
      const bytes = bytesOfMac(mac);
      targets = [...targets, { path, head: macHead(bytes, 0), tail: macTail(bytes, 0) }];
    },
    remove(path) {
      targets = targets.filter((target) => target.path !== path);
    },
    concerns(payload) {
      const type = payload.length < NvspRndis.size ? 0 : readU32(payload, NvspRndis.at.type);
      if (type === NvspMessage.revokeReceiveBuffer) ended = true;
      if (ended || type !== NvspMessage.rndisPacket) return false;
      return readU32(payload, NvspRndis.at.channelType) === NvspChannelType.data;
    },
    notice(bytes, at, length) {
      if (length >= RndisHeader.size && readU32(bytes, at) === RndisMessage.halt) ended = true;
    },
    divide(bytes, at, length, division) {
      division.count = 0;
      const end = at + length;
      let place = at;
      for (let taken = 0; taken < netLimits.packetsPerTransfer; taken++) {
        if (place + RndisHeader.size > end) return;
        const size = messageLength(bytes, place, end);
        const owner = size === 0 ? stopsHere : ownerOf(bytes, place, size);
        if (owner === stopsHere) {
          add(division, { owner: toParent, at: place, length: end - place });
          return;
        }
        add(division, { owner, at: place, length: size });
        place += size;
      }
    },
  };
}

function add(
  division: Division,
  piece: { readonly owner: number; readonly at: number; readonly length: number },
): void {
  division.owners[division.count] = piece.owner;
  division.ats[division.count] = piece.at;
  division.lengths[division.count] = piece.length;
  division.count++;
}

/** Whether what a message asks for lies where its frame is. */
function infoOverlaps(bytes: Uint8Array, at: number): boolean {
  const length = readU32(bytes, at + RndisPacket.at.infoLength);
  const start = rndisBodyAt + readU32(bytes, at + RndisPacket.at.infoOffset);
  const frame = rndisBodyAt + readU32(bytes, at + RndisPacket.at.dataOffset);
  const frameLength = readU32(bytes, at + RndisPacket.at.dataLength);
  return length > 0 && start < frame + frameLength && frame < start + length;
}
