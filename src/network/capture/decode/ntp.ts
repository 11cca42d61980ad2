import { type Dissection, field, hexLayer, layer, room, type Span } from "./dissection.ts";

const packetBytes = 48;
const modeNames = [
  "reserved",
  "symmetric active",
  "symmetric passive",
  "client",
  "server",
  "broadcast",
  "control",
  "private",
];
/** Control and private messages have a shorter head than the rest. */
const firstOtherMode = 6;

/** The time, in one line. @rfc 5905 7.3 */
export function decodeNtp(frame: Dissection, span: Span): void {
  frame.protocol = "NTP";
  frame.protocols.add("ntp");
  if (!room(frame, span, 1, "An NTP packet")) {
    hexLayer(frame, span, "Cut NTP packet");
    return;
  }
  const first = frame.view.getUint8(span.at);
  const mode = modeNames[first & 7] ?? "";
  frame.summary = `Version ${(first >> 3) & 7}, ${mode}`;
  if ((first & 7) >= firstOtherMode) {
    hexLayer(frame, span, "NTP");
    return;
  }
  if (!room(frame, span, packetBytes, "An NTP packet")) {
    hexLayer(frame, span, "Cut NTP packet");
    return;
  }
  const stratum = frame.view.getUint8(span.at + 1);
  frame.summary += `, stratum ${stratum}`;
  layer(frame, span, [
    "ntp",
    "NTP",
    frame.summary,
    [
      field(span.at, 1, ["ntp.flags.vn", "Version", `${(first >> 3) & 7}`]),
      field(span.at, 1, ["ntp.flags.mode", "Mode", mode]),
      field(span.at + 1, 1, ["ntp.stratum", "Stratum", `${stratum}`]),
    ],
  ]);
}
