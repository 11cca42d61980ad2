import {
  type ChannelId,
  type GpadlId,
  type GuestMemory,
  socketWindow,
  socketWindowPackets,
  type TraceSink,
} from "../../hvdef/index.ts";
import type { Gpadl } from "../bus/gpadl.ts";
import type { FrameLines } from "../frames.ts";
import type { Link, RecordHead } from "../link.ts";
import type { RingReader } from "../ring/reader.ts";
import type { OutgoingPacket, RingWriter } from "../ring/writer.ts";
import type { Division, PathRule, QueueChannel, QueueProgram } from "../straight.ts";
import type { GuestBuffer } from "./guest-buffer.ts";
import type { PageList } from "./page-list.ts";

/** What a gather rule may say besides the direction. One object for all packets, blank before each. */
export interface GatherPlan {
  /** `toHost`: a named buffer of the channel whose bytes come before those of the pages; -1: none. */
  buffer: number;
  /** Where in the buffer, in its sections. Any number the guest wrote. */
  section: number;
  /** How many bytes, at most one section. Any number the guest wrote. */
  length: number;
  /** `none`: handle of a page list whose size becomes the request's `dataRoom`; -1: none. */
  list: number;
}

/**
 * Says which way the pages of one packet flow, from its payload as in the ring. Pure, and quick: it runs
 * once per packet. The payload is the guest's word and may have any length.
 */
export type GatherRule = (
  payload: Uint8Array<ArrayBuffer>,
  plan: GatherPlan,
) => "toHost" | "toGuest" | "none";

/**
 * Fills in what only this side knows, in place, in a packet of the host that is no answer, as it goes to the guest's
 * ring. Quick: it runs once per packet.
 */
export type StampRule = (payload: Uint8Array<ArrayBuffer>) => void;

/** What stands for a device beside the guest, where its memory is. Called between slices and while a guest opens or closes. */
export interface DeviceBeside {
  /** The guest opened the channel. @param note  word to the channel's owner; after `closed` it does nothing */
  opened(note: (payload: Uint8Array) => void): void;
  /** Word of the channel's owner, valid during the call. */
  told(payload: Uint8Array<ArrayBuffer>): void;
  closed(): void;
}

/** What is particular to the device of a channel. */
export interface LaneRules {
  readonly gather: GatherRule;
  readonly stamp?: StampRule | null;
  readonly beside?: DeviceBeside | null;
}

/** How much one channel may have under way. Beyond it the relay leaves packets in the guest's ring. */
export interface RelayLimits {
  /** Packets taken per channel and turn, so that one guest program cannot hold a turn for ever. */
  readonly packetsPerTurn: number;
  /** Requests without an answer, and as many packets the parent has not taken. */
  readonly transactions: number;
  /** Bytes these requests carry or will be answered with. One request may exceed it. */
  readonly bytes: number;
  /** Host packets that are no answers and wait for room in the guest's ring; further ones are dropped. */
  readonly waitingSends: number;
}

/** Limits for every channel. Reason: a storvsc ring holds 316 requests; 16 MiB keep any disk busy. */
export const usualRelayLimits: RelayLimits = {
  packetsPerTurn: 256,
  transactions: 512,
  bytes: 16 << 20,
  waitingSends: 256,
};

/**
 * The same for the connection of a socket: what its reader does not take stays in the guest. Its own packets that wait
 * for room must never hold what comes from the guest, which may have to be taken before there is room.
 */
export const socketRelayLimits: RelayLimits = {
  packetsPerTurn: 256,
  transactions: 2 * socketWindowPackets,
  bytes: socketWindow,
  waitingSends: socketWindowPackets,
};

/** A request the guest waits for. */
export interface Transaction {
  /** Where the answer's data goes; `null` when none may come back. */
  readonly list: PageList | null;
  readonly bytes: number;
}

/** What happened on a channel since it was opened. */
export interface LaneCounters {
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  doorbells: number;
  interrupts: number;
  /** Packets we refused: unknown type, number in use, too long. */
  refused: number;
  /** Packets with a page list that lies, or a place outside their buffer. */
  badLists: number;
  /** Host packets that found no room. */
  dropped: number;
  /** Packets that went past the parent, and those that came so. */
  straight: number;
}

/** One open channel: its rings, and what is under way. */
export interface Lane {
  readonly channel: ChannelId;
  /** Number of this opening; records of an earlier one are ignored. */
  readonly generation: number;
  readonly reader: RingReader;
  readonly writer: RingWriter;
  readonly ringBytesIn: number;
  readonly ringBytesOut: number;
  readonly gather: GatherRule;
  readonly stamp: StampRule | null;
  readonly limits: RelayLimits;
  /** A socket's: the parent is told of the packets that are in the guest's ring. */
  readonly socket: boolean;
  /** Such packets since the parent was last told, and their bytes. */
  unsaid: number;
  unsaidBytes: number;
  readonly beside: DeviceBeside | null;
  readonly transactions: Map<number | bigint, Transaction>;
  heldBytes: number;
  /** Buffers in guest memory, by the parent's name for them. */
  readonly buffers: Map<number, GuestBuffer>;
  /** Transfers the guest has not completed. */
  readonly transfers: Set<number>;
  /** The same of queues: who wants to hear of it. */
  readonly queued: Map<number, QueueProgram["taken"]>;
  /** Ways past the parent for what the guest sends. */
  paths: LanePaths | null;
  /** Packets without answer that the parent has not taken yet, and their bytes. */
  uncredited: number;
  uncreditedBytes: number;
  /** Packets that wait for room in the host-to-guest ring. Order is kept. */
  waiting: OutgoingPacket[];
  waitingSends: number;
  /** On the relay's list of lanes to look at each turn. */
  active: boolean;
  /** The guest's ring made no sense: nothing is read any more. */
  stopped: boolean;
  /** Detached. */
  closed: boolean;
  /** Something was written since the guest was last interrupted. */
  unsignalled: boolean;
  readonly counters: LaneCounters;
}

