import { type ChannelId, interruptPageHalf, maxChannelOld, vmbusSint } from "../../hvdef/index.ts";
import { firstWithEventFlags } from "./connection.ts";
import type { BusEntry, BusState } from "./state.ts";

/**
 * Interrupts the guest for one open channel. From 2.4 on the channel's own event flag; before that a bit
 * in the first half of the guest's interrupt page, then event flag 0, whose handler scans the page.
 * @vmbus 7.3 @vmbus 8
 */
export function ringInterrupt(bus: BusState, channel: ChannelId): void {
  const entry = bus.entries.get(channel);
  if (entry?.state.kind !== "open" || bus.connection.kind !== "connected") return;
  entry.interrupts++;
  const { version, interruptPage } = bus.connection;
  if (version >= firstWithEventFlags) {
    bus.synic.signalEvent(vmbusSint, channel);
  } else if (interruptPage !== null && channel <= maxChannelOld) {
    const at = interruptPage + (channel >> 3);
    const view = bus.memory.view();
    view.setUint8(at, view.getUint8(at) | (1 << (channel & 7)));
    bus.memory.wrote(at, 1);
    bus.synic.signalEvent(vmbusSint, 0);
  }
}

/** A channel's own doorbell rang. */
export function ringDoorbell(bus: BusState, entry: BusEntry): void {
  // A doorbell that crosses a close or a rescind is no fault.
  if (entry.state.kind !== "open") return;
  entry.doorbells++;
  bus.events.doorbell(entry.offer.channel);
}

/** The doorbell all channels of old guests share rang: the second half of the interrupt page says whose. @vmbus 8 */
export function ringSharedDoorbell(bus: BusState, interruptPage: number): void {
  const view = bus.memory.view();
  for (const entry of bus.entries.values()) {
    const { channel } = entry.offer;
    const at = interruptPage + interruptPageHalf + (channel >> 3);
    const bit = 1 << (channel & 7);
    const flags = view.getUint8(at);
    if ((flags & bit) === 0) continue;
    view.setUint8(at, flags & ~bit);
    bus.memory.wrote(at, 1);
    ringDoorbell(bus, entry);
  }
}
