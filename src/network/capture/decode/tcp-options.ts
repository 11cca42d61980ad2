import { type Dissection, field, malformed, type Span } from "./dissection.ts";
import type { Field } from "./frame.ts";
import { hexText } from "./text.ts";

/** @rfc 9293 3.2, @rfc 7323, @rfc 2018 */
const Kind = {
  end: 0,
  nothing: 1,
  segment: 2,
  scale: 3,
  mayAcknowledge: 4,
  acknowledged: 5,
  times: 8,
} as const;
/** Bytes of each kind with kind and length, where it is fixed. */
const lengths = new Map<number, number>([
  [Kind.segment, 4],
  [Kind.scale, 3],
  [Kind.mayAcknowledge, 2],
  [Kind.times, 10],
]);

/** The options of a segment. The whole span has been captured. */
export function tcpOptions(frame: Dissection, span: Span): Field[] {
  const out: Field[] = [];
  let { at } = span;
  while (at < span.end) {
    const kind = frame.view.getUint8(at);
    if (kind === Kind.end) break;
    if (kind === Kind.nothing) {
      at++;
      continue;
    }
    const length = at + 1 < span.end ? frame.view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > span.end || length !== (lengths.get(kind) ?? length)) {
      malformed(frame, `The TCP option ${kind} gives its length as ${length} bytes.`);
      out.push(
        field(at, span.end - at, [
          "tcp.options",
          "Broken option",
          hexText(frame.bytes.subarray(at, span.end)),
        ]),
      );
      break;
    }
    out.push(option(frame, kind, { at, end: at + length }));
    at += length;
  }
  return out;
}

function option(frame: Dissection, kind: number, { at, end }: Span): Field {
  const { view } = frame;
  const of = (name: string, label: string, value: string) =>
    field(at, end - at, [`tcp.options.${name}`, label, value]);
  switch (kind) {
    case Kind.segment:
      return of("mss_val", "Largest segment", `${view.getUint16(at + 2)}`);
    case Kind.scale:
      return of("wscale", "Window scale", `shift by ${view.getUint8(at + 2)}`);
    case Kind.mayAcknowledge:
      return of("sack_perm", "Selective acknowledgement", "permitted");
    case Kind.times:
      return of("timestamp", "Time stamps", `${view.getUint32(at + 2)}, echo ${view.getUint32(at + 6)}`);
    case Kind.acknowledged:
      return of("sack", "Selectively acknowledged", hexText(frame.bytes.subarray(at + 2, end)));
    default:
      return of("unknown", `Option ${kind}`, hexText(frame.bytes.subarray(at + 2, end)));
  }
}
