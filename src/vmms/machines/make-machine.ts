import type {
  BootFileRole,
  ByRole,
  DriveConfiguration,
  FileRole,
  NewMachine,
  NewMachineBoot,
  VmGuid,
} from "../../hvdef/index.ts";
import type { JobTable } from "../jobs.ts";
import type { DiskLibrary } from "../library/library.ts";
import type { IncomingFile } from "../library/take-in.ts";
import type { OwnMachines } from "./own-machines.ts";

/** How a file is read that the visitor picked. */
export type OpenOwnFile = () => Promise<IncomingFile>;

interface Makers {
  readonly own: OwnMachines;
  readonly library: Pick<DiskLibrary, "takeIn" | "remove">;
  readonly jobs: Pick<JobTable, "finished">;
}

const places: { readonly [R in "disk" | "disc" | "diskette"]: Omit<DriveConfiguration, "medium"> } = {
  disk: { slot: { controller: "IDE", number: 0, location: 0 }, kind: "disk" },
  disc: { slot: { controller: "IDE", number: 1, location: 0 }, kind: "dvd" },
  diskette: { slot: { controller: "floppy", number: 0, location: 0 }, kind: "floppy" },
};

/**
 * Takes the files in, then makes a machine that has them where it starts from. What was taken in for a machine that
 * could not be made goes again.
 *
 * @param plan  its drives and boot files besides those of `files`
 */
export async function makeMachine(
  makers: Makers,
  plan: NewMachine,
  files: ByRole<OpenOwnFile>,
): Promise<VmGuid> {
  const { own, library, jobs } = makers;
  // Names are known only when the files are here: what is wrong with the rest is said before they are copied.
  await own.check(withNames(plan, files, (role) => role));
  const undo: (() => Promise<void>)[] = [];
  const names = new Map<string, string>();

  async function takeDisk(role: keyof typeof places, open: OpenOwnFile): Promise<void> {
    const job = library.takeIn(`Take in a file for ${plan.name}`, open, async (name) => {
      names.set(role, name);
      undo.push(() => library.remove(name));
    });
    await jobs.finished(job);
  }
  async function takeBoot(role: BootFileRole, open: OpenOwnFile): Promise<void> {
    const name = await own.bootFiles.takeIn(role, open);
    names.set(role, name);
    undo.push(() => own.bootFiles.remove(name));
  }
  try {
    if (files.kernel !== undefined) await takeBoot("kernel", files.kernel);
    if (files.initramfs !== undefined) await takeBoot("initramfs", files.initramfs);
    if (files.disk !== undefined) await takeDisk("disk", files.disk);
    if (files.disc !== undefined) await takeDisk("disc", files.disc);
    if (files.diskette !== undefined) await takeDisk("diskette", files.diskette);
    return await own.create(withNames(plan, files, (role) => names.get(role) ?? role));
  } catch (failure) {
    for (const back of undo.reverse()) await back().catch(() => {});
    throw failure;
  }
}

/** The plan with the files where they belong. */
function withNames(
  plan: NewMachine,
  files: ByRole<OpenOwnFile>,
  nameOf: (role: FileRole) => string,
): NewMachine {
  const roles = ["disk", "disc", "diskette"] as const;
  const given = roles.filter((role) => files[role] !== undefined);
  const added = given.map(
    (role): DriveConfiguration => ({
      ...places[role],
      medium: { kind: "file", name: nameOf(role) },
    }),
  );
  const taken = new Set(added.map(({ slot }) => JSON.stringify(slot)));
  const others = plan.drives.filter(({ slot }) => !taken.has(JSON.stringify(slot)));
  return { ...plan, drives: [...others, ...added], boot: bootWith(plan.boot, files, nameOf) };
}

function bootWith(
  boot: NewMachineBoot,
  files: ByRole<OpenOwnFile>,
  nameOf: (role: FileRole) => string,
): NewMachineBoot {
  if (boot.kind !== "linux") return boot;
  return {
    ...boot,
    kernel: files.kernel === undefined ? boot.kernel : nameOf("kernel"),
    initrd: files.initramfs === undefined ? boot.initrd : nameOf("initramfs"),
  };
}
