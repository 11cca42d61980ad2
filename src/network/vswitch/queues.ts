import type { Port } from "./port-state.ts";

/** A port that wishes for a queue of its own, and whether it got one. */
export interface QueueWish {
  /** The port's number. */
  readonly port: number;
  /** 1 to 100; more goes before less. */
  readonly weight: number;
  readonly granted: boolean;
}

/**
 * Hands a limited number of queues to the ports that wish for one: higher weights first. Among equals whoever has a
 * queue keeps it, then the port that was plugged in first gets it.
 *
 * @wmi Msvm_SwitchPort VMQOffloadWeight
 */
export function allotQueues(ports: readonly Port[], limit: number): void {
  const wishes = ports.filter((port) => port.queueWeight > 0);
  wishes.sort(
    (one, other) =>
      other.queueWeight - one.queueWeight ||
      Number(other.hasQueue) - Number(one.hasQueue) ||
      one.number - other.number,
  );
  const lucky = new Set(wishes.slice(0, limit));
  for (const port of ports) port.hasQueue = lucky.has(port);
}

/** Who wishes for a queue, in the order in which queues are given. */
export function queueWishes(ports: readonly Port[]): readonly QueueWish[] {
  return ports
    .filter((port) => port.queueWeight > 0)
    .sort((one, other) => other.queueWeight - one.queueWeight || one.number - other.number)
    .map((port) => ({ port: port.number, weight: port.queueWeight, granted: port.hasQueue }));
}
