import type { InspectNode } from "../../support/index.ts";
import { canTakeLarge } from "./large.ts";
import { isLinkUp, type NetAdapter, type NetCounters, type NetSession } from "./session.ts";

/** Counters at zero. */
export function freshCounters(): NetCounters {
  return {
    sent: 0,
    sentBytes: 0,
    received: 0,
    receivedBytes: 0,
    largeSends: 0,
    wholeSends: 0,
    wholeReceived: 0,
    packets: 0,
    filtered: 0,
    busy: 0,
    dropped: 0,
    tooLong: 0,
    unplugged: 0,
    refused: 0,
    strays: 0,
  };
}

/** A provider as a plain tree. */
export function netTree(adapter: NetAdapter, session: NetSession | null): InspectNode {
  const { facts, counters } = adapter;
  const negotiation = session?.negotiation ?? { kind: "closed" };
  return {
    name: facts.name,
    link: isLinkUp(adapter) ? "up" : "down",
    mac: session?.state.mac ?? facts.permanent,
    state: session?.state.running === true ? "running" : negotiation.kind,
    filter: session?.state.filter ?? 0,
    frameBytes: negotiation.kind === "agreed" ? negotiation.frameBytes : 0,
    parts: session?.parts?.count ?? 0,
    partsFree: session?.parts?.free() ?? 0,
    takesLarge: session === null ? "no" : largeText(session),
    owed: session?.owed.length ?? 0,
    ...counters,
  };
}

/** Which large frames the guest takes whole. */
function largeText(session: NetSession): string {
  const { wholeIpv4, wholeIpv6 } = session.state;
  if (!canTakeLarge(session) || !(wholeIpv4 || wholeIpv6)) return "no";
  return wholeIpv4 && wholeIpv6 ? "yes" : wholeIpv4 ? "IPv4" : "IPv6";
}
