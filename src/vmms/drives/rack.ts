import {
  type DriveConfiguration,
  type DriveSlot,
  type DriveSummary,
  type Medium,
  sameSlot,
} from "../../hvdef/index.ts";
import type { Disk } from "../../storage/index.ts";
import { openScope } from "../../support/index.ts";

/** An open medium. Its owner disposes the disk, which closes the files. */
export interface OpenMedium {
  readonly disk: Disk;
  readonly kept: DriveSummary["kept"];
  /** Writes what caches still hold; the guest did not ask for it, but a closing tab must not lose it. */
  writeBack(): void;
}

/** Where media come from. */
export interface MediumSource {
  /** Refuses at once what could not be opened later. @throws HvError */
  check(drive: DriveConfiguration): Promise<void>;
  /**
   * Opens what is in a drive; `null` when it is empty.
   * @throws HvError in words that name the file and the way out, or the signal's reason
   */
  open(
    drive: DriveConfiguration,
    use: { readonly holder: string; readonly signal: AbortSignal },
  ): Promise<OpenMedium | null>;
}

/** A drive with its medium. */
export interface AttachedDrive {
  readonly drive: DriveConfiguration;
  readonly medium: OpenMedium | null;
}

/** The drives of a running machine with their open media, which it owns. */
export interface DriveRack extends Disposable {
  readonly attached: readonly AttachedDrive[];
  /** Puts in a drive, or another medium into one: the medium before it is closed. */
  put(drive: DriveConfiguration, medium: OpenMedium | null): void;
  /** Takes a drive out and closes its medium. */
  take(slot: DriveSlot): void;
  writeBack(): void;
}

/** An empty rack. */
export function openRack(): DriveRack {
  let attached: readonly AttachedDrive[] = [];

  function take(slot: DriveSlot): void {
    const old = attached.find(({ drive }) => sameSlot(drive.slot, slot));
    attached = attached.filter((one) => one !== old);
    old?.medium?.disk[Symbol.dispose]();
  }
  return {
    get attached() {
      return attached;
    },
    put(drive, medium) {
      const old = attached.find((one) => sameSlot(one.drive.slot, drive.slot));
      const next = { drive, medium };
      attached = old === undefined ? [...attached, next] : attached.map((one) => (one === old ? next : one));
      old?.medium?.disk[Symbol.dispose]();
    },
    take,
    writeBack() {
      for (const { medium } of attached) medium?.writeBack();
    },
    [Symbol.dispose]() {
      // One that cannot be closed must not keep the others open.
      const all = openScope();
      for (const { medium } of attached) if (medium !== null) all.own(medium.disk);
      attached = [];
      all[Symbol.dispose]();
    },
  };
}

/** A drive as a person asks about it. */
export function describeDrive(
  drive: DriveConfiguration,
  open: OpenMedium | null,
  kept: "browser storage" | "memory",
): DriveSummary {
  return {
    ...drive,
    title: mediumTitle(drive.medium),
    byteLength: open?.disk.byteLength ?? null,
    kept: open?.kept ?? keptWhere(drive.medium, kept),
  };
}

function mediumTitle(medium: Medium): string {
  switch (medium.kind) {
    case "empty":
      return "empty";
    case "file":
    case "device":
      return medium.name;
    case "memory":
      return "memory";
  }
}

function keptWhere(medium: Medium, kept: "browser storage" | "memory"): DriveSummary["kept"] {
  if (medium.kind === "device") return "your device";
  return medium.kind === "memory" ? "memory" : kept;
}
