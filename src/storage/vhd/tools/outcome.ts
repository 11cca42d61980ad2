import { HvError, reasonOf } from "../../../support/index.ts";
import type { BlockFile, DiskStatus } from "../../disk.ts";
import { isNoSpace } from "../../errors.ts";
import type { Steps } from "../../steps.ts";

/**
 * Why a tool did not do what was asked. The text is a sentence for a person and says the way out. A tool that is
 * cancelled has no outcome: its promise rejects with the signal's reason.
 */
export type ToolTrouble =
  /** Asked for something that cannot be; nothing was touched. */
  | { readonly kind: "refused"; readonly text: string }
  /** What a file contains makes the work impossible; nothing was touched. */
  | { readonly kind: "corrupt"; readonly text: string }
  /** Storage is full. `neededBytes` is how long the file that was growing may become. */
  | { readonly kind: "noSpace"; readonly neededBytes: number; readonly text: string }
  /** A file could not be read or written. */
  | { readonly kind: "failed"; readonly text: string };

/** What became of a tool's work. */
export type ToolOutcome<Result = object> = ({ readonly kind: "done" } & Result) | ToolTrouble;

/** Asked for something that cannot be. */
export function refused(text: string): ToolTrouble {
  return { kind: "refused", text };
}

/** What a file contains makes the work impossible. */
export function unusable(text: string): ToolTrouble {
  return { kind: "corrupt", text };
}

/** Storage is full. @param neededBytes  length that the growing file needs at most */
export function outOfSpace(neededBytes: number): ToolTrouble {
  const megabytes = Math.ceil(neededBytes / 2 ** 20).toLocaleString("en");
  const text = `There is not enough storage: the file may take up to ${megabytes} MB. Free some space and try again.`;
  return { kind: "noSpace", neededBytes, text };
}

/** Code of the error in which a file's own failure travels to the end of a tool. Never leaves this folder. */
const fileFailedCode = "storage.fileFailed";

/**
 * A borrowed file whose failures can be told from mistakes of ours: all of them are `HvError`s. Disposing it
 * does nothing: a tool never owns the files it is given, though a disk it opens over one may think so.
 */
export function guarded(file: BlockFile): BlockFile {
  function guard<T>(action: () => T): T {
    try {
      return action();
    } catch (thrown) {
      if (thrown instanceof HvError) throw thrown;
      throw new HvError(fileFailedCode, reasonOf(thrown), { cause: thrown });
    }
  }
  return {
    size: () => guard(() => file.size()),
    readAt: (at, into) => guard(() => file.readAt(at, into)),
    writeAt: (at, from) => guard(() => file.writeAt(at, from)),
    resize: (size) => guard(() => file.resize(size)),
    flush: () => guard(() => file.flush()),
    [Symbol.dispose]() {},
  };
}

/**
 * Runs a tool's work over guarded files and makes outcomes of what they throw.
 *
 * @param neededBytes  length the growing file needs, asked only when there was no space
 * @throws the signal's reason when the work was cancelled
 */
export async function attempt<Result>(
  steps: Steps,
  neededBytes: () => number,
  work: () => Promise<ToolOutcome<Result>>,
): Promise<ToolOutcome<Result>> {
  try {
    return await work();
  } catch (thrown) {
    if (steps.signal.aborted || !(thrown instanceof HvError)) throw thrown;
    if (isNoSpace(thrown)) return outOfSpace(neededBytes());
    return { kind: "failed", text: `A disk file failed: ${thrown.message}` };
  }
}

/**
 * Makes an exception of a disk's refusal, for {@link attempt}. Ranges are the tool's own, so `outOfRange` and
 * `readOnly` are mistakes of ours.
 */
export function mustBeOk(status: DiskStatus, doing: string): void {
  switch (status) {
    case "ok":
      return;
    case "noSpace":
      throw new HvError("storage.noSpace", `There is no space left for ${doing}.`);
    case "mediumError":
      throw new HvError(fileFailedCode, `${doing} did not succeed.`);
    case "outOfRange":
    case "readOnly":
      throw new Error(`a tool's own range was refused: ${status} at ${doing}`);
  }
}
