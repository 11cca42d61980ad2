import { type BootDevice, type ProcessorShare, usualBootOrder } from "../hvdef/index.ts";
import type { StockVm } from "./catalogue.ts";

/** What a machine is set to beside what its summary shows. */
export interface MachineSettings {
  readonly share: ProcessorShare;
  /** `null`: a kernel is started, whatever is in its drives. */
  readonly bootOrder: readonly BootDevice[] | null;
}

/** The settings of a machine that is made like this and competes like that. */
export function settingsOf({ boot }: StockVm, share: ProcessorShare): MachineSettings {
  return { share, bootOrder: boot.kind === "bios" ? (boot.bootOrder ?? usualBootOrder) : null };
}
