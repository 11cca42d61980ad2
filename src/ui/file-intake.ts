import { type ReadonlySignal, signal } from "@preact/signals";
import { reasonSentence } from "./format.ts";
import type { DiskHost } from "./host.ts";

/** Something a visitor dropped or picked, as the browser describes it. */
export type Offered =
  | { readonly kind: "file"; readonly file: File }
  | { readonly kind: "folder"; readonly name: string };

/** Takes files of the visitor's device into the library, one after another. */
export interface FileIntake {
  /** How many files still wait to be taken in. The ones begun are jobs of the library. */
  readonly waiting: ReadonlySignal<number>;
  /** Why files were not taken in, a sentence each, the first to fail first. Bounded. */
  readonly problems: ReadonlySignal<readonly string[]>;
  take(offered: readonly Offered[]): void;
  dismiss(): void;
}

/** Files taken from one drop at most. Reason: a folder's worth is a mistake more often than a wish. */
export const intakeLimit = 50;
const problemsKept = 20;

function folderRefusal(name: string): string {
  return `${name} is a folder, and folders are not taken in. Open it and drop the disk files inside.`;
}

/** Why a file was not taken in, with its name: the reason may begin with it, and stays as it is then. */
function failureOf(name: string, error: unknown): string {
  const reason = reasonSentence(error);
  const at = reason.toLowerCase().indexOf(name.toLowerCase());
  if (at < 0) return `${name}: ${reason}`;
  return at === 0 ? name + reason.slice(name.length) : reason;
}

/** Opens an intake. One serves the whole page: it keeps what went wrong until the visitor has read it. */
export function openFileIntake(disks: Pick<DiskHost, "importFile">): FileIntake {
  const waiting = signal(0);
  const problems = signal<readonly string[]>([]);
  let queue: Promise<void> = Promise.resolve();

  function complain(text: string): void {
    problems.value = [...problems.value, text].slice(0, problemsKept);
  }
  async function takeOne(file: File): Promise<void> {
    try {
      await disks.importFile(file);
    } catch (error) {
      complain(failureOf(file.name, error));
    } finally {
      waiting.value -= 1;
    }
  }
  return {
    waiting,
    problems,
    take(offered) {
      const files = offered.flatMap((one) => (one.kind === "file" ? [one.file] : []));
      problems.value = [];
      if (offered.length === 0) complain("What was dropped is no file.");
      for (const one of offered) if (one.kind === "folder") complain(folderRefusal(one.name));
      if (files.length > intakeLimit) {
        complain(`That is ${files.length} files at once; ${intakeLimit} is the most. Drop fewer of them.`);
        return;
      }
      waiting.value += files.length;
      for (const file of files) queue = queue.then(() => takeOne(file));
    },
    dismiss() {
      problems.value = [];
    },
  };
}
