import type { Cmdlet } from "../../run/machine.ts";
export const hyperVCmdlets: readonly Cmdlet[] = [];
