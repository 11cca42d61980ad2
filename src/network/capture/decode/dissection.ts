import type { TcpConversations } from "./conversations.ts";
import type { Field, Protocol } from "./frame.ts";
import { hexText, ipv4Text } from "./text.ts";

/** Bytes of a frame that one layer has to itself: from `at` up to `end` on the wire, captured or not. */
export interface Span {
  readonly at: number;
  readonly end: number;
}

/** A frame being taken apart. Each protocol's function reads its span and writes what it found. */
export interface Dissection {
  /** The captured bytes. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly conversations: TcpConversations;
  readonly layers: Field[];
  readonly protocols: Set<Protocol>;
  readonly vlanIds: number[];
  protocol: string;
  summary: string;
  ethSource: string | undefined;
  ethTarget: string | undefined;
  ipSource: string | undefined;
  ipTarget: string | undefined;
  tcpPorts: readonly number[];
  udpPorts: readonly number[];
  malformed: string | null;
  cut: boolean;
}

/** What is written of a field by hand; the rest follows from where it lies. */
export type FieldWords = readonly [name: string, label: string, value: string];

/** The same of a layer, with its fields. */
export type LayerWords = readonly [...FieldWords, children: readonly Field[]];

/** Starts on a frame. Nothing is known of it yet. */
export function openDissection(bytes: Uint8Array, conversations: TcpConversations): Dissection {
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    conversations,
    layers: [],
    protocols: new Set(),
    vlanIds: [],
    protocol: "Ethernet",
    summary: "",
    ethSource: undefined,
    ethTarget: undefined,
    ipSource: undefined,
    ipTarget: undefined,
    tcpPorts: [],
    udpPorts: [],
    malformed: null,
    cut: false,
  };
}

/** Notes what is wrong with a frame. The first reason is the one that is shown. */
export function malformed(frame: Dissection, reason: string): void {
  frame.malformed ??= reason;
}

/**
 * Whether `bytes` more bytes can be read from the start of a span. If not, the frame is marked: malformed when
 * they were never on the wire, cut when the capture did not keep them.
 */
export function room(frame: Dissection, span: Span, bytes: number, what: string): boolean {
  if (span.at + bytes > span.end) {
    const rest = Math.max(0, span.end - span.at);
    malformed(frame, `${what} needs ${bytes} bytes, and ${rest === 0 ? "none are" : `${rest} are`} left.`);
    return false;
  }
  if (span.at + bytes > frame.bytes.length) {
    frame.cut = true;
    return false;
  }
  return true;
}

/** The captured bytes of a span; notes it when some were not kept. */
export function held(frame: Dissection, span: Span): Uint8Array {
  if (span.end > frame.bytes.length) frame.cut = true;
  return frame.bytes.subarray(span.at, Math.max(span.at, Math.min(span.end, frame.bytes.length)));
}

/** A field of `length` captured bytes. */
export function field(at: number, length: number, words: FieldWords): Field {
  const [name, label, value] = words;
  return { name, label, value, at, length };
}

/** Adds a layer over the captured part of a span. */
export function layer(frame: Dissection, span: Span, words: LayerWords): void {
  const [name, label, value, children] = words;
  frame.layers.push({ name, label, value, at: span.at, length: held(frame, span).length, children });
}

/** Adds bytes nobody here understands, if there are any. */
export function hexLayer(frame: Dissection, span: Span, label: string): void {
  const bytes = held(frame, span);
  if (bytes.length > 0) frame.layers.push(field(span.at, bytes.length, ["data", label, hexText(bytes)]));
}

/** The IPv4 address at a place that has been checked. */
export function ipv4At(frame: Dissection, at: number): string {
  return ipv4Text(frame.bytes.subarray(at, at + 4));
}
