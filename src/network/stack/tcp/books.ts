import type { Segment } from "./segment.ts";
import type { Tcb } from "./tcb.ts";

/** Ports of connections we open. @rfc 6335 6 */
const firstOwnPort = 49_152;
const ownPorts = 65_536 - firstOwnPort;

/** How many connections there may be. */
export interface BookLimits {
  /** Of any state. */
  readonly connections: number;
  /** Of these, opened by others and not standing yet. */
  readonly halfOpen: number;
}

/** All connections of a host, oldest first. */
export interface Books {
  readonly all: readonly Tcb[];
  /** The connection a segment from this address belongs to. */
  find(segment: Segment, from: number): Tcb | null;
  add(tcb: Tcb): void;
  forget(tcb: Tcb): void;
  /**
   * Who must go before one more can come: what is over first, then who has not opened. `null`: nobody must;
   * `"full"`: all are in use.
   */
  inTheWay(): Tcb | null | "full";
  /** The half-open one that must go before another can come. A flood pushes out the oldest of its own kind. */
  halfOpenInTheWay(): Tcb | null;
  /** A port of ours that has no connection to that end yet, and that `taken` does not claim. */
  freePort(to: number, port: number, taken: (port: number) => boolean): number | null;
}

function isHalfOpen(tcb: Tcb): boolean {
  return tcb.state === "synReceived" && tcb.passive;
}

function belongs({ ends }: Tcb, segment: Segment, from: number): boolean {
  return (
    ends.remotePort === segment.sourcePort &&
    ends.localPort === segment.destinationPort &&
    ends.remoteAddress === from
  );
}

/** @param start  where the search for own ports begins; random, so that they are hard to guess */
export function openBooks(limits: BookLimits, start: number): Books {
  const all: Tcb[] = [];
  let recent: Tcb | null = null;
  let ownPort = start % ownPorts;

  function find(segment: Segment, from: number): Tcb | null {
    if (recent !== null && belongs(recent, segment, from)) return recent;
    const found = all.find((tcb) => belongs(tcb, segment, from)) ?? null;
    if (found !== null) recent = found;
    return found;
  }

  function inTheWay(): Tcb | null | "full" {
    if (all.length < limits.connections) return null;
    return all.find((tcb) => tcb.state === "timeWait") ?? all.find(isHalfOpen) ?? "full";
  }

  function halfOpenInTheWay(): Tcb | null {
    let count = 0;
    for (const tcb of all) if (isHalfOpen(tcb)) count++;
    return count < limits.halfOpen ? null : (all.find(isHalfOpen) ?? null);
  }

  function isUsed(local: number, to: number, port: number): boolean {
    return all.some(
      ({ ends }) => ends.localPort === local && ends.remoteAddress === to && ends.remotePort === port,
    );
  }

  return {
    all,
    find,
    add(tcb) {
      all.push(tcb);
    },
    forget(tcb) {
      const at = all.indexOf(tcb);
      if (at >= 0) all.splice(at, 1);
      if (recent === tcb) recent = null;
    },
    inTheWay,
    halfOpenInTheWay,
    freePort(to, port, taken) {
      for (let tried = 0; tried < ownPorts; tried++) {
        ownPort = (ownPort + 1) % ownPorts;
        const candidate = firstOwnPort + ownPort;
        if (!taken(candidate) && !isUsed(candidate, to, port)) return candidate;
      }
      return null;
    },
  };
}
