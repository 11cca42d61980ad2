import type { DiskJobRequest } from "../../hvdef/index.ts";
import {
  type ChainLink,
  cachedFile,
  compact as compactVhd,
  convert as convertDisk,
  createDifferencingVhd,
  createDynamicVhd,
  createFixedVhd,
  type Disk,
  expand as expandVhd,
  mergeIntoParent,
  reconnect as reconnectVhd,
  repairFooter,
  type Steps,
  type ToolOutcome,
  type VhdIdentity,
  validate as validateVhd,
} from "../../storage/index.ts";
import { assemble, HvError, unreachable } from "../../support/index.ts";
import { type ChainUse, chainNames, openChain } from "./chain.ts";
import { sameName } from "./names.ts";
import { makeFile, replaceFile } from "./new-file.ts";
import { type Shelf, usable } from "./shelf.ts";

/** What tasks need beside the shelf. */
export interface TaskSurroundings {
  /** An identity no other disk has. */
  newIdentity(): VhdIdentity;
  /** A file has gone into another: drives that hold it hold the other from now on. */
  replaced(from: string, to: string): Promise<void>;
}

/** Bytes of the usual diskette. */
const floppyBytes = 1440 * 1024;

type Request<K extends DiskJobRequest["kind"]> = Extract<DiskJobRequest, { kind: K }>;

/** What a job is called. */
export function taskTitle(request: DiskJobRequest): string {
  switch (request.kind) {
    case "create":
    case "createFloppy":
      return `Create ${request.name}`;
    case "convert":
      return `Convert ${request.source} to ${request.name}`;
    case "compact":
      return `Compact ${request.name}`;
    case "expand":
      return `Expand ${request.name}`;
    case "merge":
      return `Merge ${request.name}`;
    case "reconnect":
      return `Reconnect ${request.name} to ${request.parent}`;
    case "validate":
      return `Validate ${request.name}`;
    case "repair":
      return `Repair ${request.name}`;
    default:
      return unreachable(request);
  }
}

/** Does what a job asks for. Answers the lines a person reads. @throws HvError; the signal's reason when cancelled */
export function performTask(
  shelf: Shelf,
  around: TaskSurroundings,
  work: { readonly request: DiskJobRequest; readonly steps: Steps },
): Promise<readonly string[]> {
  const { request, steps } = work;
  const task: Task = { shelf, around, steps, holder: `the job “${taskTitle(request)}”` };
  switch (request.kind) {
    case "create":
      return request.type === "differencing" ? createChild(task, request) : createEmpty(task, request);
    case "createFloppy":
      return createFloppy(task, request);
    case "convert":
      return convert(task, request);
    case "compact":
      return compact(task, request);
    case "expand":
      return expand(task, request);
    case "merge":
      return request.into === null
        ? mergeDown(task, request)
        : convert(task, { source: request.name, name: request.into, type: "dynamic" });
    case "reconnect":
      return reconnect(task, request);
    case "validate":
      return validate(task, request);
    case "repair":
      return repair(task, request);
    default:
      return unreachable(request);
  }
}

interface Task {
  readonly shelf: Shelf;
  readonly around: TaskSurroundings;
  readonly steps: Steps;
  /** How the job calls itself to whoever finds a file in use. */
  readonly holder: string;
}

/** What a tool made, or its trouble as an error in its own words. */
function done<T>(outcome: ToolOutcome<T>): { readonly kind: "done" } & T {
  if (outcome.kind === "done") return outcome;
  throw new HvError(`disk.${outcome.kind}`, outcome.text, {
    hresult: outcome.kind === "noSpace" ? 0x80070070 : 0x80070057,
  });
}

async function createEmpty(task: Task, request: Exclude<Request<"create">, { type: "differencing" }>) {
  const { name, byteLength, type } = request;
  checkEnding(name);
  await makeFile(task.shelf, { name, holder: task.holder }, async (file) => {
    const identity = task.around.newIdentity();
    const made =
      type === "fixed"
        ? createFixedVhd(file, { byteLength, identity })
        : createDynamicVhd(file, { byteLength, identity });
    if (made.kind !== "created") throw new HvError("disk.create", made.text, { hresult: 0x80070057 });
  });
  return [`${name} is ready.`];
}

async function createChild(
  task: Task,
  { name, parent }: { readonly name: string; readonly parent: string },
): Promise<readonly string[]> {
  const { shelf, holder } = task;
  checkEnding(name);
  const found = await shelf.find(parent);
  if (found === null) throw new HvError("storage.missing", `There is no file ${parent} to build on.`);
  const { vhd, format } = usable(found, await shelf.factsOf(found));
  if (vhd === null)
    throw new HvError(
      "disk.parent",
      `${found} is a ${format} image: only virtual hard disks can have differencing disks. Convert it first.`,
    );
  await makeFile(shelf, { name, holder }, async (file) => {
    const identity = task.around.newIdentity();
    const made = createDifferencingVhd(file, { parent: vhd, parentName: found, identity });
    if (made.kind !== "created") throw new HvError("disk.create", made.text, { hresult: 0x80070057 });
  });
  return [`${name} is ready; it builds on ${found}.`];
}

