import {
  bytesOfMac,
  isTagged,
  type MacAddress,
  macHead,
  macTail,
  sourceOffset,
  tagBytes,
} from "../frame/index.ts";
import { longestFrame, shortestFrame } from "../port.ts";
import { portOf, restOf } from "./addresses.ts";
import { add, Cell, type Counters, SwitchCell } from "./counters.ts";
import type { Fabric } from "./forward.ts";
import type { Port } from "./port-state.ts";

/**
 * The port to which frames may go straight, without the switch, or `null`. What it says is true of frames that pass
 * {@link directFilter} of the source and are for `mac`: the switch would give just those bytes to that port alone.
 *
 * Both ports must be access ports of one VLAN with their own addresses, the target must have a queue, and nobody may
 * want to see the frames: no mirroring of either and no observer.
 */
export function directTarget(fabric: Fabric, from: Port, mac: MacAddress): Port | null {
  const bytes = bytesOfMac(mac);
  const to = portOf(fabric.own, macHead(bytes, 0), restOf(macTail(bytes, 0), 0));
  return to !== null && isDirect(from, to) ? to : null;
}

/** All ports to whose own addresses frames may go straight. */
export function directTargets(fabric: Fabric, from: Port): readonly Port[] {
  return fabric.ports.filter((to) => isDirect(from, to));
}

/** Frames that went straight, and between whom; `null`: the port has gone since. */
export interface DirectCount {
  readonly from: Port | null;
  readonly to: Port | null;
  readonly frames: number;
  readonly bytes: number;
  /** Frames that were sent and for which there was no room; their bytes are not known. */
  readonly lost: number;
}

/** Counts what the switch did not see as if it had. */
export function countDirect(counters: Counters, { from, to, frames, bytes, lost }: DirectCount): void {
  add(counters, SwitchCell.directed, frames + lost);
  add(counters, SwitchCell.direct, frames + lost);
  if (from !== null) {
    add(from.counters, Cell.sentFrames, frames + lost);
    add(from.counters, Cell.sentBytes, bytes);
  }
  if (to !== null) {
    add(to.counters, Cell.receivedFrames, frames);
    add(to.counters, Cell.receivedBytes, bytes);
    add(to.counters, Cell.noRoom, lost);
  }
}

function isDirect(from: Port, to: Port): boolean {
  return to.hasQueue && reachesAlone(from, to);
}

/**
 * Whether an untagged frame from one port's own address to the other's reaches that port alone, with the same bytes,
 * while nobody wants to see it.
 */
export function reachesAlone(from: Port, to: Port): boolean {
  return from !== to && from.vlan === to.vlan && mayBypass(from) && mayBypass(to);
}

/**
 * Makes the test that a frame must pass before it may go straight: whole, without a tag, and from the source's own
 * address. Whatever fails it goes through the switch, which drops it, marks it or finds its way.
 *
 * @param mac  the source's own address
 */
export function directFilter(mac: MacAddress): (bytes: Uint8Array, at: number, length: number) => boolean {
  const own = bytesOfMac(mac);
  const head = macHead(own, 0);
  const tail = macTail(own, 0);
  return (bytes, at, length) =>
    length >= shortestFrame &&
    length <= longestFrame - tagBytes &&
    at >= 0 &&
    at + length <= bytes.length &&
    macTail(bytes, at + sourceOffset) === tail &&
    macHead(bytes, at + sourceOffset) === head &&
    !isTagged(bytes, at);
}

function mayBypass(port: Port): boolean {
  return (
    port.connected && port.head >= 0 && port.allowed === null && !port.mirrored && port.observers === null
  );
}
