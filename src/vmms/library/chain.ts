import type { DiskFormat } from "../../hvdef/index.ts";
import { type CachedFile, cachedFile, type Disk, openImage, type VhdHead } from "../../storage/index.ts";
import { assemble, HvError, type Scope } from "../../support/index.ts";
import { missingError } from "../file-store.ts";
import { keyOf, sameName } from "./names.ts";
import { type FileFacts, type FileHold, type Shelf, usable } from "./shelf.ts";

/** Layers of one chain at most. Reason: every one is an open file, and each read may have to ask them all. */
export const chainLimit = 128;

/** A file of the library with all it builds on, open as one disk. */
export interface OpenChain {
  /** Its owner disposes it, which closes every file. */
  readonly disk: Disk;
  /** From the file to its base. */
  readonly names: readonly string[];
  /** What the file says of itself; `null` when it is no VHD. */
  readonly vhd: VhdHead | null;
  /** Writes what caches hold; called often. */
  writeBack(): void;
}

/** For whom and what for a chain is opened. */
export interface ChainUse {
  /** `write` concerns the file itself; what it builds on is only read. */
  readonly access: "write" | "read";
  readonly holder: string;
  readonly signal: AbortSignal;
}

interface Layer {
  readonly disk: Disk;
  readonly names: readonly string[];
  readonly cache: CachedFile | null;
  readonly releases: readonly (() => void)[];
  readonly facts: Extract<FileFacts, { kind: "usable" }>;
}

/** How often what the format holds back goes into the file, in calls of `writeBack`: every second. */
const callsBetweenCommits = 10;

/** Opens a file and its parents. @throws HvError that names the file at fault and what would help */
export async function openChain(shelf: Shelf, name: string, use: ChainUse): Promise<OpenChain> {
  const hold: FileHold = { holder: use.holder, access: use.access, disk: null };
  const layer = await assemble(async (scope) => {
    const opened = await openLayer(shelf, { name, use, hold, above: [] }, scope);
    scope.move();
    return opened;
  });
  const foreign = layer.names.flatMap((one) => shelf.foreignNamed(one) ?? []);
  let closed = false;
  let calls = 0;
  const disk: Disk = {
    ...layer.disk,
    [Symbol.dispose]() {
      if (closed) return;
      closed = true;
      try {
        layer.disk.writeBack?.();
        layer.disk[Symbol.dispose]();
      } finally {
        for (const release of layer.releases) release();
        // Opening it for writing has mended the footer.
        if (layer.facts.vhd?.fromCopy === true) shelf.forget(name);
      }
    },
  };
  hold.disk = disk;
  return {
    disk,
    names: layer.names,
    vhd: layer.facts.vhd,
    writeBack() {
      if (++calls % callsBetweenCommits === 0) layer.disk.writeBack?.();
      layer.cache?.writeBack();
      for (const one of foreign) one.writeBack();
    },
  };
}

interface Wanted {
  readonly name: string;
  readonly use: ChainUse;
  readonly hold: FileHold;
  /** Names of the layers that build on it, the nearest last. */
  readonly above: readonly string[];
}

async function openLayer(shelf: Shelf, wanted: Wanted, scope: Scope): Promise<Layer> {
  const { use, above } = wanted;
  use.signal.throwIfAborted();
  const name = await shelf.find(wanted.name);
  if (name === null) throw missing(wanted.name, above);
  if (above.some((one) => sameName(one, name)))
    throw chainError(`${[...above, name].join(" → ")}: each builds on the next, in a circle.`);
  if (above.length >= chainLimit)
    throw chainError(
      `${above[0]} builds on more than ${chainLimit} disks, one on the other. Merge some first.`,
    );
  const facts = usable(name, await shelf.factsOf(name));
  const release = await shelf.take(name, wanted.hold);
  scope.defer(release);
  const foreign = shelf.foreignNamed(name);
  if (foreign !== undefined) {
    const disk = scope.own(await foreign.open());
    return { disk, names: [name], cache: null, releases: [release], facts };
  }
  return openFileLayer(shelf, { ...wanted, name, facts, release }, scope);
}

async function openFileLayer(
  shelf: Shelf,
  wanted: Wanted & { readonly facts: Layer["facts"]; readonly release: () => void },
  scope: Scope,
): Promise<Layer> {
  const { name, use, hold, above, facts, release } = wanted;
  const { access } = hold;
  const cache = scope.own(cachedFile(await shelf.open(name, { access, holder: use.holder })));
  const parent =
    facts.format === "differencing" ? await openParent(shelf, { name, use, above, facts }, scope) : null;
  const outcome = openImage(cache, {
    format: facts.vhd === null ? plainFormat(facts.format) : "vhd",
    readOnly: access === "read" || facts.format === "iso",
    ...(parent === null ? {} : { parent: identityOf(parent) }),
  });
  if (outcome.kind !== "disk")
    throw new HvError("disk.unusable", `${name} cannot be used. ${outcome.text}`, { hresult: 0x80070570 });
  return {
    disk: scope.own(outcome.disk),
    names: [name, ...(parent?.names ?? [])],
    cache,
    releases: [release, ...(parent?.releases ?? [])],
    facts,
  };
}

async function openParent(
  shelf: Shelf,
  child: {
    readonly name: string;
    readonly use: ChainUse;
    readonly above: readonly string[];
    readonly facts: Layer["facts"];
  },
  scope: Scope,
): Promise<Layer> {
  const { name, use, above, facts } = child;
  const hold: FileHold = { holder: use.holder, access: "read", disk: null };
  const parent = facts.vhd?.parent?.name ?? "";
  return openLayer(shelf, { name: parent, use, hold, above: [...above, name] }, scope);
}

function plainFormat(format: DiskFormat): "raw" | "iso" | "floppy" {
  return format === "iso" || format === "floppy" ? format : "raw";
}

function identityOf(layer: Layer): { disk: Disk; uniqueId: Uint8Array<ArrayBuffer>; timeStamp: number } {
  const head = layer.facts.vhd;
  if (head === null)
    throw new HvError("disk.parent", `${layer.names[0]} is no VHD: nothing can build on it.`);
  return { disk: layer.disk, uniqueId: head.uniqueId, timeStamp: head.footer.timeStamp };
}

function missing(name: string, above: readonly string[]): HvError {
  const child = above.at(-1);
  if (child === undefined) return missingError(name);
  return new HvError(
    "disk.parentMissing",
    `${child} builds on ${name === "" ? "a disk it does not name" : name}, which is not in the library. Import it, or reconnect ${child} to its parent.`,
    { hresult: 0xc03a000e },
  );
}

function chainError(text: string): HvError {
  return new HvError("disk.chain", text, { hresult: 0xc03a000d });
}

/** @throws HvError when nothing may build on a file because its chain is as long as a chain may be */
export async function checkRoomAbove(shelf: Shelf, name: string): Promise<void> {
  if ((await chainNames(shelf, name)).length < chainLimit) return;
  throw chainError(`${name} builds on so many disks that none can build on it. Merge some first.`);
}

/** The names of a chain from a file to its base, without opening it; ends where a parent cannot be found. */
export async function chainNames(shelf: Shelf, name: string): Promise<readonly string[]> {
  const names: string[] = [];
  const seen = new Set<string>();
  for (let next: string | null = name; next !== null && names.length <= chainLimit; ) {
    const found = await shelf.find(next);
    if (found === null || seen.has(keyOf(found))) break;
    seen.add(keyOf(found));
    names.push(found);
    const facts = await shelf.factsOf(found);
    next = facts.kind === "usable" ? (facts.vhd?.parent?.name ?? null) : null;
  }
  return names;
}
