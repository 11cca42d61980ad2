import { maxTransfer, SrbDirection, StorSrbPacket, storPacketBytes } from "../../hvdef/index.ts";
import {
  type Disk,
  dataInBytes,
  finishFlush,
  neededBlocks,
  type ScsiResult,
  Senses,
  sectorSize,
} from "../../storage/index.ts";
import type { ChannelRequest } from "../../vmbus/index.ts";
import { commandOf, dispatch, forgetUnit, isUnitThere, unitAt } from "./dispatch.ts";
import { countResult } from "./inspect.ts";
import { readU32, type SrbResult, writeSrbReply } from "./reply.ts";
import type { StorSession } from "./session.ts";
import type { HeldWork, SrbWork } from "./waiting.ts";

const at = StorSrbPacket.at;
const empty = new Uint8Array(0);
const busy: SrbResult = { kind: "busy" };
const invalidLun: SrbResult = { kind: "invalidLun" };

/** Carries out the SCSI request of a whole packet: at once, or when what it needs has come. */
export function runSrb(session: StorSession, request: ChannelRequest): void {
  const work = { request, command: commandOf(request.payload), unit: unitAt(session, request.payload) };
  if (session.waiting.stalledOn(work.unit)) stall(session, work);
  else admit(session, work);
}

/**
 * Runs again what stalled, in order of arrival. A unit whose store is still full keeps the rest of its
 * requests, too.
 *
 * @returns nothing is stalled any more
 */
export function retryStalled(session: StorSession): boolean {
  const { waiting } = session;
  const full = new Set<Disk>();
  for (const held of waiting.stalled()) {
    if (full.has(held.unit.disk)) continue;
    const before = waiting.stalledCount();
    if (isUnitThere(session, held)) admit(session, held);
    else orphan(session, held);
    if (waiting.stalledCount() === before) full.add(held.unit.disk);
  }
  return waiting.stalledCount() === 0;
}

/** Ends held requests that a reset covers; the guest sends them again. */
export function abortWaiting(session: StorSession, covers: (held: ChannelRequest) => boolean): void {
  for (const { request } of session.waiting.takeAll((held) => covers(held.request))) {
    answerSrb(session, request, { kind: "check", sense: Senses.reset });
  }
}

/** Ends held requests whose unit is not there any more. */
export function endOrphans(session: StorSession): void {
  for (const held of session.waiting.takeAll((held) => !isUnitThere(session, held))) orphan(session, held);
}

/** Answers a SCSI request that is not carried out. */
export function answerSrb(session: StorSession, request: ChannelRequest, result: SrbResult): void {
  session.counters.errors++;
  reply(session, request, result);
}

/** Ends a held request whose unit has gone: also one that another unit has replaced must not get it. */
function orphan(session: StorSession, held: HeldWork): void {
  session.waiting.take(held);
  forgetUnit(session, held.request.payload);
  answerSrb(session, held.request, invalidLun);
}

/** Waits for the request's range, if it is not here, and carries it out. */
function admit(session: StorSession, work: SrbWork): void {
  const coming = preparation(work);
  if (coming === null) carryOut(session, work);
  else awaits(session, work, { coming, go: (held) => carryOut(session, held) });
}

/** What must happen before the command can run; `null` almost always. */
function preparation({ command, unit }: SrbWork): Promise<void> | null {
  const needed = neededBlocks(command);
  if (needed === null || unit === null) return null;
  const start = needed.lba * sectorSize;
  const length = needed.blocks * sectorSize;
  // A range the command will be refused for is nothing to fetch.
  if (length === 0 || start + length > unit.disk.byteLength) return null;
  return unit.disk.prepare(start, length);
}

/** Holds a request until something has come. By then its unit may be gone or stalled, or a reset has ended it. */
function awaits(
  session: StorSession,
  work: SrbWork,
  next: { readonly coming: Promise<void>; readonly go: (held: HeldWork) => void },
): void {
  const held = work.unit === null ? null : session.waiting.hold(work, work.unit);
  if (held === null) {
    answerSrb(session, work.request, busy);
    return;
  }
  const arrived = () => {
    if (!session.waiting.has(held)) return;
    if (!isUnitThere(session, held)) orphan(session, held);
    else if (session.waiting.stalledOn(held.unit)) stall(session, held);
    else next.go(held);
  };
  // A promise that failed is not our verdict: the disk answers the request with a status.
  void next.coming.then(arrived, arrived);
}

/** The store is full: holds the request until there is space, and says so when it is the first. */
function stall(session: StorSession, work: SrbWork): void {
  const isFirst = session.waiting.stalledCount() === 0;
  const held = work.unit === null ? null : session.waiting.stall(work, work.unit);
  if (held === null) answerSrb(session, work.request, busy);
  if (isFirst) session.onStalled?.();
}

/** Runs the command into the completion's own buffer. */
function carryOut(session: StorSession, work: SrbWork): void {
  const { request, command } = work;
  const packet = request.payload;
  const asked = readU32(packet, at.transferLength);
  const direction = packet[at.direction];
  const dataOut = direction === SrbDirection.write ? cut(request.data, asked) : empty;
  if (!request.wantsCompletion) {
    settle(session, work, dispatch(session, work, { dataOut, dataIn: empty }));
    return;
  }
  const room =
    direction === SrbDirection.read
      ? Math.min(dataInBytes(command), request.dataRoom, asked, maxTransfer)
      : 0;
  const completion = session.channel.begin(request.transactionId, storPacketBytes, room);
  const ended = settle(session, work, dispatch(session, work, { dataOut, dataIn: completion.data }));
  // Without an end the room is forgotten: the answer comes later.
  if (ended === null) return;
  writeSrbReply(completion.payload, packet, ended);
  completion.end(room > 0 && ended.kind === "good" ? ended.transferred : 0);
}

/** Counts a request that has ended, and lets go of it. One that has not is held: `null`. */
function settle(session: StorSession, work: SrbWork, result: SrbResult | ScsiResult): SrbResult | null {
  if (result.kind === "flushing") {
    const { coming, transferred } = result;
    awaits(session, work, { coming, go: (held) => flushed(session, held, transferred) });
    return null;
  }
  if (result.kind === "noSpace" && session.onStalled !== null) {
    stall(session, work);
    return null;
  }
  const end: SrbResult = result.kind === "noSpace" ? { kind: "check", sense: Senses.noSpace } : result;
  if (session.waiting.count() > 0) session.waiting.take(work);
  countResult(session.counters, work.command.kind, end);
  return end;
}

/** What a flush had to wait for has come. */
function flushed(session: StorSession, held: HeldWork, transferred: number): void {
  const end = settle(session, held, finishFlush(held.unit, transferred));
  if (end !== null) reply(session, held.request, end);
}

function reply(session: StorSession, request: ChannelRequest, result: SrbResult): void {
  if (!request.wantsCompletion) return;
  const completion = session.channel.begin(request.transactionId, storPacketBytes, 0);
  writeSrbReply(completion.payload, request.payload, result);
  completion.end(0);
}

function cut(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  return length < bytes.length ? bytes.subarray(0, length) : bytes;
}