async function createFloppy(task: Task, { name }: Request<"createFloppy">) {
  if (!/\.(vfd|img|flp|ima)$/i.test(name))
    throw new HvError("disk.name", `${name} is no name for a diskette image: end it with .vfd.`);
  await makeFile(task.shelf, { name, holder: task.holder }, async (file) => file.resize(floppyBytes));
  return [`${name} is ready: an unformatted diskette of 1440 KB.`];
}

/** Opens a chain to read from, runs `work` over it and closes it. */
function withSource<T>(task: Task, name: string, work: (disk: Disk) => Promise<T>): Promise<T> {
  const use: ChainUse = { access: "read", holder: task.holder, signal: task.steps.signal };
  return assemble(async (scope) => {
    const chain = await openChain(task.shelf, name, use);
    return work(scope.own(chain.disk));
  });
}

async function convert(
  task: Task,
  {
    source,
    name,
    type,
  }: { readonly source: string; readonly name: string; readonly type: "fixed" | "dynamic" },
): Promise<readonly string[]> {
  checkEnding(name);
  return withSource(task, source, (disk) =>
    makeFile(task.shelf, { name, holder: task.holder }, async (file) => {
      const target = cachedFile(file);
      const identity = task.around.newIdentity();
      done(await convertDisk({ source: disk, target, type, identity }, task.steps));
      return [`${name} holds a copy of ${source}.`];
    }),
  );
}

/** Writes what a disk shows its guest into one dynamic VHD outside the list, to be saved elsewhere. */
export async function putTogether(
  shelf: Shelf,
  around: Pick<TaskSurroundings, "newIdentity">,
  work: { readonly source: string; readonly target: string; readonly steps: Steps },
): Promise<readonly string[]> {
  const { source, target, steps } = work;
  const holder = `the download of ${source}`;
  await assemble(async (scope) => {
    const chain = await openChain(shelf, source, { access: "read", holder, signal: steps.signal });
    const disk = scope.own(chain.disk);
    const file = scope.own(cachedFile(await shelf.store.open(target, { access: "write", holder })));
    done(
      await convertDisk(
        { source: disk, target: file, type: "dynamic", identity: around.newIdentity() },
        steps,
      ),
    );
  });
  return [`${source} is ready to be saved.`];
}

/** Holds a file for the job's own use; nobody may build on it or use it. */
async function own<T>(task: Task, name: string, work: (stored: string) => Promise<T>): Promise<T> {
  const { shelf, holder } = task;
  const stored = await shelf.find(name);
  if (stored === null) throw new HvError("storage.missing", `There is no file ${name}.`);
  if (shelf.foreignNamed(stored) !== undefined)
    throw new HvError(
      "disk.foreign",
      `${stored} is not kept here: it can be read and built on, not changed.`,
    );
  const release = shelf.hold(stored, { holder, access: "write", disk: null });
  try {
    return await work(stored);
  } finally {
    release();
    shelf.forget(stored);
  }
}

async function checkChildless(task: Task, name: string, doing: string): Promise<void> {
  const children = await childrenOf(task.shelf, name);
  if (children.length > 0)
    throw new HvError(
      "disk.hasChildren",
      `${name} cannot be ${doing}: ${children.join(", ")} ${children.length === 1 ? "builds" : "build"} on it. Merge what builds on it first.`,
    );
}

/** Names of the disks that build on a file. */
export async function childrenOf(shelf: Shelf, name: string): Promise<readonly string[]> {
  const children: string[] = [];
  for (const file of await shelf.files()) {
    const facts = await shelf.factsOf(file.name);
    const parent = facts.kind === "usable" ? (facts.vhd?.parent?.name ?? "") : "";
    if (sameName(parent, name)) children.push(file.name);
  }
  return children;
}

async function compact(task: Task, { name }: Request<"compact">) {
  const { shelf, holder, steps } = task;
  await checkChildless(task, name, "compacted");
  return own(task, name, (stored) =>
    assemble(async (scope) => {
      const source = scope.own(await shelf.store.open(stored, { access: "read", holder }));
      const before = source.size();
      const after = await replaceFile(
        shelf,
        { name: stored, holder, ready: () => source[Symbol.dispose]() },
        async (file) => {
          const target = cachedFile(file);
          return done(await compactVhd({ source, target }, steps)).fileBytes;
        },
      );
      return [`${stored} takes ${megabytes(after)} now; it took ${megabytes(before)}.`];
    }),
  );
}