/** The end of a path where frames go in. */
export interface Departure {
  readonly path: number;
  readonly lane: Lane;
  readonly link: Link;
  /** Bytes that went in, and that the other end has taken. */
  sent: number;
  taken: number;
  /** Messages lost since the last record. */
  untold: number;
}

/** What leads away from one lane. */
export interface LanePaths {
  readonly rule: PathRule;
  readonly division: Division;
  readonly departures: Map<number, Departure>;
  /** Took the last bytes and will likely take the next: they are gathered into its batch. */
  likely: Departure;
  /** Before a path is used, what the guest sent by the parent has arrived there: nothing overtakes it. */
  settling: boolean;
}

/** The answer to a packet that went straight: given when the other end has taken it, at the latest after some turns. */
export interface OwedAnswer {
  readonly lane: Lane;
  readonly low: number;
  readonly high: number;
  readonly answer: Uint8Array<ArrayBuffer>;
  readonly departure: Departure;
  /** What the departure has taken then. */
  readonly taken: number;
  /** The turn in which the packet came. */
  readonly turn: number;
}

/** A queue of a lane, and what its program does at the moment. */
export interface Queue {
  readonly lane: Lane;
  readonly program: QueueProgram;
  readonly channel: SettlingChannel;
}

/** The end of a path where frames come out, into a queue. */
export interface Arrival {
  readonly path: number;
  readonly queue: Queue;
  readonly link: Link;
}

/** A queue's end of its channel. */
export interface SettlingChannel extends QueueChannel {
  /** Gives the guest the packet that still grows. */
  settle(): void;
}

/** What waits for the answer of an emulated device's request. The bytes are valid during the call. */
export type InternalCompletion = (payload: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>) => void;

/** An open internal channel. */
export interface InternalLane {
  readonly generation: number;
  readonly waiting: Map<number, InternalCompletion>;
  /** Takes the parent's messages, valid during the call; `null`: nobody does. */
  readonly arrived: ((payload: Uint8Array<ArrayBuffer>) => void) | null;
  nextTransaction: number;
}

/** Everything a relay knows. Belongs to `openRelay`; the functions beside it act on it. */
export interface RelayState {
  readonly memory: GuestMemory;
  readonly link: Link;
  readonly signal: (channel: ChannelId) => void;
  readonly pageList: (channel: ChannelId, handle: GpadlId) => Gpadl | undefined;
  readonly limits: RelayLimits;
  readonly trace: TraceSink;
  readonly lanes: Map<number, Lane>;
  readonly internal: Map<number, InternalLane>;
  /** Internal channels that carry frames; each has an internal lane as well. */
  readonly frames: FrameLines;
  /** Called when records arrived. */
  readonly wake: () => void;
  /** Queues, and ends of paths, by their numbers. */
  readonly queues: Map<number, Queue>;
  readonly arrivals: Map<number, Arrival>;
  readonly departures: Map<number, Departure>;
  /** In the order in which the packets came. */
  owed: OwedAnswer[];
  /** Grows with every `deliver`. */
  turn: number;
  /** Ranges of queues' transfers that do not lie in one piece in guest memory are written here first. */
  readonly beside: Uint8Array<ArrayBuffer>;
  active: Lane[];
  unsignalled: Lane[];
  /** Sockets with packets that the parent is to be told of. */
  unsaid: Lane[];
  /** One packet at a time is copied here, for all lanes. */
  readonly scratch: ArrayBuffer;
  readonly head: RecordHead;
  readonly packet: OutgoingPacket;
  readonly plan: GatherPlan;
  /** Extended headers of transfers are built here. */
  readonly transferHeader: DataView<ArrayBuffer>;
  /** Nothing is taken from the guest's rings. */
  held: boolean;
  /** Records that matched nothing: answers to an earlier opening, or to no request. */
  stale: number;
}

/** Key of a transaction: a number where it fits, so that the usual small ids cost no bigint. */
export function transactionKey(low: number, high: number): number | bigint {
  return high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** Puts the lane on the list of those to look at. */
export function activate(relay: RelayState, lane: Lane): void {
  if (lane.active || lane.closed) return;
  lane.active = true;
  relay.active.push(lane);
}

/** Whether the lane has so much under way that the guest must wait. */
export function isHeld(lane: Lane): boolean {
  const { limits } = lane;
  return (
    lane.transactions.size + lane.waiting.length >= limits.transactions ||
    lane.uncredited >= limits.transactions ||
    lane.heldBytes + lane.uncreditedBytes >= limits.bytes
  );
}
