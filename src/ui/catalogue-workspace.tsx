import { useEffect } from "preact/hooks";
import { AddOwnWizard } from "./add-own-wizard.tsx";
import { OwnMachine, StockGuest } from "./catalogue-card.tsx";
import type { CatalogueDesk } from "./catalogue-desk.ts";
import type { Desk } from "./desk.ts";
import { formatBytes } from "./format.ts";
import { RemoveMachineDialog, RenameMachineDialog } from "./machine-dialogs.tsx";
import { Problem } from "./problem.tsx";

interface CatalogueProps {
  readonly desk: Desk;
  readonly catalogue: CatalogueDesk;
}

/** The dialog that is open. One whose machine has gone meanwhile closes. */
function Dialogs({ desk, catalogue }: CatalogueProps) {
  const dialog = catalogue.dialog.value;
  const about = dialog === null || dialog.kind === "add" ? null : dialog.vm;
  const vm = desk.host.vms.value.find(({ id }) => id === about);
  const gone = about !== null && vm === undefined;
  useEffect(() => {
    if (gone) catalogue.close();
  }, [gone, catalogue]);
  if (dialog === null || gone) return null;
  if (dialog.kind === "add") return <AddOwnWizard desk={catalogue} />;
  if (vm === undefined) return null;
  return dialog.kind === "rename" ? (
    <RenameMachineDialog key={vm.id} desk={catalogue} vm={vm} />
  ) : (
    <RemoveMachineDialog key={vm.id} desk={catalogue} vm={vm} />
  );
}

/** What was just made, with the way on. */
function Made({ desk, catalogue }: CatalogueProps) {
  const vm = catalogue.own.value.find(({ id }) => id === catalogue.made.value);
  if (vm === undefined || vm.state !== "off") return null;
  return (
    <div class="guest-made" role="status">
      <p>
        <strong>{vm.name}</strong> was made.
      </p>
      <button type="button" class="button button-primary" onClick={() => desk.ask("start", vm)}>
        Start {vm.name}
      </button>
    </div>
  );
}

function OwnMachines({ desk, catalogue }: CatalogueProps) {
  const own = catalogue.own.value;
  return (
    <section aria-labelledby="own-title">
      <div class="catalogue-head">
        <h2 id="own-title" class="pane-title">
          Your own
        </h2>
        <button
          type="button"
          class="button"
          aria-haspopup="dialog"
          onClick={() => catalogue.open({ kind: "add" })}
        >
          Add your own…
        </button>
      </div>
      <Made desk={desk} catalogue={catalogue} />
      {own.length === 0 ? (
        <p class="catalogue-none">
          Start a system of yours: a hard disk, an ISO, a diskette, or a Linux kernel. 32-bit x86, one
          processor.
        </p>
      ) : (
        <ul class="guests">
          {own.map((vm) => (
            <OwnMachine key={vm.id} desk={desk} vm={vm} catalogue={catalogue} />
          ))}
        </ul>
      )}
    </section>
  );
}

function BootFiles({ catalogue }: { readonly catalogue: CatalogueDesk }) {
  const files = catalogue.bootFiles.value;
  const problem = catalogue.problem.value;
  if (files.length === 0 && problem === null) return null;
  return (
    <section aria-labelledby="boot-files-title">
      <div class="catalogue-head">
        <h2 id="boot-files-title" class="pane-title">
          Boot files
        </h2>
      </div>
      {problem === null ? null : <Problem kind="error" text={problem} />}
      <ul class="boot-files">
        {files.map(({ name, bytes, usedBy }) => (
          <li key={name}>
            <span>
              <strong>{name}</strong>, {formatBytes(bytes)}
              {usedBy.length === 0 ? ", used by none" : `, used by ${usedBy.join(", ")}`}
            </span>
            {usedBy.length > 0 ? null : (
              <button
                type="button"
                class="button button-quiet"
                onClick={() => void catalogue.removeBootFile(name)}
              >
                Remove<span class="unseen"> {name}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The guests of the site, the machines of the visitor, and the way to another one. */
export function CatalogueWorkspace({ desk, catalogue }: CatalogueProps) {
  const stock = catalogue.stock.value;
  const waiting = desk.host.platform.value === null;
  // The host answers nobody before it is there.
  useEffect(() => {
    if (!waiting) catalogue.look();
  }, [waiting, catalogue]);
  return (
    <main class="workspace workspace-catalogue">
      <section aria-labelledby="catalogue-title">
        <div class="catalogue-head">
          <h2 id="catalogue-title" class="pane-title">
            Catalogue
          </h2>
        </div>
        {stock === null ? (
          <p class="catalogue-none" role="status">
            Asking the site for its guests…
          </p>
        ) : (
          <ul class="guests">
            {stock.map((card) => (
              <StockGuest key={card.vm.id} desk={desk} card={card} />
            ))}
          </ul>
        )}
      </section>
      <OwnMachines desk={desk} catalogue={catalogue} />
      <BootFiles catalogue={catalogue} />
      <Dialogs desk={desk} catalogue={catalogue} />
    </main>
  );
}
