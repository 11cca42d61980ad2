import type { AttachedDisk, StockVm } from "../../src/vmms/index.ts";
import { describeIde, planServices } from "../../src/vmms/index.ts";
import { type GuestLab, openWorkerLab } from "./worker.ts";

export { builtFile, engineCore, type GuestLab, prompt } from "./worker.ts";

/** What the lab boots. */
export interface GuestLabOptions {
  readonly vm: StockVm;
  readonly disks?: readonly AttachedDisk[];
}

/** Starts a machine as the management service would. @throws when it cannot be put together */
export async function openGuestLab({ vm, disks = [] }: GuestLabOptions): Promise<GuestLab> {
  const { owners, offers } = planServices(vm, disks);
  const drives = await Promise.all(disks.filter((disk) => disk.stock.controller === "IDE").map(describeIde));
  const configuration = { memoryBytes: vm.memoryBytes, boot: vm.boot, drives, offers };
  return openWorkerLab({ id: vm.id, configuration, owners });
}
