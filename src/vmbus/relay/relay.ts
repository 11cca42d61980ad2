import {
  type ChannelId,
  type GpadlId,
  type GuestMemory,
  noTrace,
  PacketType,
  type SavedValue,
  type TraceSink,
  TransferPages,
  TransferRange,
  transferBytes,
  transferRanges,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { Gpadl } from "../bus/gpadl.ts";
import type { ChannelOpening } from "../bus/offer.ts";
import { childFrames, type FrameLine, type FrameListener, openFrameLines } from "../frames.ts";
import { blankHead, type Link } from "../link.ts";
import { packetLimit } from "../ring/reader.ts";
import type { StraightWays } from "../straight.ts";
import {
  attachLane,
  closeInternalLane,
  detachLane,
  type InternalRequest,
  openInternalLane,
  sendInternal,
} from "./attach.ts";
import { deliverRecords } from "./deliver.ts";
import { drainLanes } from "./drain.ts";
import { inspectRelay } from "./inspect.ts";
import { activate, type LaneRules, type RelayLimits, type RelayState, usualRelayLimits } from "./lane.ts";
import { signalWritten, tellWritten } from "./outgoing.ts";
import { closeDeparture, flushDepartures, openDeparture, payAnswers, takeCredit } from "./path-out.ts";
import { closeQueue, deliverStraight, joinPath, leavePath, openQueue } from "./queue.ts";
import { holdRelay, isQuiet, resumeLanes, saveLanes } from "./saved.ts";

/** What a relay stands on. */
export interface RelayOptions {
  readonly memory: GuestMemory;
  /** The relay takes the link's arrivals. */
  readonly link: Link;
  /** Interrupts the guest for a channel: the bus knows how. */
  readonly signal: (channel: ChannelId) => void;
  /** A page list of the guest, asked for at every use; without it there are none. */
  readonly pageList?: (channel: ChannelId, handle: GpadlId) => Gpadl | undefined;
  /** Called when records arrived, so that an idle run loop wakes and calls `deliver`. */
  readonly wake: () => void;
  readonly limits?: RelayLimits;
  /** Hears of packets and events of channels. */
  readonly trace?: TraceSink;
}

/** An emulated device's line to the parent: records without a ring. */
export interface InternalChannel {
  /**
   * Sends one request with the next `drain`.
   * @returns `false` when too many are out: ask again when one was answered
   */
  request(request: InternalRequest): boolean;
  /** Answers that are still out are dropped. */
  close(): void;
}

/**
 * Carries packets between the guest's rings and the link. The run loop calls `deliver` before each slice
 * of the guest and `drain` after it, and before it goes to sleep.
 */
export interface Relay {
  /** Serves an open channel's rings. `false`: the rings make no sense and the guest's open should fail. */
  attach(opening: ChannelOpening, rules: LaneRules): boolean;
  /** Stops at once: neither the rings nor pages of requests under way are touched again. */
  detach(channel: ChannelId): void;
  /** The guest rang; the rings are looked at by the next `drain`. */
  doorbell(channel: ChannelId): void;
  /**
   * Takes what guests have written and sends one batch.
   * @returns whether more waits already, here or for the guest: do not sleep before the next call
   */
  drain(): boolean;
  /** Whether somebody owes an answer: a guest that halts now will not stay halted for long. */
  awaitsAnswer(): boolean;
  /** Does what the parent answered. @returns whether anything had arrived */
  deliver(): boolean;
  /**
   * Opens a line for an emulated device, `firstInternalChannel` or above.
   * @param arrived  takes the parent's messages, within `deliver`; valid during the call
   */
  openInternal(channel: number, arrived?: (payload: Uint8Array<ArrayBuffer>) => void): InternalChannel;
  /**
   * Opens a line for an emulated network adapter, likewise. What is sent leaves with the next `drain`.
   * @param arrived  called by `deliver`; each frame must be `taken`, at once or later
   */
  openFrames(channel: number, arrived: FrameListener): FrameLine;
  /** Ways past the parent. */
  readonly straight: StraightWays;
  /** From now on nothing is taken from the guest's rings, and ways past the parent are closed. */
  hold(): void;
  /** Rings are read again. */
  goOn(): void;
  /** Whether everything that was asked is answered. Until it is, call `deliver` and `drain` and ask again. */
  isQuiet(): boolean;
  /** What a saved machine keeps of it, once it is quiet. */
  save(): SavedValue;
  /**
   * Takes over what was saved, once the channels are open again.
   * @param saved  from `save`, by whatever way it came: it may be anything
   * @returns `null`, or why it cannot be, for a person
   */
  resume(saved: unknown): string | null;
  inspect(): InspectNode;
}

/** Opens a relay without channels. */
export function openRelay(options: RelayOptions): Relay {
  const { memory, link, signal, wake, limits = usualRelayLimits, trace = noTrace } = options;
  const relay: RelayState = {
    memory,
    link,
    signal,
    pageList: options.pageList ?? (() => undefined),
    limits,
    trace,
    lanes: new Map(),
    internal: new Map(),
    frames: openFrameLines(link, childFrames),
    wake,
    queues: new Map(),
    arrivals: new Map(),
    departures: new Map(),
    owed: [],
    turn: 0,
    beside: new Uint8Array(transferBytes),
    active: [],
    unsignalled: [],
    unsaid: [],
    scratch: new ArrayBuffer(packetLimit),
    head: blankHead(),
    packet: { type: PacketType.inBand, transactionLow: 0, transactionHigh: 0, payload: new Uint8Array(0) },
    plan: { buffer: -1, section: 0, length: 0, list: -1 },
    transferHeader: new DataView(new ArrayBuffer(TransferPages.size + transferRanges * TransferRange.size)),
    held: false,
    stale: 0,
  };
  link.receive(wake);
  return {
    attach: (opening, rules) => attachLane(relay, opening, rules),
    detach: (channel) => detachLane(relay, channel),
    doorbell(channel) {
      const lane = relay.lanes.get(channel);
      if (lane === undefined) return;
      lane.counters.doorbells++;
      activate(relay, lane);
    },
    drain() {
      const more = drainLanes(relay);
      relay.frames.tellTaken();
      tellWritten(relay);
      flushDepartures(relay);
      link.flush();
      return more;
    },
    awaitsAnswer() {
      if (relay.owed.length > 0) return true;
      for (const lane of relay.lanes.values()) if (lane.transactions.size > 0) return true;
      for (const lane of relay.internal.values()) if (lane.waiting.size > 0) return true;
      return false;
    },
    deliver() {
      // First what came by the parent: of what took both ways it was sent first.
      const any = deliverRecords(relay);
      relay.turn++;
      takeCredit(relay);
      const paid = payAnswers(relay);
      const came = deliverStraight(relay);
      signalWritten(relay);
      return any || paid || came;
    },
    openInternal(channel, arrived) {
      const { generation } = openInternalLane(relay, channel, arrived);
      const isOurs = () => relay.internal.get(channel)?.generation === generation;
      return {
        request: (request) => isOurs() && sendInternal(relay, channel, request),
        close() {
          if (isOurs()) closeInternalLane(relay, channel);
        },
      };
    },
    openFrames(channel, arrived) {
      const { generation } = openInternalLane(relay, channel);
      const line = relay.frames.open(channel, generation, arrived);
      return {
        ...line,
        close() {
          if (relay.internal.get(channel)?.generation !== generation) return;
          line.close();
          closeInternalLane(relay, channel);
        },
      };
    },
    straight: openWays(relay),
    hold: () => holdRelay(relay),
    goOn() {
      relay.held = false;
    },
    isQuiet: () => isQuiet(relay),
    save: () => saveLanes(relay),
    resume: (saved) => resumeLanes(relay, saved),
    inspect: () => inspectRelay(relay),
  };
}

/** What is told to the parent leaves at once: a machine that is paused has no turns. */
function openWays(relay: RelayState): StraightWays {
  return {
    openQueue: (place, program) => openQueue(relay, place, program),
    closeQueue(queue) {
      closeQueue(relay, queue);
      relay.link.flush();
    },
    joinPath: (end, carrier) => joinPath(relay, end, carrier),
    leavePath: (path) => leavePath(relay, path),
    openPath: (start, carrier, rule) => openDeparture(relay, start, { carrier, rule }),
    closePath: (path) => closeDeparture(relay, path),
    report() {
      for (const { program } of relay.queues.values()) program.report();
    },
  };
}
