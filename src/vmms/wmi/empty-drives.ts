import { type DriveSlot, sameSlot, type VmGuid, type VmSummary } from "../../hvdef/index.ts";

/** Hard disk drives without a disk, which only WMI knows: they are forgotten with the page. */
export interface EmptyDrives {
  add(vm: VmGuid, slot: DriveSlot): void;
  /** Answers whether there was one. */
  remove(vm: VmGuid, slot: DriveSlot): boolean;
  /** Those whose place is still there and not taken by another. */
  drivesOf(vm: VmSummary): VmSummary["drives"];
}

const withoutDisk = {
  kind: "disk",
  medium: { kind: "empty" },
  title: "empty",
  byteLength: null,
  kept: "memory",
} as const;

/** Opens them with none. */
export function openEmptyDrives(): EmptyDrives {
  const all = new Map<VmGuid, readonly DriveSlot[]>();
  const slotsOf = (vm: VmGuid): readonly DriveSlot[] => all.get(vm) ?? [];
  return {
    add(vm, slot) {
      all.set(vm, [...slotsOf(vm), slot]);
    },
    remove(vm, slot) {
      const rest = slotsOf(vm).filter((one) => !sameSlot(one, slot));
      const found = rest.length < slotsOf(vm).length;
      all.set(vm, rest);
      return found;
    },
    drivesOf({ id, drives, scsiControllers }) {
      return slotsOf(id)
        .filter(({ controller, number }) => controller !== "SCSI" || number < scsiControllers)
        .filter((slot) => !drives.some((one) => sameSlot(one.slot, slot)))
        .map((slot) => ({ ...withoutDisk, slot }));
    },
  };
}
