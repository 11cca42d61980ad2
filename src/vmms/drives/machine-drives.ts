import type {
  DriveConfiguration,
  DriveDescription,
  DriveMedium,
  DriveSlot,
  DriveSummary,
  Medium,
} from "../../hvdef/index.ts";
import type { Disk } from "../../storage/index.ts";
import { assemble, HvError } from "../../support/index.ts";
import { type DriveServices, emulatedPlace } from "../services.ts";
import { type AttachedDrive, type DriveRack, describeDrive, type MediumSource, openRack } from "./rack.ts";
import {
  type DriveSet,
  driveAt,
  sameSlot,
  withDrive,
  withMedium,
  withoutDrive,
  withScsiControllers,
} from "./rules.ts";

/** The drives of a machine that runs. */
export interface RunningDrives {
  readonly rack: DriveRack;
  readonly services: Pick<DriveServices, "place">;
  /** Tells the emulated drive of a channel what lies in it now. */
  setEmulated(channel: number, medium: DriveMedium | null): Promise<void>;
}

/** Whether drives can be changed now, and how. */
export type DrivePower = "off" | "busy" | RunningDrives;

type SettledPower = Exclude<DrivePower, "busy">;

/** The drives of one machine. Changes reject with HvError `drive.*`, or what a medium refuses with. */
export interface MachineDrives {
  set(): DriveSet;
  summary(): readonly DriveSummary[];
  /** Opens every medium for a start. Nothing stays open when one refuses. */
  openAll(signal: AbortSignal): Promise<DriveRack>;
  add(drive: DriveConfiguration): Promise<void>;
  remove(slot: DriveSlot): Promise<void>;
  setMedium(slot: DriveSlot, medium: Medium): Promise<void>;
  setScsiControllers(count: number): Promise<void>;
  /** Another file has taken the place of one: the drives that hold it follow. Only while the machine is off. */
  replaced(from: string, to: string): Promise<void>;
}

/** What the drives need of their machine. */
export interface DrivesOf {
  /** Name of the machine, for people. */
  readonly name: string;
  readonly media: MediumSource;
  readonly kept: "browser storage" | "memory";
  power(): DrivePower;
  /** The set is another one: keep it and tell. */
  changed(set: DriveSet): Promise<void>;
}

const never = new AbortController().signal;

/** Takes the drives of a machine under management. */
export function openMachineDrives(first: DriveSet, machine: DrivesOf): MachineDrives {
  const holder = `the virtual machine ${machine.name}`;
  let set = first;
  let last: Promise<void> = Promise.resolve();

  /** One change at a time: each sees what the one before has made. */
  function change(work: (power: SettledPower) => Promise<DriveSet>): Promise<void> {
    const mine = last.then(async () => {
      const power = machine.power();
      if (power === "busy")
        throw new HvError("vm.state", `Wait until ${machine.name} has settled, then change its drives.`);
      set = await work(power);
      await machine.changed(set);
    });
    last = mine.catch(() => {});
    return mine;
  }
  const open = (drive: DriveConfiguration, signal: AbortSignal) =>
    machine.media.open(drive, { holder, signal });

  async function add(drive: DriveConfiguration): Promise<void> {
    await change(async (power) => {
      const next = withDrive(set, drive, onOrOff(power));
      await machine.media.check(drive);
      if (power !== "off") {
        const medium = await open(drive, never);
        power.rack.put(drive, medium);
        power.services.place(drive.slot, medium?.disk ?? null);
      }
      return next;
    });
  }

  async function remove(slot: DriveSlot): Promise<void> {
    await change(async (power) => {
      const next = withoutDrive(set, slot, onOrOff(power));
      if (power !== "off") {
        // The guest is told before the files close.
        power.services.place(slot, null);
        power.rack.take(slot);
      }
      return next;
    });
  }

  async function setMedium(slot: DriveSlot, medium: Medium): Promise<void> {
    await change(async (power) => {
      const next = withMedium(set, slot, { medium, power: onOrOff(power) });
      const drive = driveAt(next, slot);
      await machine.media.check(drive);
      if (power !== "off") await swap(power, drive);
      return next;
    });
  }

  /** Opens the new medium first: one that refuses leaves the old one in the drive. */
  async function swap(
    { rack, services, setEmulated }: RunningDrives,
    drive: DriveConfiguration,
  ): Promise<void> {
    const medium = await open(drive, never);
    const channel = emulatedPlace(drive.slot);
    await setEmulated(channel, null);
    services.place(drive.slot, null);
    rack.put(drive, medium);
    if (medium === null) return;
    services.place(drive.slot, medium.disk);
    await setEmulated(channel, mediumOf(medium.disk));
  }

  return {
    set: () => set,
    summary() {
      const power = machine.power();
      const attached = typeof power === "string" ? [] : power.rack.attached;
      return set.drives.map((drive) => {
        const known = attached.find((one) => sameSlot(one.drive.slot, drive.slot));
        return describeDrive(drive, known?.medium ?? null, machine.kept);
      });
    },
    openAll: (signal) =>
      assemble(async (scope) => {
        const rack = scope.own(openRack());
        for (const drive of set.drives) {
          rack.put(drive, await open(drive, signal));
          signal.throwIfAborted();
        }
        scope.move();
        return rack;
      }),
    add,
    remove,
    setMedium,
    setScsiControllers: (count) => change(async (power) => withScsiControllers(set, count, onOrOff(power))),
    async replaced(from, to) {
      const holds = ({ medium }: DriveConfiguration): boolean =>
        medium.kind === "file" && medium.name === from;
      if (!set.drives.some(holds)) return;
      await change(async () => ({
        ...set,
        drives: set.drives.map((drive) =>
          holds(drive) ? { ...drive, medium: { kind: "file", name: to } } : drive,
        ),
      }));
    },
  };
}

function onOrOff(power: SettledPower): "on" | "off" {
  return power === "off" ? "off" : "on";
}

function mediumOf(disk: Disk): DriveMedium {
  return { byteLength: disk.byteLength, readOnly: disk.readOnly };
}

/** What the emulated controllers must know before the guest runs. A sector that cannot be read counts as empty. */
export async function describeEmulated(
  attached: readonly AttachedDrive[],
): Promise<readonly DriveDescription[]> {
  const emulated = attached.filter(({ drive }) => drive.slot.controller !== "SCSI");
  return Promise.all(
    emulated.map(async ({ drive, medium }): Promise<DriveDescription> => {
      const channel = emulatedPlace(drive.slot);
      const disk = medium?.disk ?? null;
      if (drive.kind !== "disk")
        return { kind: drive.kind, channel, medium: disk === null ? null : mediumOf(disk) };
      const firstSector = new Uint8Array(512);
      await disk?.prepare(0, firstSector.length);
      disk?.read(0, firstSector);
      return { kind: "disk", channel, byteLength: disk?.byteLength ?? 0, firstSector };
    }),
  );
}
