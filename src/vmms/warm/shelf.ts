import type { SavedMachine, StartReport } from "../../hvdef/index.ts";
import type { BlockFile } from "../../storage/index.ts";
import { assemble, HvError, reasonOf } from "../../support/index.ts";
import type { Start } from "../attempt.ts";
import type { StockVm } from "../catalogue.ts";
import { type FileStore, memoryStore } from "../file-store.ts";
import { type OpenSavedFiles, savedFiles } from "../saved/files.ts";
import { manifestOf, manifestPath } from "../site-manifest.ts";
import { descriptorPath, parseDescriptor, type WarmDescriptor } from "./descriptor.ts";
import { fetchWhole, type SiteParts } from "./fetch-whole.ts";
import { type MachineParts, misfit, warmTemplate } from "./template.ts";

/** What warm starts need of their host. */
export interface WarmSurroundings {
  /** States that were fetched. */
  readonly states: FileStore;
  siteText(path: string): Promise<string>;
  /** Opens something of the site by its index. @throws HvError */
  openSite(index: string): Promise<SiteParts>;
  readonly disks: {
    has(name: string): Promise<boolean>;
    /** Makes a disk file, whole or not at all. @throws HvError */
    make(name: string, fill: (file: BlockFile) => void): Promise<void>;
  };
  tell(level: "info" | "warning", text: string): void;
}

/** The warm start of one machine. */
export interface MachineWarm {
  /** What a start would be, for a machine that is off and has these parts. */
  describe(now: MachineParts): Promise<StartReport>;
  /**
   * The state to start from, with its disks in their places; `null` where the start must be cold, which is told.
   * Whoever takes it disposes it. @throws the signal's reason
   */
  take(now: MachineParts, wanted: Start): Promise<OpenSavedFiles | null>;
  /** It turned out not to be of use: starts are cold from now on. */
  refuse(reason: string): void;
}

const holder = "the warm start of a machine";
const copyBytes = 1 << 20;

/** Whether a start is warm, and the state for it. */
type Way =
  | { readonly kind: "warm"; readonly descriptor: WarmDescriptor; readonly here: boolean }
  | { readonly kind: "cold"; readonly reason: string | null };

/** Opens the warm start of a machine, which may have none. */
export function openMachineWarm(stock: StockVm, around: WarmSurroundings): MachineWarm {
  const { states, siteText, disks, tell } = around;
  const template = warmTemplate(stock);
  const stateName = stock.warm ?? stock.name;
  let described: Promise<WarmDescriptor | null> | null = null;
  let refused: string | null = null;
  /** The last that a start was given. */
  let taken: WarmDescriptor | null = null;

  function descriptor(): Promise<WarmDescriptor | null> {
    described ??= siteText(descriptorPath(stateName)).then(parseDescriptor, () => {
      // A site without it; or one that cannot be reached, which may pass.
      described = null;
      return null;
    });
    return described.catch((failure: unknown) => {
      refused = `What this site says of its warm state is damaged (${reasonOf(failure)}). Build it again with npm run images.`;
      return null;
    });
  }
  async function find(now: MachineParts): Promise<Way> {
    if (template === null) return { kind: "cold", reason: null };
    const fault = refused ?? misfit(template, now);
    if (fault !== null) return { kind: "cold", reason: fault };
    const found = await descriptor();
    if (found === null) return { kind: "cold", reason: refused };
    for (const { name } of found.disks)
      if (await disks.has(name)) return { kind: "cold", reason: usedDisk(name) };
    const here = await savedFiles(states, keptName(stateName, found)).has();
    // What is here was compared when it was fetched.
    const other = here ? null : await otherImage(found, siteText);
    return other === null ? { kind: "warm", descriptor: found, here } : { kind: "cold", reason: other };
  }

  /** Where all of the state is now: with this page only when the browser's storage has no place for it. */
  async function bring(found: WarmDescriptor, wanted: Start): Promise<FileStore> {
    try {
      await fetchState(around, { into: states, name: keptName(stateName, found), found, wanted });
      await forgetOthers(states, stateName, found);
      return states;
    } catch (failure) {
      if (!(failure instanceof HvError) || !failure.code.startsWith("storage.")) throw failure;
      const into = memoryStore();
      await fetchState(around, { into, name: keptName(stateName, found), found, wanted });
      return into;
    }
  }
  /** What is of no use is fetched anew the next time. */
  async function forget(found: WarmDescriptor): Promise<void> {
    await savedFiles(states, keptName(stateName, found))
      .remove()
      .catch(() => {});
  }
  async function open(found: WarmDescriptor, from: FileStore): Promise<OpenSavedFiles> {
    const name = keptName(stateName, found);
    for (const [place, disk] of found.disks.entries()) await putDisk(from, `${name}.${place}`, disk.name);
    const open = await savedFiles(from, name).open();
    return { ...open, machine: withoutAddresses(open.machine) };
  }
  function putDisk(from: FileStore, kept: string, name: string): Promise<void> {
    return assemble(async (scope) => {
      const source = scope.own(await from.open(kept, { access: "read", holder }));
      await disks.make(name, (file) => copy(source, file));
    });
  }

  return {
    async describe(now) {
      const way = await find(now);
      if (way.kind === "cold") return way;
      return { kind: "warm", downloadBytes: way.here ? 0 : way.descriptor.bytes };
    },
    async take(now, wanted) {
      // The site may take for ever to answer.
      const way = await Promise.race([find(now), wanted.unwanted]);
      if (way.kind === "cold") {
        if (way.reason !== null) tell("info", `${stock.name} starts cold. ${way.reason}`);
        return null;
      }
      taken = way.descriptor;
      try {
        const from = way.here ? states : await bring(way.descriptor, wanted);
        return await open(way.descriptor, from);
      } catch (failure) {
        wanted.signal.throwIfAborted();
        await forget(way.descriptor);
        tell("warning", `${stock.name} starts cold: its warm state cannot be had. ${reasonOf(failure)}`);
        return null;
      }
    },
    refuse(reason) {
      refused = reason;
      if (taken !== null) void forget(taken);
    },
  };
}

