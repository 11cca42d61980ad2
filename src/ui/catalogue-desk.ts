import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { BootFileSummary, CatalogueEntry, VmGuid } from "../hvdef/index.ts";
import { type OwnDraft, ownRequest } from "./add-own.ts";
import type { Answer } from "./disk-desk.ts";
import { reasonSentence } from "./format.ts";
import type { UiHost, VmView } from "./host.ts";

/** A dialog over the catalogue. */
export type CatalogueDialog =
  | { readonly kind: "add" }
  | { readonly kind: "rename"; readonly vm: VmGuid }
  | { readonly kind: "remove"; readonly vm: VmGuid };

/** A guest of the site with its machine. */
export interface StockCard {
  readonly entry: CatalogueEntry;
  readonly vm: VmView;
}

/** What the page itself knows of the catalogue: what is asked, made and gone wrong. */
export interface CatalogueDesk {
  readonly host: UiHost;
  /** `null` until the host has said. */
  readonly stock: ReadonlySignal<readonly StockCard[] | null>;
  /** Machines of the visitor. */
  readonly own: ReadonlySignal<readonly VmView[]>;
  readonly bootFiles: ReadonlySignal<readonly BootFileSummary[]>;
  /** Why the last thing asked of boot files was refused. */
  readonly problem: ReadonlySignal<string | null>;
  readonly dialog: ReadonlySignal<CatalogueDialog | null>;
  /** The machine that was just made, to be started. */
  readonly made: ReadonlySignal<VmGuid | null>;
  open(dialog: CatalogueDialog): void;
  close(): void;
  make(draft: OwnDraft): Promise<Answer>;
  rename(vm: VmGuid, name: string): Promise<Answer>;
  remove(vm: VmGuid): Promise<Answer>;
  removeBootFile(name: string): Promise<void>;
  /** Asks which boot files there are, now that somebody looks. */
  look(): void;
}

/** Opens the desk of the catalogue. */
export function openCatalogueDesk(host: UiHost): CatalogueDesk {
  const dialog = signal<CatalogueDialog | null>(null);
  const made = signal<VmGuid | null>(null);
  const bootFiles = signal<readonly BootFileSummary[]>([]);
  const problem = signal<string | null>(null);

  async function look(): Promise<void> {
    try {
      bootFiles.value = await host.machines.bootFiles();
    } catch (error) {
      problem.value = reasonSentence(error);
    }
  }
  async function answerOf(work: () => Promise<unknown>): Promise<Answer> {
    try {
      await work();
      return { kind: "done" };
    } catch (error) {
      return { kind: "refused", reason: reasonSentence(error) };
    } finally {
      void look();
    }
  }

  return {
    host,
    stock: computed(() => {
      const entries = host.machines.catalogue.value;
      if (entries === null) return null;
      return entries.flatMap((entry) => {
        const vm = host.vms.value.find(({ id }) => id === entry.vm);
        return vm === undefined ? [] : [{ entry, vm }];
      });
    }),
    own: computed(() => host.vms.value.filter((vm) => vm.own === true)),
    bootFiles,
    problem,
    dialog,
    made,
    open(next) {
      dialog.value = next;
    },
    close() {
      dialog.value = null;
    },
    make: (draft) =>
      answerOf(async () => {
        const request = ownRequest(draft, host.platform.peek()?.guestMemoryBytes ?? null);
        if (request.kind === "wrong") throw new Error(request.reason);
        made.value = await host.machines.make(request.plan, request.files);
      }),
    rename: (vm, name) => answerOf(() => host.machines.rename(vm, name)),
    remove: (vm) => answerOf(() => host.machines.remove(vm)),
    async removeBootFile(name) {
      problem.value = null;
      const answer = await answerOf(() => host.machines.removeBootFile(name));
      if (answer.kind === "refused") problem.value = answer.reason;
    },
    look: () => void look(),
  };
}