async function expand(task: Task, { name, byteLength }: Request<"expand">) {
  await checkChildless(task, name, "expanded");
  return own(task, name, (stored) =>
    assemble(async (scope) => {
      const file = scope.own(await task.shelf.store.open(stored, { access: "write", holder: task.holder }));
      const grown = done(await expandVhd({ file, byteLength }, task.steps));
      return [
        `${stored} has ${megabytes(grown.byteLength)} now. The guest still has to make use of the new room.`,
      ];
    }),
  );
}

async function mergeDown(task: Task, { name }: Request<"merge">) {
  const { shelf } = task;
  await checkChildless(task, name, "merged");
  return own(task, name, async (child) => {
    const parent = usable(child, await shelf.factsOf(child)).vhd?.parent?.name;
    if (parent === undefined)
      throw new HvError("disk.noParent", `${child} builds on nothing: there is nothing to merge it into.`);
    const others = (await childrenOf(shelf, parent)).filter((one) => !sameName(one, child));
    if (others.length > 0)
      throw new HvError(
        "disk.hasChildren",
        `${parent} cannot take in ${child}: ${others.join(", ")} would lose what it builds on. Merge into a new disk instead.`,
      );
    return own(task, parent, async (stored) => {
      await mergeFiles(task, child, stored);
      await shelf.store.remove(child);
      await task.around.replaced(child, stored);
      return [`${child} is part of ${stored} now.`];
    });
  });
}

async function mergeFiles(task: Task, child: string, parent: string): Promise<void> {
  const { shelf, holder, steps } = task;
  const grand = usable(parent, await shelf.factsOf(parent)).vhd?.parent?.name;
  await assemble(async (scope) => {
    const childFile = scope.own(cachedFile(await shelf.store.open(child, { access: "read", holder })));
    const parentFile = scope.own(cachedFile(await shelf.store.open(parent, { access: "write", holder })));
    const use: ChainUse = { access: "read", holder, signal: steps.signal };
    const below = grand === undefined ? null : await openChain(shelf, grand, use);
    if (below !== null) scope.own(below.disk);
    const grandparent =
      below?.vhd == null
        ? null
        : { disk: below.disk, uniqueId: below.vhd.uniqueId, timeStamp: below.vhd.footer.timeStamp };
    done(await mergeIntoParent({ child: childFile, parent: parentFile, grandparent }, steps));
  });
}

async function reconnect(task: Task, { name, parent, force = false }: Request<"reconnect">) {
  const { shelf, holder, steps } = task;
  const found = await shelf.find(parent);
  if (found === null) throw new HvError("storage.missing", `There is no file ${parent}.`);
  const { vhd } = usable(found, await shelf.factsOf(found));
  if (vhd === null) throw new HvError("disk.parent", `${found} is no VHD: nothing can build on it.`);
  return own(task, name, (stored) =>
    assemble(async (scope) => {
      if (sameName(stored, found)) throw new HvError("disk.chain", `${stored} cannot build on itself.`);
      const child = scope.own(await shelf.store.open(stored, { access: "write", holder }));
      done(await reconnectVhd(child, { parent: vhd, parentName: found, force }, steps));
      return [`${stored} builds on ${found} again.`];
    }),
  );
}

async function validate(task: Task, { name }: Request<"validate">) {
  const { shelf, holder, steps } = task;
  const stored = await shelf.find(name);
  if (stored === null) throw new HvError("storage.missing", `There is no file ${name}.`);
  const parents: ChainLink[] = [];
  for (const above of (await chainNames(shelf, stored)).slice(1)) {
    const facts = await shelf.factsOf(above);
    if (facts.kind === "usable" && facts.vhd !== null) parents.push({ name: above, head: facts.vhd });
  }
  return assemble(async (scope) => {
    const file = scope.own(await shelf.store.open(stored, { access: "read", holder }));
    const { findings } = done(await validateVhd(file, parents, steps));
    const wrong = findings.filter(({ severity }) => severity !== "ok");
    if (wrong.length === 0) return [`${stored} is sound.`];
    return wrong.map(({ severity, text }) => (severity === "error" ? `Error: ${text}` : `Warning: ${text}`));
  });
}

async function repair(task: Task, { name }: Request<"repair">) {
  return own(task, name, (stored) =>
    assemble(async (scope) => {
      const file = scope.own(await task.shelf.store.open(stored, { access: "write", holder: task.holder }));
      done(await repairFooter(file, task.steps));
      return [`The footer of ${stored} was written again.`];
    }),
  );
}

function checkEnding(name: string): void {
  if (/\.a?vhd$/i.test(name)) return;
  throw new HvError("disk.name", `${name} is no name for a virtual hard disk: end it with .vhd.`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}
