import type { DiskFormat, DiskJobRequest } from "../../hvdef/index.ts";
import type { Steps, ToolOutcome, VhdHead, VhdIdentity } from "../../storage/index.ts";
import { HvError } from "../../support/index.ts";
import { missingError } from "../file-store.ts";
import { type FileFacts, type Shelf, usable } from "./shelf.ts";

/** What tasks need beside the shelf. */
export interface TaskSurroundings {
  /** An identity no other disk has. */
  newIdentity(): VhdIdentity;
  /** A file has gone into another: drives that hold it hold the other from now on. */
  replaced(from: string, to: string): Promise<void>;
}

/** One kind of request. */
export type Request<K extends DiskJobRequest["kind"]> = Extract<DiskJobRequest, { kind: K }>;

/** What a job works on. */
export interface Task {
  readonly shelf: Shelf;
  readonly around: TaskSurroundings;
  readonly steps: Steps;
  /** How the job calls itself to whoever finds a file in use. */
  readonly holder: string;
}

/** What a tool made, or its trouble as an error in its own words. */
export function done<T>(outcome: ToolOutcome<T>): { readonly kind: "done" } & T {
  if (outcome.kind === "done") return outcome;
  throw new HvError(`disk.${outcome.kind}`, outcome.text, {
    hresult: outcome.kind === "noSpace" ? 0x80070070 : 0x80070057,
  });
}

/** A file of the store by its stored name. @throws HvError when there is none or it is kept elsewhere */
export async function kept({ shelf }: Task, name: string): Promise<string> {
  const stored = await shelf.find(name);
  if (stored === null) throw missingError(name);
  const foreign = shelf.foreignNamed(stored);
  if (foreign === undefined) return stored;
  const text = foreign.shared
    ? `${stored} belongs to the site: it can be read and built on, not changed.`
    : `${stored} is a pass-through disk: only the guest changes it. Convert it to a virtual hard disk first.`;
  throw new HvError("disk.foreign", text, { hresult: 0x80070057 });
}

/** Holds a file for the job's own use; nobody may build on it or use it. */
export async function own<T>(
  task: Task,
  name: string,
  work: (stored: string, facts: FileFacts) => Promise<T>,
): Promise<T> {
  const { shelf, holder } = task;
  const stored = await kept(task, name);
  const release = await shelf.take(stored, { holder, access: "write", disk: null });
  try {
    return await work(stored, await shelf.factsOf(stored));
  } finally {
    release();
    shelf.forget(stored);
  }
}

/** While something is made of a disk that others may build on, nobody writes to it. */
export async function withParent<T>(
  task: Task,
  name: string,
  work: (parent: NamedHead) => Promise<T>,
): Promise<T> {
  const { shelf, holder } = task;
  const found = await shelf.find(name);
  if (found === null) throw new HvError("storage.missing", `There is no file ${name} to build on.`);
  const release = await shelf.take(found, { holder, access: "read", disk: null });
  try {
    const facts = usable(found, await shelf.factsOf(found));
    const head = checkVhd(found, facts, "have differencing disks");
    return await work({ name: found, head });
  } finally {
    release();
  }
}

/** A virtual hard disk by its stored name. */
export interface NamedHead {
  readonly name: string;
  readonly head: VhdHead;
}

type Usable = Extract<FileFacts, { kind: "usable" }>;

/** @throws HvError when a file is no virtual hard disk, which is needed for what is to be done */
export function checkVhd(name: string, { vhd, format }: Usable, doing: string): VhdHead {
  if (vhd !== null) return vhd;
  const wayOut = format === "iso" || format === "floppy" ? "" : " Convert it to a virtual hard disk first.";
  throw new HvError(
    "disk.format",
    `${name} is ${formatTitles[format]}: only virtual hard disks can ${doing}.${wayOut}`,
    { hresult: 0x80070057 },
  );
}

const formatTitles: Readonly<Record<DiskFormat, string>> = {
  fixed: "a fixed virtual hard disk",
  dynamic: "a dynamically expanding virtual hard disk",
  differencing: "a differencing disk",
  raw: "a raw image",
  iso: "a disc image",
  floppy: "a diskette image",
  device: "a pass-through disk",
};
