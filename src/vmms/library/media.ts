import type { DriveConfiguration } from "../../hvdef/index.ts";
import { ramDisk } from "../../storage/index.ts";
import { HvError } from "../../support/index.ts";
import type { FirstDisk } from "../catalogue.ts";
import type { MediumSource, OpenMedium } from "../drives/rack.ts";
import { missingError } from "../file-store.ts";
import { openChain } from "./chain.ts";
import { checkName, sameName } from "./names.ts";
import { type Shelf, usable } from "./shelf.ts";
import type { TaskSurroundings } from "./task.ts";
import { childrenOf, performTask } from "./tasks.ts";

/** What media need beside the shelf. */
export interface MediaSurroundings extends TaskSurroundings {
  readonly firstDisks: readonly FirstDisk[];
  /** A file has come. */
  changed(): void;
}

/** Opens what is in a machine's drives. */
export function mediaOf(shelf: Shelf, around: MediaSurroundings): MediumSource {
  return {
    async check({ kind, medium }) {
      if (medium.kind !== "file" && medium.kind !== "device") return;
      const stored = await shelf.find(medium.name);
      if (stored === null) {
        if (around.firstDisks.some(({ name }) => sameName(name, medium.name))) return;
        throw missingError(medium.name);
      }
      const { format } = usable(stored, await shelf.factsOf(stored));
      if ((format === "device") !== (medium.kind === "device"))
        throw new HvError(
          "drive.medium",
          format === "device"
            ? `${stored} is a device of yours: choose it as a pass-through disk.`
            : `${stored} is a file of the library, no device.`,
          { hresult: 0x80070057 },
        );
      const fits =
        kind === "floppy" ? format === "floppy" : kind === "dvd" ? format === "iso" : format !== "iso";
      if (!fits)
        throw new HvError("drive.medium", `${stored} does not fit a ${driveTitles[kind]}.`, {
          hresult: 0x80070057,
        });
    },
    async open(drive, use) {
      const { medium, kind } = drive;
      switch (medium.kind) {
        case "empty":
          return null;
        case "memory":
          return { disk: ramDisk(medium.byteLength), kept: "memory", writeBack() {} };
        case "file":
        case "device":
          await makeFirstDisk(shelf, around, { name: medium.name, signal: use.signal });
          return openFile(shelf, medium.name, { ...use, access: accessOf(shelf, medium.name, kind) });
      }
    },
  };
}

/** Discs, and images of the site that many may build on, are only read. */
function accessOf(shelf: Shelf, name: string, kind: DriveConfiguration["kind"]): "read" | "write" {
  return kind === "dvd" || shelf.foreignNamed(name)?.shared === true ? "read" : "write";
}

const driveTitles = { disk: "hard disk", dvd: "DVD drive", floppy: "diskette drive" } as const;

async function openFile(
  shelf: Shelf,
  name: string,
  use: Parameters<typeof openChain>[2],
): Promise<OpenMedium> {
  if (use.access === "write") {
    const children = await childrenOf(shelf, name);
    if (children.length > 0)
      throw new HvError(
        "disk.hasChildren",
        `${name} is the parent of ${children.join(", ")}: writing to it would damage what builds on it. Use a differencing disk on it instead.`,
      );
  }
  const chain = await openChain(shelf, name, use);
  const foreign = shelf.foreignNamed(name);
  const isDevice = foreign !== undefined && !foreign.shared;
  return {
    disk: chain.disk,
    kept: isDevice ? "your device" : shelf.store.kept,
    writeBack: chain.writeBack,
  };
}

/** The differencing disk that a stock machine gets with its first start. */
async function makeFirstDisk(
  shelf: Shelf,
  around: MediaSurroundings,
  wanted: { readonly name: string; readonly signal: AbortSignal },
): Promise<void> {
  const first = around.firstDisks.find(({ name }) => sameName(name, wanted.name));
  if (first === undefined || (await shelf.find(first.name)) !== null) return;
  checkName(first.name);
  const steps = { signal: wanted.signal, step: async () => wanted.signal.throwIfAborted() };
  const request = { kind: "create", type: "differencing", ...first } as const;
  await performTask(shelf, around, { request, steps });
  around.changed();
}
