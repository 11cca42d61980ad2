import {
  StorNtStatus,
  StorOperation,
  StorSrbPacket,
  StorVersion,
  storPacketBytes,
} from "../../hvdef/index.ts";
import type { ScsiUnit } from "../../storage/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { Channel, ChannelHandlers, ChannelOwner, ChannelRequest } from "../../vmbus/index.ts";
import { freshCounters, storTree } from "./inspect.ts";
import { stepNegotiation, storEvent } from "./negotiate.ts";
import { noticePacket, plainReply, propertiesReply, readU32 } from "./reply.ts";
import type { StorController, StorSession } from "./session.ts";
import { abortWaiting, answerSrb, runSrb } from "./srb.ts";
import type { StorState, StorvspState } from "./state.ts";
import { openWaiting } from "./waiting.ts";

/** The provider of one controller: give it to its channel, ask it what it does. */
export type Storvsp = ChannelOwner & {
  inspect(): InspectNode;
  /** What a saved machine keeps of it. */
  save(): StorvspState;
};

/** How a controller is served. */
export interface StorvspOptions {
  /** The other side is our own emulated controller: it sends SCSI requests at once, without negotiation. */
  readonly negotiated?: boolean;
}

/**
 * Serves a SCSI controller to a guest's storvsc. Owns neither the disks nor the channel. Called again for
 * every opening, of which at most one is alive; counters go on over all of them.
 *
 * Every request that wants a completion gets exactly one, unless the channel closes first. Requests are
 * carried out as they come; only one whose range must still be fetched is answered later.
 */
export function storvsp(controller: StorController, options: StorvspOptions = {}): Storvsp {
  const counters = freshCounters();
  const waiting = openWaiting();
  const first: StorState = options.negotiated
    ? { kind: "ready", version: StorVersion.win10 }
    : { kind: "opened" };
  let state: () => StorState = () => ({ kind: "closed" });

  function own(channel: Channel): ChannelHandlers {
    const start: StorState = options.negotiated ? first : { kind: "closed" };
    const session: StorSession = { channel, controller, counters, waiting, state: start };
    state = () => session.state;
    return {
      opened() {
        waiting.takeAll(() => true);
        session.state = first;
      },
      request: (request) => serve(session, request),
      closed() {
        waiting.takeAll(() => true);
        session.state = { kind: "closed" };
      },
    };
  }

  return Object.assign(own, {
    inspect: () => storTree({ controller, state: state(), counters, inFlight: waiting.count() }),
    save: (): StorvspState => ({ format: 1, negotiation: state() }),
  });
}

/** Serves one disk to the emulated IDE controller over its internal channel, as LUN 0. */
export function ideDisk(unit: ScsiUnit): Storvsp {
  return storvsp({ luns: new Map([[0, unit]]) }, { negotiated: true });
}

/**
 * Tells the guest that units came or went, so that it scans again. Call it after the controller's map has
 * changed, and only while the guest has the channel open.
 */
export function notifyBusChanged(channel: Channel): void {
  channel.send(noticePacket(StorOperation.enumerateBus));
}

function serve(session: StorSession, request: ChannelRequest): void {
  session.counters.requests++;
  const packet = request.payload;
  if (packet.length < storPacketBytes) {
    answerStatus(session, request, StorNtStatus.invalidParameter);
    return;
  }
  const operation = readU32(packet, StorSrbPacket.at.operation);
  switch (operation) {
    case StorOperation.executeSrb:
      if (session.state.kind === "ready") runSrb(session, request);
      else answerSrb(session, request, { kind: "notReady" });
      return;
    case StorOperation.resetBus:
    case StorOperation.resetAdapter:
      reset(session, request, () => true);
      return;
    case StorOperation.resetLun:
      reset(session, request, (held) => sameUnit(held.payload, packet));
      return;
    default:
      negotiate(session, request, operation);
  }
}

/** Everything outstanding is answered before the reset is. */
function reset(
  session: StorSession,
  request: ChannelRequest,
  covers: (held: ChannelRequest) => boolean,
): void {
  if (session.state.kind !== "ready") {
    answerStatus(session, request, StorNtStatus.invalidDeviceState);
    return;
  }
  abortWaiting(session, covers);
  answerStatus(session, request, StorNtStatus.success);
}

function sameUnit(one: Uint8Array, other: Uint8Array): boolean {
  const { path, target, lun } = StorSrbPacket.at;
  return [path, target, lun].every((at) => one[at] === other[at]);
}

function negotiate(session: StorSession, request: ChannelRequest, operation: number): void {
  const step = stepNegotiation(session.state, storEvent(operation, request.payload));
  session.state = step.state;
  if (!step.properties) answerStatus(session, request, step.status);
  else if (request.wantsCompletion) session.channel.complete(request.transactionId, propertiesReply());
}

function answerStatus(session: StorSession, request: ChannelRequest, status: StorNtStatus): void {
  if (status !== StorNtStatus.success) session.counters.errors++;
  if (request.wantsCompletion) session.channel.complete(request.transactionId, plainReply(status));
}
