import {
  firstInternalChannel,
  firstLegacyAdapter,
  type LegacyAdapterDescription,
  legacyAdapterLimit,
} from "../hvdef/index.ts";
import { HvError, type InspectNode } from "../support/index.ts";
import type { Engine, EngineAdapter } from "../vid/index.ts";
import type { Relay } from "../vmbus/index.ts";
import { openNic } from "./vdev/nic/serve.ts";

/** The emulated network adapters of one machine. */
export interface Adapters {
  readonly forEngine: readonly EngineAdapter[];
  /** Opens their lines to the parent; before the machine runs. */
  connect(relay: Pick<Relay, "openFrames">, engine: Pick<Engine, "receiveFrame">): void;
  /** Puts frames that wait into the adapters. @returns whether any went in: the guest has something to do */
  feed(): boolean;
  close(): void;
  /** Counters by index. */
  inspect(): InspectNode;
}

/** Opens the adapters of a configuration. @throws HvError when there cannot be such adapters */
export function openAdapters(descriptions: readonly LegacyAdapterDescription[]): Adapters {
  checkAdapters(descriptions);
  const nics = descriptions.map(({ index, mac }) => ({ index, nic: openNic(index, mac) }));
  return {
    forEngine: nics.map(({ nic }) => nic.forEngine),
    connect(relay, engine) {
      for (const { index, nic } of nics) {
        const line = relay.openFrames(firstInternalChannel + firstLegacyAdapter + index, nic.arrived);
        nic.connect({ line, receive: (bytes, at, length) => engine.receiveFrame(index, bytes, at, length) });
      }
    },
    feed() {
      let moved = false;
      for (const { nic } of nics) if (nic.feed()) moved = true;
      return moved;
    },
    close() {
      for (const { nic } of nics) nic.close();
    },
    inspect() {
      const shown = nics.map(({ index, nic }) => {
        return [String(index), { ...nic.counters, framesWaiting: nic.waiting() }] as const;
      });
      return Object.fromEntries(shown);
    },
  };
}

/** At most four, each in its own place and with an address of one machine. @throws HvError */
function checkAdapters(descriptions: readonly LegacyAdapterDescription[]): void {
  const taken = new Set<number>();
  for (const { index, mac } of descriptions) {
    const fits = Number.isInteger(index) && index >= 0 && index < legacyAdapterLimit;
    if (!fits || taken.has(index))
      throw new HvError(
        "adapter.place",
        `A legacy network adapter cannot be at place ${index} of a machine.`,
      );
    taken.add(index);
    const own = mac.length === 6 && ((mac[0] ?? 0) & 1) === 0 && mac.some((byte) => byte !== 0);
    if (!own)
      throw new HvError(
        "adapter.mac",
        "The address of a legacy network adapter must be six bytes, not all zero, and not that of a group.",
      );
  }
}
