import type { Cmdlet } from "../../run/machine.ts";
import {
  convertVhd,
  getVhd,
  mergeVhd,
  newVfd,
  newVhd,
  optimizeVhd,
  resizeVhd,
  setVhd,
  testVhd,
} from "./disks.ts";
import { driveCmdlets } from "./drive-cmdlets.ts";
import { networkCmdlets } from "./network-cmdlets.ts";
import { settingCmdlets } from "./settings.ts";
import {
  getVm,
  removeVm,
  removeVmSavedState,
  renameVm,
  restartVm,
  resumeVm,
  saveVm,
  startVm,
  stopVm,
  suspendVm,
} from "./vm.ts";
import { getVmHost } from "./vm-host.ts";

/** Cmdlets for virtual machines: names that came with Windows Server 2012. */
export const hyperVCmdlets: readonly Cmdlet[] = [
  convertVhd,
  getVhd,
  getVm,
  getVmHost,
  mergeVhd,
  newVfd,
  newVhd,
  optimizeVhd,
  removeVm,
  removeVmSavedState,
  renameVm,
  resizeVhd,
  restartVm,
  resumeVm,
  saveVm,
  setVhd,
  startVm,
  stopVm,
  suspendVm,
  testVhd,
  ...driveCmdlets,
  ...networkCmdlets,
  ...settingCmdlets,
];
