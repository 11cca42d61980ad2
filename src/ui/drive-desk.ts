import { type ReadonlySignal, signal } from "@preact/signals";
import { reasonSentence } from "./format.ts";

/** What a drives panel itself knows: what is under way, what failed, what was refused. */
export interface DriveDesk {
  /** What is under way, as a person reads it; `null` when nothing is. */
  readonly busy: ReadonlySignal<string | null>;
  /** Why the last change failed. */
  readonly problem: ReadonlySignal<string | null>;
  /** Why the button just pressed does nothing now. */
  readonly hint: ReadonlySignal<string | null>;
  /**
   * Makes one change; a second one is not begun while it lasts.
   * @param words  what a person reads meanwhile
   * @returns whether it was made
   */
  run(words: string, change: () => Promise<void>): Promise<boolean>;
  tell(hint: string | null): void;
  dismiss(): void;
}

/** Opens the desk of one panel. */
export function openDriveDesk(): DriveDesk {
  const busy = signal<string | null>(null);
  const problem = signal<string | null>(null);
  const hint = signal<string | null>(null);
  return {
    busy,
    problem,
    hint,
    async run(words, change) {
      if (busy.peek() !== null) return false;
      busy.value = words;
      problem.value = null;
      hint.value = null;
      try {
        await change();
        return true;
      } catch (error) {
        problem.value = reasonSentence(error);
        return false;
      } finally {
        busy.value = null;
      }
    },
    tell(text) {
      hint.value = text;
    },
    dismiss() {
      problem.value = null;
      hint.value = null;
    },
  };
}
