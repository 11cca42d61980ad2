import type { ReadonlySignal } from "@preact/signals";
import type {
  HostEvent,
  InspectSample,
  PlatformReport,
  ProcessorShare,
  VmGuid,
  VmSummary,
} from "../hvdef/index.ts";

/** A machine with its performance counters. */
export interface VmView extends VmSummary {
  /** Share of one processor over the last second, 0 to 1. */
  readonly processor: number;
  /** The child has not reported for a while. */
  readonly notResponding: boolean;
}

/** The serial console of one machine. Output since the page was opened is kept, bounded. */
export interface ConsoleSession {
  /** All text so far, at most the last 256 KiB. */
  text(): string;
  send(text: string): void;
  /** Calls with each new piece of output; answers how to stop listening. */
  onOutput(handler: (text: string) => void): () => void;
}

/** Everything the views know and may do. The door implements it; tests play a recorded one. */
export interface UiHost {
  readonly version: string;
  /** Name of the host as it calls itself; the page says "This tab" where there is none. */
  readonly hostName?: string;
  readonly platform: ReadonlySignal<PlatformReport | null>;
  readonly vms: ReadonlySignal<readonly VmView[]>;
  /** Latest first, bounded. */
  readonly events: ReadonlySignal<readonly HostEvent[]>;
  /** Says why nothing can run at all; the page then shows only this. */
  readonly failure: ReadonlySignal<{ readonly title: string; readonly wayOut: string } | null>;
  /** All actions reject with an error whose message is meant for the visitor. */
  start(vm: VmGuid): Promise<void>;
  pause(vm: VmGuid): Promise<void>;
  resume(vm: VmGuid): Promise<void>;
  reset(vm: VmGuid): Promise<void>;
  turnOff(vm: VmGuid): Promise<void>;
  setProcessorShare(vm: VmGuid, share: ProcessorShare): Promise<void>;
  /**
   * Takes in files the visitor picked for a machine that has none of its own: a disk image, and BIOS files
   * (`bios.bin`, `vgabios.bin`) where the site has none.
   */
  giveDisk(vm: VmGuid, files: readonly File[]): Promise<void>;
  console(vm: VmGuid): ConsoleSession;
  /** Live counters of the machine's partition, twice a second while it runs. */
  inspect(vm: VmGuid): ReadonlySignal<InspectSample | null>;
}
