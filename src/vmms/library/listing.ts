import type { BlockMap, DiskFileSummary, DiskFormat, DiskReport, VmGuid } from "../../hvdef/index.ts";
import { parentMisfit, surveyVhd, type VhdHead } from "../../storage/index.ts";
import { assemble, HvError } from "../../support/index.ts";
import { missingError } from "../file-store.ts";
import { chainNames, openChain } from "./chain.ts";
import { keyOf, sameName } from "./names.ts";
import { type FileFacts, type Shelf, usable } from "./shelf.ts";

/** A machine that has a file in one of its drives. */
export interface FileUser {
  readonly vm: VmGuid;
  readonly name: string;
  /** Names of the files its drives hold. */
  readonly files: readonly string[];
}

/** What looks at the library call themselves to others. */
const holder = "the library of disks";
const never = new AbortController().signal;

/** Everything in the library, in the order of names. */
export async function listFiles(
  shelf: Shelf,
  users: readonly FileUser[],
): Promise<readonly DiskFileSummary[]> {
  const stored = await shelf.files();
  const all = [
    ...stored.map(({ name, bytes }) => ({ name, bytes, fetched: null })),
    ...shelf.foreign().map((disk) => ({ name: disk.name, bytes: disk.fileBytes(), fetched: disk.fetched() })),
  ];
  const facts = new Map<string, FileFacts>();
  for (const { name } of all) facts.set(keyOf(name), await shelf.factsOf(name));
  return all.map(({ name, bytes, fetched }) => {
    const known = facts.get(keyOf(name)) ?? { kind: "unusable", text: "" };
    const parent = parentOf(known);
    return {
      name,
      format: known.kind === "usable" ? known.format : "unusable",
      fileBytes: bytes,
      byteLength: known.kind === "usable" ? known.byteLength : 0,
      parent,
      children: all.flatMap((other) =>
        sameName(parentOf(facts.get(keyOf(other.name))) ?? "", name) ? [other.name] : [],
      ),
      usedBy: users.flatMap(({ vm, name: title, files }) =>
        files.some((file) => sameName(file, name)) ? [{ vm, name: title }] : [],
      ),
      inUse: shelf.holds(name).length > 0,
      fetched,
      trouble: troubleOf(name, known, facts),
    };
  });
}

function parentOf(facts: FileFacts | undefined): string | null {
  return facts?.kind === "usable" ? (facts.vhd?.parent?.name ?? null) : null;
}

/** What is wrong with a file as far as its own head and its parent's tell. */
function troubleOf(name: string, facts: FileFacts, all: ReadonlyMap<string, FileFacts>): string | null {
  if (facts.kind === "unusable") return facts.text;
  if (facts.vhd?.parent != null) {
    const wanted = facts.vhd.parent;
    const parent = all.get(keyOf(wanted.name));
    if (parent === undefined)
      return `Its parent ${wanted.name} is not in the library. Import it, or reconnect ${name} to its parent.`;
    if (parent.kind === "unusable") return `Its parent ${wanted.name} cannot be used. ${parent.text}`;
    if (parent.vhd === null) return `Its parent ${wanted.name} is no virtual hard disk.`;
    const { uniqueId, footer, byteLength } = parent.vhd;
    const traits = { uniqueId, timeStamp: footer.timeStamp, disk: { byteLength } };
    const misfit = parentMisfit(facts.vhd, traits);
    if (misfit !== null) return misfit.text;
  }
  if (facts.vhd?.fromCopy === true) return "Its footer is damaged; the copy at its start is used. Repair it.";
  return null;
}

/** Everything the Inspect dialog shows. @throws HvError `storage.missing` */
export async function inspectFile(
  shelf: Shelf,
  name: string,
  users: readonly FileUser[],
): Promise<DiskReport> {
  const summary = (await listFiles(shelf, users)).find((file) => sameName(file.name, name));
  if (summary === undefined) throw missingError(name);
  const facts = await shelf.factsOf(summary.name);
  const chain = await chainNames(shelf, summary.name);
  return {
    ...summary,
    chain,
    vhd: facts.kind === "usable" ? await vhdReport(shelf, summary.name, facts) : null,
  };
}

