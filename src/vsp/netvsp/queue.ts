import { nvspVersion61, type PathTraffic, type QueueSetup } from "../../hvdef/index.ts";
import {
  blankHeaders,
  blankLarge,
  bytesOfMac,
  bytesWhenCut,
  type FrameSource,
  isSoundLarge,
  isTagged,
  longestFrame,
  macBytes,
  openSegmenter,
  parseMac,
  shortestFrame,
  tagBytes,
} from "../../network/index.ts";
import type { QueueChannel, QueueProgram } from "../../vmbus/index.ts";
import { freshCounters } from "./inspect.ts";
import { deliverLarge, takesLarge } from "./large.ts";
import { partsNotes, trafficNote } from "./notes.ts";
import { openParts, type Parts } from "./parts.ts";
import { deliverFrame, packetTaken } from "./receive.ts";
import { openSender, type Sender } from "./send.ts";
import type { NetAdapter, Receiver } from "./session.ts";

/** What came out of one path since the last report. */
interface Tally {
  readonly sender: Sender;
  readonly counts: { frames: number; bytes: number; lost: number };
}

/**
 * The program of a queue: takes what a guest sent, as its provider would, and gives the frames to the guest beside
 * it, into parts of the receive buffer that the provider has lent.
 */
export function netQueue(setup: QueueSetup): (channel: QueueChannel) => QueueProgram {
  return (channel) => openQueue(setup, channel);
}

function openQueue(setup: QueueSetup, channel: QueueChannel): QueueProgram {
  const adapter = adapterOf(setup);
  const parts = partsOf(setup.parts);
  const receiver = receiverOf(setup, { adapter, parts, channel });
  const tallies = new Map<number, Tally>();
  let open = true;

  function giveBack(): void {
    for (const note of partsNotes(setup.queue, parts.lend(parts.count))) channel.note(note);
  }
  return {
    join(path, from, to) {
      const counts = { frames: 0, bytes: 0, lost: 0 };
      const isOurs = addressFilter(from, to);
      const port: FrameSource = {
        send(bytes, at, length) {
          // Nobody but the provider of that address lets frames in; this is a second look.
          if (!isWhole(length) || !isOurs(bytes, at)) return;
          count(counts, deliverFrame(receiver, bytes, { at, length }), { frames: 1, bytes: length });
        },
        sendLarge(bytes, at, length, large) {
          if (!isSoundLarge({ bytes, at, length }, large) || !isOurs(bytes, at)) return false;
          if (!takesLarge(receiver, large)) return false;
          const moved = { frames: large.frames, bytes: bytesWhenCut(large) };
          count(counts, deliverLarge(receiver, bytes, { at, length, large }), moved);
          return true;
        },
      };
      tallies.set(path, { counts, sender: openSender({ ...adapter, headers: blankHeaders(), port }) });
    },
    leave(path) {
      const tally = tallies.get(path);
      tallies.delete(path);
      return tally === undefined ? noTraffic : tally.counts;
    },
    arrived(path, bytes, lost) {
      const tally = tallies.get(path);
      if (tally === undefined || !open) return;
      tally.counts.lost += lost;
      tally.sender.transfer(bytes);
    },
    taken(transactionId, lost) {
      packetTaken(receiver, transactionId, lost);
      if (!open) giveBack();
    },
    report() {
      for (const [path, { counts }] of tallies) {
        if (counts.frames === 0 && counts.lost === 0) continue;
        channel.note(trafficNote(path, counts));
        counts.frames = 0;
        counts.bytes = 0;
        counts.lost = 0;
      }
    },
    closed() {
      open = false;
      receiver.packet = null;
      giveBack();
    },
  };
}

const noTraffic: PathTraffic = { frames: 0, bytes: 0, lost: 0 };

function adapterOf({ mac, offloads }: QueueSetup): NetAdapter {
  const permanent = parseMac(mac);
  if (permanent === null) throw new Error("a queue without an address");
  return {
    facts: { permanent, name: "", mtu: 0, mayChangeMac: false, offloads },
    counters: freshCounters(),
    segmenter: openSegmenter(),
    headers: blankHeaders(),
    large: blankLarge(),
    port: null,
    enabled: true,
    held: false,
  };
}

/** The parts that were lent; all others are out of use. */
function partsOf(lent: Uint32Array<ArrayBuffer>): Parts {
  const ours = new Set(lent);
  const count = lent.reduce((most, part) => Math.max(most, part + 1), 0);
  const others = Array.from({ length: count }, (_, part) => part).filter((part) => !ours.has(part));
  return openParts(count, { held: others, packets: [] });
}

function receiverOf(
  setup: QueueSetup,
  around: { readonly adapter: NetAdapter; readonly parts: Parts; readonly channel: QueueChannel },
): Receiver {
  const { buffer, partBytes, filter, multicast, wholeIpv4, wholeIpv6 } = setup;
  const { adapter, parts, channel } = around;
  const mac = adapter.facts.permanent;
  const macs = multicast.flatMap((text) => parseMac(text) ?? []);
  return {
    adapter,
    channel,
    negotiation: {
      kind: "agreed",
      version: nvspVersion61,
      frameBytes: partBytes,
      coalesces: wholeIpv4 || wholeIpv6,
      receive: { gpadl: 0, id: buffer, partBytes, parts: parts.count },
      send: null,
    },
    state: { running: true, filter, mac, multicast: macs, wholeIpv4, wholeIpv6 },
    mac: bytesOfMac(mac),
    parts,
    partBytes,
    packet: null,
    packetFirst: 0,
    largeNumber: 0,
    owed: [],
  };
}

/** Whether a frame without a tag is from the one and for the other; it has a header. */
function addressFilter(from: string, to: string): (bytes: Uint8Array, at: number) => boolean {
  const source = parseMac(from);
  const target = parseMac(to);
  if (source === null || target === null) return () => false;
  const wanted = new Uint8Array(2 * macBytes);
  wanted.set(bytesOfMac(target));
  wanted.set(bytesOfMac(source), macBytes);
  return (bytes, at) => {
    for (let place = 0; place < wanted.length; place++) {
      if (bytes[at + place] !== wanted[place]) return false;
    }
    return !isTagged(bytes, at);
  };
}

function isWhole(length: number): boolean {
  return length >= shortestFrame && length <= longestFrame - tagBytes;
}

function count(
  counts: Tally["counts"],
  given: boolean,
  moved: { readonly frames: number; readonly bytes: number },
): void {
  if (!given) {
    counts.lost += moved.frames;
    return;
  }
  counts.frames += moved.frames;
  counts.bytes += moved.bytes;
}