/** The guest of a warm state has not looked at its emulated adapters yet: each machine brings its own addresses. */
function withoutAddresses(machine: SavedMachine): SavedMachine {
  const units = Object.entries(machine.units).filter(([name]) => !name.startsWith("legacynic:"));
  return { ...machine, units: Object.fromEntries(units) };
}

const keptName = (state: string, { id }: WarmDescriptor): string => `${state} ${id}`;

function usedDisk(name: string): string {
  return `Its disk ${name} has been used since, and a warm start needs it as new: remove it among the virtual hard disks to start warm again.`;
}

/** Why the state does not belong to the images of this site; `null`: it does. */
async function otherImage(
  { images }: WarmDescriptor,
  siteText: WarmSurroundings["siteText"],
): Promise<string | null> {
  const manifest = await siteText(manifestPath).then(manifestOf, () => null);
  const other = images.find(({ path, sha256 }) => manifest?.get(path)?.sha256 !== sha256);
  if (other === undefined) return null;
  return `Its warm state was made of another ${other.path}. Build it again with npm run images.`;
}

/** Fetches all of a state; the file that counts comes last. */
async function fetchState(
  { openSite }: Pick<WarmSurroundings, "openSite">,
  state: {
    readonly into: FileStore;
    readonly name: string;
    readonly found: WarmDescriptor;
    readonly wanted: Start;
  },
): Promise<void> {
  const { into, name, found, wanted } = state;
  const files: readonly (readonly [name: string, index: string])[] = [
    [`${name}.bin`, found.pages],
    ...found.disks.map(({ index }, place) => [`${name}.${place}`, index] as const),
    [`${name}.vsv.part`, found.devices],
  ];
  for (const [file, index] of files) {
    const site = await Promise.race([openSite(index), wanted.unwanted]);
    await assemble(async (scope) => {
      const target = scope.own(await into.open(file, { access: "write", holder }));
      await fetchWhole(site, target, wanted.signal);
    });
  }
  await into.rename(`${name}.vsv.part`, `${name}.vsv`);
}

/** States of the machine that the site has no longer. */
async function forgetOthers(states: FileStore, state: string, found: WarmDescriptor): Promise<void> {
  for (const { name } of await states.list())
    if (name.startsWith(`${state} `) && !name.startsWith(keptName(state, found)))
      await states.remove(name).catch(() => {});
}

function copy(from: BlockFile, to: BlockFile): void {
  for (let at = 0; at < from.size(); at += copyBytes) {
    const bytes = new Uint8Array(Math.min(copyBytes, from.size() - at));
    from.readAt(at, bytes);
    to.writeAt(at, bytes);
  }
}
