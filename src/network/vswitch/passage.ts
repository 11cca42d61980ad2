import { copyBytes } from "../../support/index.ts";
import {
  etherType,
  headerBytes,
  isGroupAt,
  isTagged,
  lastVlan,
  putWire16,
  sourceOffset,
  tagBytes,
  tagOf,
  typeOffset,
  vlanOfTag,
} from "../frame/index.ts";
import { longestFrame, shortestFrame } from "../port.ts";
import { Cell, type DropCell } from "./counters.ts";
import { carries, type Port } from "./port-state.ts";

/** A frame in one of its two forms. `bytes` are the sender's or a scratch buffer of the passage's. */
export interface Form {
  bytes: Uint8Array<ArrayBuffer>;
  at: number;
  length: number;
  /** The other fields are those of the frame under way. */
  ready: boolean;
  /** Made when it is first needed, kept for ever. */
  scratch: Uint8Array<ArrayBuffer> | null;
}

/**
 * A frame on its way through the switch: what it was sent as, its VLAN, and both forms in which ports want it, each
 * made when the first of them does. One passage is used again and again; nothing is allocated per frame.
 */
export interface Passage {
  bytes: Uint8Array<ArrayBuffer>;
  at: number;
  length: number;
  vlan: number;
  /** Tag for ports that want one: the VLAN, with the priority that the sender gave. */
  tag: number;
  /** Whose the destination is; `null`: nobody's that is known. */
  to: Port | null;
  readonly plain: Form;
  readonly tagged: Form;
}

const nothing = new Uint8Array(0);

/** A passage that holds no frame. */
export function newPassage(): Passage {
  const under = { bytes: nothing, at: 0, length: 0, vlan: 0, tag: 0, to: null };
  return { ...under, plain: emptyForm(), tagged: emptyForm() };
}

/** Lets go of the sender's buffer. */
export function clearPassage(frame: Passage): void {
  frame.bytes = nothing;
  frame.to = null;
  frame.plain.ready = false;
  frame.plain.bytes = nothing;
  frame.tagged.ready = false;
  frame.tagged.bytes = nothing;
}

/**
 * Finds out to which VLAN a frame belongs that came from a port. Bytes, place and length are set.
 *
 * @returns why it must be dropped, or -1
 */
export function classify(frame: Passage, from: Port): DropCell | -1 {
  const { bytes, at, length } = frame;
  if (!(length >= shortestFrame && at >= 0 && at + length <= bytes.length)) return Cell.malformed;
  if (isGroupAt(bytes, at + sourceOffset)) return Cell.malformed;
  if (!isTagged(bytes, at)) {
    if (length > longestFrame - tagBytes) return Cell.malformed;
    frame.vlan = from.vlan;
    frame.tag = from.vlan;
    own(frame, frame.plain);
    return -1;
  }
  return classifyTagged(frame, from);
}

/**
 * A tag that names no VLAN carries a priority only. One that names a VLAN is for trunks: on an access port it is
 * refused even when it names the port's own, since the holder is not to know it. A second tag behind the first would
 * become the first where that is taken off, and lead the frame into a VLAN that its sender may not reach.
 */
function classifyTagged(frame: Passage, from: Port): DropCell | -1 {
  const { bytes, at, length } = frame;
  if (length < shortestFrame + tagBytes || length > longestFrame) return Cell.malformed;
  if (isTagged(bytes, at + tagBytes)) return Cell.malformed;
  const tag = tagOf(bytes, at);
  const vlan = vlanOfTag(tag);
  if (vlan > lastVlan) return Cell.malformed;
  if (vlan === 0) {
    frame.vlan = from.vlan;
    frame.tag = tag | from.vlan;
    return -1;
  }
  if (from.allowed === null || !carries(from, vlan)) return Cell.vlan;
  frame.vlan = vlan;
  frame.tag = tag;
  own(frame, frame.tagged);
  return -1;
}

/** The frame as a port wants it, with its tag or without. Valid until the passage is cleared. */
export function formFor(frame: Passage, tagged: boolean): Form {
  const form = tagged ? frame.tagged : frame.plain;
  if (!form.ready) make(frame, form, tagged);
  return form;
}

/** The form in which the frame came is used as it is. */
function own(frame: Passage, form: Form): void {
  form.bytes = frame.bytes;
  form.at = frame.at;
  form.length = frame.length;
  form.ready = true;
}

/** Writes a form into its scratch buffer: both addresses, the tag or none, and the rest. */
function make(frame: Passage, form: Form, tagged: boolean): void {
  form.scratch ??= new Uint8Array(longestFrame);
  const { bytes, at, length } = frame;
  const out = form.scratch;
  const from = at + typeOffset + (isTagged(bytes, at) ? tagBytes : 0);
  const to = tagged ? headerBytes + tagBytes - 2 : typeOffset;
  copyBytes(out, 0, bytes, at, typeOffset);
  if (tagged) {
    putWire16(out, typeOffset, etherType.vlan);
    putWire16(out, typeOffset + 2, frame.tag);
  }
  const rest = at + length - from;
  copyBytes(out, to, bytes, from, rest);
  form.bytes = out;
  form.at = 0;
  form.length = to + rest;
  form.ready = true;
}

function emptyForm(): Form {
  return { bytes: nothing, at: 0, length: 0, ready: false, scratch: null };
}
