import {
  type DriveConfiguration,
  type DriveDescription,
  type DriveMedium,
  type DriveSlot,
  type DriveSummary,
  type Medium,
  sameSlot,
} from "../../hvdef/index.ts";
import type { Disk } from "../../storage/index.ts";
import { assemble, HvError, openTurns } from "../../support/index.ts";
import type { Start } from "../attempt.ts";
import { sameName } from "../library/names.ts";
import { savedError } from "../saved/locked.ts";
import { type DriveServices, emulatedPlace } from "../services.ts";
import {
  type AttachedDrive,
  type DriveRack,
  describeDrive,
  type MediumSource,
  type OpenMedium,
  openRack,
} from "./rack.ts";
import { type DriveSet, driveAt, withDrive, withMedium, withoutDrive, withScsiControllers } from "./rules.ts";

/** The drives of a machine that runs. */
export interface RunningDrives {
  readonly rack: DriveRack;
  readonly services: Pick<DriveServices, "place">;
  /** Tells the emulated drive of a channel what lies in it now. */
  setEmulated(channel: number, medium: DriveMedium | null): Promise<void>;
}

/** Whether drives can be changed now, and how. */
export type DrivePower = "off" | "busy" | "saved" | RunningDrives;

type SettledPower = Exclude<DrivePower, "busy" | "saved">;

/** The drives of one machine. Changes reject with HvError `drive.*`, or what a medium refuses with. */
export interface MachineDrives {
  set(): DriveSet;
  summary(): readonly DriveSummary[];
  /**
   * Opens every medium for a start. Nothing stays open when one refuses.
   * @param start  `unwanted` rejects when the signal is aborted: what still opens then is closed when it comes
   */
  openAll(start: Start): Promise<DriveRack>;
  add(drive: DriveConfiguration): Promise<void>;
  remove(slot: DriveSlot): Promise<void>;
  setMedium(slot: DriveSlot, medium: Medium): Promise<void>;
  setScsiControllers(count: number): Promise<void>;
  /** Another file has taken the place of one that is not open: the drives that hold it follow. */
  replaced(from: string, to: string): Promise<void>;
}

/** What the drives need of their machine. */
export interface DrivesOf {
  /** Name of the machine, for people. */
  readonly name: string;
  readonly media: MediumSource;
  readonly kept: "browser storage" | "memory";
  power(): DrivePower;
  /** Open media, in whatever state the machine is; `null` when it has none. */
  rack(): DriveRack | null;
  /** Makes a set last over a reload. */
  keep(set: DriveSet): Promise<void>;
  /** The set is another one. */
  changed(): void;
}

const never = new AbortController().signal;

/** Takes the drives of a machine under management. */
export function openMachineDrives(first: DriveSet, machine: DrivesOf): MachineDrives {
  const holder = `the virtual machine ${machine.name}`;
  let set = first;
  /** One change at a time: each sees what the one before has made. */
  const turns = openTurns();

  function adopt(next: DriveSet): void {
    set = next;
    machine.changed();
  }
  function change(work: (power: SettledPower) => Promise<DriveSet>): Promise<void> {
    return turns.take(async () => {
      const power = machine.power();
      if (power === "busy")
        throw new HvError("vm.state", `Wait until ${machine.name} has settled, then change its drives.`);
      if (power === "saved") throw savedError(machine.name, "drives");
      const next = await work(power);
      // What a running machine has got is so, whether it lasts or not.
      if (power !== "off") adopt(next);
      await machine.keep(next);
      if (power === "off") adopt(next);
    });
  }
  const open = (drive: DriveConfiguration, signal: AbortSignal) =>
    machine.media.open(drive, { holder, signal });

  /** Opens a medium for a machine that runs. One that comes too late is closed. */
  async function openFor({ rack }: RunningDrives, drive: DriveConfiguration): Promise<OpenMedium | null> {
    const medium = await open(drive, never);
    if (machine.rack() === rack) return medium;
    medium?.disk[Symbol.dispose]();
    throw new HvError("vm.state", `${machine.name} was turned off meanwhile; its drives are as they were.`);
  }

  async function add(drive: DriveConfiguration): Promise<void> {
    await change(async (power) => {
      const next = withDrive(set, drive, onOrOff(power));
      await machine.media.check(drive);
      if (power !== "off") {
        const medium = await openFor(power, drive);
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
      if (power !== "off") await swap(power, drive, await openFor(power, drive));
      return next;
    });
  }

  /** Changes a medium that was opened before: one that the drive refuses leaves the old one in it. */
  async function swap(
    power: RunningDrives,
    drive: DriveConfiguration,
    medium: OpenMedium | null,
  ): Promise<void> {
    const { rack } = power;
    const old = rack.attached.find((one) => sameSlot(one.drive.slot, drive.slot))?.medium ?? null;
    try {
      await insert(power, drive.slot, medium);
    } catch (failure) {
      if (machine.rack() === rack) await insert(power, drive.slot, old).catch(() => {});
      medium?.disk[Symbol.dispose]();
      throw failure;
    }
    if (machine.rack() === rack) rack.put(drive, medium);
    else medium?.disk[Symbol.dispose]();
  }

  function describe(): readonly DriveSummary[] {
    const attached = machine.rack()?.attached ?? [];
    return set.drives.map((drive) => {
      const known = attached.find((one) => sameSlot(one.drive.slot, drive.slot));
      return describeDrive(drive, known?.medium ?? null, machine.kept);
    });
  }

  /** A change under way comes first: the machine starts with what it makes. */
  async function openAll(start: Start): Promise<DriveRack> {
    await turns.over();
    return assemble(async (scope) => {
      const rack = scope.own(openRack());
      for (const drive of set.drives) rack.put(drive, await orGiveUp(open(drive, start.signal), start));
      scope.move();
      return rack;
    });
  }

  return {
    set: () => set,
    summary: describe,
    openAll,
    add,
    remove,
    setMedium,
    setScsiControllers: (count) => change(async (power) => withScsiControllers(set, count, onOrOff(power))),
    async replaced(from, to) {
      const holds = ({ medium }: DriveConfiguration): boolean =>
        medium.kind === "file" && sameName(medium.name, from);
      await turns.take(async () => {
        if (!set.drives.some(holds)) return;
        const drives = set.drives.map(
          (drive): DriveConfiguration =>
            holds(drive) ? { ...drive, medium: { kind: "file", name: to } } : drive,
        );
        const next = { ...set, drives };
        await machine.keep(next);
        adopt(next);
      });
    },
  };
}

/** The drive is empty for a moment, as when a person changes a disc. */
async function insert(
  { services, setEmulated }: RunningDrives,
  slot: DriveSlot,
  medium: OpenMedium | null,
): Promise<void> {
  const channel = emulatedPlace(slot);
  await setEmulated(channel, null);
  services.place(slot, null);
  if (medium === null) return;
  services.place(slot, medium.disk);
  await setEmulated(channel, mediumOf(medium.disk));
}

/** Waits for a medium no longer than it is wanted. One that comes later is closed. */
async function orGiveUp(
  opening: Promise<OpenMedium | null>,
  { signal, unwanted }: Start,
): Promise<OpenMedium | null> {
  try {
    signal.throwIfAborted();
    return await Promise.race([opening, unwanted]);
  } catch (failure) {
    opening.then((late) => late?.disk[Symbol.dispose]()).catch(() => {});
    throw failure;
  }
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
      if (disk?.read(0, firstSector) !== "ok") firstSector.fill(0);
      return { kind: "disk", channel, byteLength: disk?.byteLength ?? 0, firstSector };
    }),
  );
}
