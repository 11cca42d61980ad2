import type { GpadlId, GuestMemory } from "../../hvdef/index.ts";
import { mapSpans } from "../ring/pages.ts";
import type { GuestBuffer } from "./guest-buffer.ts";
import type { Lane, RelayState } from "./lane.ts";

/** Buffers of one lane. Reason: a network adapter has two. */
const bufferLimit = 8;

/** Names a buffer, in place of any other of that name; one that cannot be is forgotten. `section` 0 forgets. */
export function nameBuffer(
  relay: RelayState,
  lane: Lane,
  named: { readonly buffer: number; readonly gpadl: GpadlId; readonly sectionBytes: number },
): void {
  lane.buffers.delete(named.buffer);
  if (named.sectionBytes === 0 || lane.buffers.size >= bufferLimit) return;
  const list = relay.pageList(lane.channel, named.gpadl);
  const range = list?.ranges[0];
  // Every driver describes such memory as one range of whole pages.
  if (list?.ranges.length !== 1 || range === undefined || range.byteOffset !== 0) return;
  const spans = mapSpans(relay.memory, range.pages);
  if (spans === null) return;
  const { gpadl: handle, sectionBytes } = named;
  lane.buffers.set(named.buffer, { handle, list, size: range.byteCount, sectionBytes, ...spans });
}

/** A buffer by its name. The guest may have taken its page list back since; then it is gone. */
export function bufferOf(relay: RelayState, lane: Lane, name: number): GuestBuffer | null {
  const buffer = lane.buffers.get(name);
  if (buffer === undefined) return null;
  if (relay.pageList(lane.channel, buffer.handle) === buffer.list) return buffer;
  lane.buffers.delete(name);
  return null;
}

/** Whether these bytes lie inside the buffer. Any numbers may be asked. */
export function isInside(buffer: GuestBuffer, at: number, length: number): boolean {
  return at + length <= buffer.size;
}

/** Copies bytes that lie inside the buffer to `target` at `to`; there must be room. */
export function copyOut(
  memory: GuestMemory,
  buffer: GuestBuffer,
  copy: { readonly at: number; readonly length: number; readonly target: Uint8Array; readonly to: number },
): void {
  const ram = memory.bytes();
  let { at, length: left, to } = copy;
  while (left > 0) {
    const part = Math.min(runAt(buffer, at), left);
    const from = addressOf(buffer, at);
    copy.target.set(ram.subarray(from, from + part), to);
    at += part;
    to += part;
    left -= part;
  }
}

/** Copies `length` bytes of `source` from `from` on into the buffer, where they lie inside, and tells the engine. */
export function copyIn(
  memory: GuestMemory,
  buffer: GuestBuffer,
  copy: { readonly at: number; readonly length: number; readonly source: Uint8Array; readonly from: number },
): void {
  const ram = memory.bytes();
  let { at, length: left, from } = copy;
  while (left > 0) {
    const part = Math.min(runAt(buffer, at), left);
    const address = addressOf(buffer, at);
    ram.set(copy.source.subarray(from, from + part), address);
    memory.wrote(address, part);
    at += part;
    from += part;
    left -= part;
  }
}

/** Address of bytes that lie inside the buffer, where they are neighbours in RAM; -1: they are not. */
export function placeOf(buffer: GuestBuffer, at: number, length: number): number {
  return runAt(buffer, at) < length ? -1 : addressOf(buffer, at);
}

function addressOf(buffer: GuestBuffer, at: number): number {
  return (buffer.addresses[at >>> 12] ?? 0) + (at & 4095);
}

/** Bytes from `at` on that are neighbours in RAM: at least one, since `at` lies inside. */
function runAt(buffer: GuestBuffer, at: number): number {
  return Math.max(1, (buffer.runs[at >>> 12] ?? 0) - (at & 4095));
}