async function vhdReport(
  shelf: Shelf,
  name: string,
  { vhd }: Extract<FileFacts, { kind: "usable" }>,
): Promise<DiskReport["vhd"]> {
  if (vhd === null) return null;
  const survey = await surveyOf(shelf, name, vhd);
  return {
    uniqueId: vhd.uniqueIdText,
    created: vhd.created,
    creator: vhd.creator,
    geometry: {
      cylinders: vhd.geometry.cylinders,
      heads: vhd.geometry.heads,
      sectors: vhd.geometry.sectorsPerTrack,
    },
    blockBytes: vhd.sparse?.blockBytes ?? null,
    ...survey,
    repaired: vhd.fromCopy,
  };
}

interface BlockCount {
  readonly blocks: number;
  readonly allocatedBlocks: number;
  readonly fragmentation: number | null;
}

/** Counts blocks in the file itself; in one that is being written to, by what the open disk says. */
async function surveyOf(shelf: Shelf, name: string, vhd: VhdHead): Promise<BlockCount> {
  const blocks = vhd.sparse?.blocks ?? 1;
  const open = shelf.holds(name).find(({ access }) => access === "write")?.disk;
  const whole = { blocks, allocatedBlocks: blocks, fragmentation: 0 };
  if (open != null) {
    const cells = open.layers()[0]?.allocation(Math.min(65_536, Math.max(1, blocks))) ?? new Uint8Array(1);
    const share = cells.filter((cell) => cell > 0).length / cells.length;
    return { blocks, allocatedBlocks: Math.round(share * blocks), fragmentation: null };
  }
  if (shelf.foreignNamed(name) !== undefined) return whole;
  return shelf.look((looker) =>
    assemble(async (scope) => {
      const file = scope.own(await looker.open(name, { access: "read", holder }));
      const found = surveyVhd(file, vhd);
      if (found.kind !== "survey") return whole;
      const { allocatedBlocks, fragmentation } = found;
      return { blocks: found.blocks, allocatedBlocks, fragmentation };
    }),
  );
}

/** Which parts of a disk each layer holds: of the open disk where there is one, else it is opened for this. */
export async function mapBlocks(shelf: Shelf, name: string, cells: number): Promise<BlockMap> {
  if (!Number.isInteger(cells) || cells < 1 || cells > 65_536)
    throw new HvError("disk.cells", "A block map has 1 to 65536 cells.");
  const names = await chainNames(shelf, name);
  const open = shelf.holds(name).find(({ disk }) => disk !== null)?.disk;
  if (open != null) return drawMap(shelf, { names, cells }, open);
  return shelf.look((looker) =>
    assemble(async (scope) => {
      const chain = await openChain(looker, name, { access: "read", holder, signal: never });
      scope.own(chain.disk);
      return drawMap(looker, { names: chain.names, cells }, chain.disk);
    }),
  );
}

async function drawMap(
  shelf: Shelf,
  wanted: { readonly names: readonly string[]; readonly cells: number },
  disk: { readonly byteLength: number; layers(): readonly { allocation(cells: number): Uint8Array }[] },
): Promise<BlockMap> {
  const cells = Math.min(wanted.cells, disk.byteLength / 512);
  const formats: DiskFormat[] = [];
  for (const name of wanted.names) formats.push(usable(name, await shelf.factsOf(name)).format);
  return {
    layers: disk.layers().map((layer, place) => ({
      name: wanted.names[place] ?? "",
      format: formats[place] ?? "raw",
      cells: layer.allocation(cells),
    })),
    cellBytes: disk.byteLength / cells,
  };
}
