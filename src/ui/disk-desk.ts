import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { DiskFileSummary, DiskJobRequest } from "../hvdef/index.ts";
import { type DiskAction, diskOffers } from "./disk-actions.ts";
import { type DiskRow, diskRows } from "./disk-tree.ts";
import { sameName } from "./disk-words.ts";
import { reasonSentence } from "./format.ts";
import type { DiskHost } from "./host.ts";

/** A dialog over the library. */
export type DiskDialog =
  | { readonly kind: "new" }
  | { readonly kind: "newDiskette" }
  | { readonly kind: "inspect"; readonly name: string }
  | { readonly kind: "edit"; readonly name: string }
  | { readonly kind: "rename"; readonly name: string }
  | { readonly kind: "remove"; readonly name: string };

/** How something that was asked for ended: it is done or begun, or a sentence says why not. */
export type Answer = { readonly kind: "done" } | { readonly kind: "refused"; readonly reason: string };

/** What the page itself knows of the library: what is selected, asked, under way and gone wrong. */
export interface DiskDesk {
  readonly host: DiskHost;
  readonly rows: ReadonlySignal<readonly DiskRow[]>;
  readonly selected: ReadonlySignal<DiskFileSummary | null>;
  readonly dialog: ReadonlySignal<DiskDialog | null>;
  /** The file whose download is being made. */
  readonly saving: ReadonlySignal<string | null>;
  /** Why the last download failed, and of which file. */
  readonly problem: ReadonlySignal<{ readonly name: string; readonly text: string } | null>;
  select(name: string): void;
  /** Opens a dialog for a whole library. */
  open(dialog: { readonly kind: "new" | "newDiskette" }): void;
  /** Does what is asked of a file, or opens the dialog for it. Does nothing when it is not possible now. */
  ask(action: DiskAction, name: string): void;
  close(): void;
  dismissProblem(): void;
  /** Begins a job; the file it makes is selected when it appears. */
  begin(request: DiskJobRequest): Promise<Answer>;
  rename(from: string, to: string): Promise<Answer>;
  remove(name: string): Promise<Answer>;
}

function resultName(request: DiskJobRequest): string {
  if (request.kind === "convert") return request.name;
  return request.kind === "merge" ? (request.into ?? request.name) : request.name;
}

async function answerOf(work: Promise<unknown>): Promise<Answer> {
  try {
    await work;
    return { kind: "done" };
  } catch (error) {
    return { kind: "refused", reason: reasonSentence(error) };
  }
}

/** Opens the desk of one library. */
export function openDiskDesk(host: DiskHost): DiskDesk {
  const chosen = signal<string | null>(null);
  // A file that is being made; until it is there the one chosen before stays selected.
  const awaited = signal<string | null>(null);
  // The row that is selected when the chosen file is removed.
  const successor = signal<string | null>(null);
  const dialog = signal<DiskDialog | null>(null);
  const saving = signal<string | null>(null);
  const problem = signal<{ readonly name: string; readonly text: string } | null>(null);
  const rows = computed(() => diskRows(host.files.value));
  const find = (name: string | null): DiskFileSummary | undefined =>
    name === null ? undefined : host.files.value.find((file) => sameName(file.name, name));

  function select(name: string): void {
    chosen.value = name;
    awaited.value = null;
  }

  async function download(name: string): Promise<void> {
    if (saving.peek() !== null) return;
    saving.value = name;
    problem.value = null;
    const answer = await answerOf(host.download(name));
    if (answer.kind === "refused") problem.value = { name, text: answer.reason };
    saving.value = null;
  }

  return {
    host,
    rows,
    selected: computed(
      () => find(awaited.value) ?? find(chosen.value) ?? find(successor.value) ?? rows.value[0]?.file ?? null,
    ),
    dialog,
    saving,
    problem,
    select,
    open(next) {
      dialog.value = next;
    },
    ask(action, name) {
      const file = host.files.peek().find((other) => other.name === name);
      if (file === undefined) return;
      const offer = diskOffers(file).find((other) => other.action === action);
      if (offer?.refusal !== null) return;
      if (action === "download") void download(name);
      else dialog.value = { kind: action, name };
    },
    close() {
      dialog.value = null;
    },
    dismissProblem() {
      problem.value = null;
    },
    async begin(request) {
      const answer = await answerOf(host.begin(request));
      if (answer.kind === "done") awaited.value = resultName(request);
      return answer;
    },
    async rename(from, to) {
      // Told of before the answer comes: the file may have its new name earlier.
      if (find(to) === undefined) awaited.value = to;
      return answerOf(host.rename(from, to));
    },
    async remove(name) {
      const place = rows.peek().findIndex((row) => row.file.name === name);
      const neighbour = rows.peek()[place + 1] ?? rows.peek()[place - 1];
      successor.value = neighbour?.file.name ?? null;
      return answerOf(host.remove(name));
    },
  };
}
