import { setupDiskName } from "../hvdef/index.ts";
import { sameName } from "./disk-words.ts";
import type { Refusal } from "./drive-rules.ts";
import type { VmView } from "./host.ts";

type Machine = Pick<VmView, "name" | "drives">;

const isSetupDisk = ({ medium }: Machine["drives"][number]): boolean =>
  medium.kind === "file" && sameName(medium.name, setupDiskName);

const dvdsOf = ({ drives }: Machine): Machine["drives"] => drives.filter(({ kind }) => kind === "dvd");

/** Why the setup disk cannot be inserted now. */
export function setupDiskRefusal(vm: Machine): Refusal {
  const dvds = dvdsOf(vm);
  if (dvds.length === 0) return `${vm.name} has no DVD drive. Turn it off and add one to an IDE controller.`;
  return dvds.some(isSetupDisk) ? "The Integration Services Setup Disk is in the DVD drive." : null;
}

/** The disc that has to make room for the setup disk; `null` when a drive is empty. */
export function discInPlace(vm: Machine): string | null {
  const dvds = dvdsOf(vm);
  if (dvds.some(({ medium }) => medium.kind === "empty")) return null;
  return dvds[0]?.title ?? null;
}
