import type { Carrier, CarrierEnd } from "../hvdef/index.ts";
import { portCarrier } from "./port-carrier.ts";
import { sharedCarrier } from "./shared-carrier.ts";
import { sharedBytes } from "./shared-ring.ts";

/** Both ends of a new carrier: through shared memory where this page may have some, else through ports. */
export function carrierEnds(): readonly [CarrierEnd, CarrierEnd] {
  const { port1, port2 } = new MessageChannel();
  if (!crossOriginIsolated || typeof Atomics.waitAsync !== "function") return [port1, port2];
  const memory = new SharedArrayBuffer(sharedBytes);
  return [
    { memory, side: 0, port: port1 },
    { memory, side: 1, port: port2 },
  ];
}

/** Opens an end in the thread that uses it; the carrier owns it from now on. */
export function openCarrier(end: CarrierEnd): Carrier {
  return end instanceof MessagePort ? portCarrier(end) : sharedCarrier(end);
}

/** What must be in the transfer list of the message that carries an end. */
export function portOf(end: CarrierEnd): MessagePort {
  return end instanceof MessagePort ? end : end.port;
}
