import {
  type CreateOutcome,
  createDifferencingVhd,
  createDynamicVhd,
  createFixedVhd,
} from "../../storage/index.ts";
import { HvError } from "../../support/index.ts";
import { checkRoomAbove } from "./chain.ts";
import { checkEnding, checkFloppyEnding } from "./names.ts";
import { makeFile } from "./new-file.ts";
import { type Request, type Task, withParent } from "./task.ts";

/** Bytes of the usual diskette. */
const floppyBytes = 1440 * 1024;

/** Makes an empty disk. */
export async function createEmpty(task: Task, request: Exclude<Request<"create">, { type: "differencing" }>) {
  const { name, byteLength, type } = request;
  checkEnding(name);
  await makeFile(task.shelf, { name, holder: task.holder }, async (file) => {
    const identity = task.around.newIdentity();
    const made =
      type === "fixed"
        ? createFixedVhd(file, { byteLength, identity })
        : createDynamicVhd(file, { byteLength, identity });
    if (made.kind !== "created") throw notMade(made);
  });
  return [`${name} is ready.`];
}

/** Makes a differencing disk through which all of its parent shows. */
export async function createChild(
  task: Task,
  { name, parent }: { readonly name: string; readonly parent: string },
): Promise<readonly string[]> {
  const { shelf, holder } = task;
  checkEnding(name);
  return withParent(task, parent, async ({ name: found, head }) => {
    await checkRoomAbove(shelf, found);
    await makeFile(shelf, { name, holder }, async (file) => {
      const identity = task.around.newIdentity();
      const made = createDifferencingVhd(file, { parent: head, parentName: found, identity });
      if (made.kind !== "created") throw notMade(made);
    });
    return [`${name} is ready; it builds on ${found}.`];
  });
}

/** Makes an unformatted diskette. */
export async function createFloppy(task: Task, { name }: Request<"createFloppy">) {
  checkFloppyEnding(name);
  await makeFile(task.shelf, { name, holder: task.holder }, async (file) => file.resize(floppyBytes));
  return [`${name} is ready: an unformatted diskette of 1440 KB.`];
}

function notMade({ fault, text }: Exclude<CreateOutcome, { kind: "created" }>): HvError {
  return new HvError("disk.create", text, { hresult: fault === "noSpace" ? 0x80070070 : 0x80070057 });
}
