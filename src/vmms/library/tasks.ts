import type { DiskJobRequest } from "../../hvdef/index.ts";
import {
  type ChainLink,
  cachedFile,
  compact as compactVhd,
  convert as convertDisk,
  type Disk,
  expand as expandVhd,
  mergeIntoParent,
  reconnect as reconnectVhd,
  repairFooter,
  type Steps,
  validate as validateVhd,
} from "../../storage/index.ts";
import { assemble, HvError, unreachable } from "../../support/index.ts";
import { type ChainUse, chainNames, checkRoomAbove, openChain } from "./chain.ts";
import { createChild, createEmpty, createFloppy } from "./creating.ts";
import { checkEnding, sameName } from "./names.ts";
import { makeFile, replaceFile } from "./new-file.ts";
import { type Shelf, usable } from "./shelf.ts";
import {
  checkVhd,
  done,
  kept,
  own,
  type Request,
  type Task,
  type TaskSurroundings,
  withParent,
} from "./task.ts";

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
    const file = scope.own(cachedFile(await shelf.open(target, { access: "write", holder })));
    const identity = around.newIdentity();
    done(await convertDisk({ source: disk, target: file, type: "dynamic", identity }, steps));
  });
  return [`${source} is ready to be saved.`];
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
  return own(task, name, (stored, facts) =>
    assemble(async (scope) => {
      checkVhd(stored, usable(stored, facts), "be compacted");
      await checkChildless(task, stored, "compacted");
      const source = scope.own(await shelf.open(stored, { access: "read", holder }));
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
  return own(task, name, (stored, facts) =>
    assemble(async (scope) => {
      checkVhd(stored, usable(stored, facts), "be expanded");
      await checkChildless(task, stored, "expanded");
      const file = scope.own(await task.shelf.open(stored, { access: "write", holder: task.holder }));
      const grown = done(await expandVhd({ file, byteLength }, task.steps));
      return [
        `${stored} has ${megabytes(grown.byteLength)} now. The guest still has to make use of the new room.`,
      ];
    }),
  );
}

async function mergeDown(task: Task, { name }: Request<"merge">) {
  const { shelf } = task;
  return own(task, name, async (child, facts) => {
    const parent = checkVhd(child, usable(child, facts), "be merged").parent?.name;
    await checkChildless(task, child, "merged");
    if (parent === undefined)
      throw new HvError("disk.noParent", `${child} builds on nothing: there is nothing to merge it into.`);
    const others = (await childrenOf(shelf, parent)).filter((one) => !sameName(one, child));
    if (others.length > 0)
      throw new HvError(
        "disk.hasChildren",
        `${parent} cannot take in ${child}: ${others.join(", ")} would lose what it builds on. Merge into a new disk instead.`,
      );
    return own(task, parent, async (stored, below) => {
      const grand = usable(stored, below).vhd?.parent?.name ?? null;
      await mergeFiles(task, { child, parent: stored, grand });
      // In this order a tab that ends in between leaves a disk too many, not a drive without one.
      await task.around.replaced(child, stored);
      await shelf.store.remove(child);
      return [`${child} is part of ${stored} now.`];
    });
  });
}

async function mergeFiles(
  task: Task,
  { child, parent, grand }: { child: string; parent: string; grand: string | null },
): Promise<void> {
  const { shelf, holder, steps } = task;
  await assemble(async (scope) => {
    const childFile = scope.own(cachedFile(await shelf.open(child, { access: "read", holder })));
    const parentFile = scope.own(cachedFile(await shelf.open(parent, { access: "write", holder })));
    const use: ChainUse = { access: "read", holder, signal: steps.signal };
    const below = grand === null ? null : await openChain(shelf, grand, use);
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
  const above = await kept(task, name);
  return withParent(task, parent, async ({ name: found, head }) => {
    const chain = await chainNames(shelf, found);
    if (chain.some((one) => sameName(one, above)))
      throw new HvError("disk.chain", `${above} cannot build on ${found}, which builds on it.`);
    await checkRoomAbove(shelf, found);
    return own(task, above, (stored) =>
      assemble(async (scope) => {
        const child = scope.own(await shelf.open(stored, { access: "write", holder }));
        done(await reconnectVhd(child, { parent: head, parentName: found, force }, steps));
        return [`${stored} builds on ${found} again.`];
      }),
    );
  });
}

async function validate(task: Task, { name }: Request<"validate">) {
  const { shelf, holder, steps } = task;
  const stored = await kept(task, name);
  const known = await shelf.factsOf(stored);
  if (known.kind === "usable") checkVhd(stored, known, "be validated");
  const parents: ChainLink[] = [];
  for (const above of (await chainNames(shelf, stored)).slice(1)) {
    const facts = await shelf.factsOf(above);
    if (facts.kind === "usable" && facts.vhd !== null) parents.push({ name: above, head: facts.vhd });
  }
  return assemble(async (scope) => {
    const file = scope.own(await shelf.open(stored, { access: "read", holder }));
    const { findings } = done(await validateVhd(file, parents, steps));
    const wrong = findings.filter(({ severity }) => severity !== "ok");
    if (wrong.length === 0) return [`${stored} is sound.`];
    return wrong.map(({ severity, text }) => (severity === "error" ? `Error: ${text}` : `Warning: ${text}`));
  });
}

async function repair(task: Task, { name }: Request<"repair">) {
  return own(task, name, (stored, facts) =>
    assemble(async (scope) => {
      if (facts.kind === "usable") checkVhd(stored, facts, "be repaired");
      const file = scope.own(await task.shelf.open(stored, { access: "write", holder: task.holder }));
      done(await repairFooter(file, task.steps));
      return [`The footer of ${stored} was written again.`];
    }),
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}
