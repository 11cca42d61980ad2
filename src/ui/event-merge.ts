import type { HostEvent } from "../hvdef/index.ts";
import { asSentence } from "./format.ts";

const sameTroubleMs = 10_000;

function tellsTheSame(a: HostEvent, b: HostEvent): boolean {
  return a.vm === b.vm && asSentence(a.text) === asSentence(b.text) && Math.abs(a.at - b.at) < sameTroubleMs;
}

/** The host's events and the page's own in one list, newest first; what both tell is told once. */
export function mergeEvents(host: readonly HostEvent[], page: readonly HostEvent[]): readonly HostEvent[] {
  const own = page.filter((event) => !host.some((other) => tellsTheSame(event, other)));
  if (own.length === 0) return host;
  return [...host, ...own].sort((a, b) => b.at - a.at);
}
