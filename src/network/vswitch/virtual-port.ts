import type { LargeFrame, SwitchPort } from "../port.ts";
import type { PortCounters } from "./counters.ts";
import type { PortSettings } from "./settings.ts";

/** A port of a switch as its holder sees it. Disposing unplugs it; what is sent afterwards is dropped and counted. */
export interface VirtualPort extends SwitchPort {
  /** Counts up from 1 within the switch and is never used again. */
  readonly number: number;
  /** `false` once it was unplugged or its switch removed. */
  readonly connected: boolean;
  readonly settings: PortSettings;
  /** Whether it has a queue now, so that frames may come straight to its holder. */
  readonly hasQueue: boolean;
  sendLarge(bytes: Uint8Array<ArrayBuffer>, at: number, length: number, large: Readonly<LargeFrame>): boolean;
  counters(): PortCounters;
}
