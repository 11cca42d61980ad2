import { useEffect, useRef } from "preact/hooks";
import type { VmSummary } from "../hvdef/index.ts";
import type { NetworkDesk } from "./network-desk.ts";
import { NetworkDialog, RemoveNetworkDialog } from "./network-dialog.tsx";
import { NetworkList } from "./network-list.tsx";
import { NetworkPane } from "./network-pane.tsx";
import { Problem } from "./problem.tsx";

interface NetworksProps {
  readonly desk: NetworkDesk;
  readonly vms: readonly VmSummary[];
}

/** The dialog that is open. One whose network has gone meanwhile closes. */
function Dialogs(props: NetworksProps & { readonly onGone: () => void }) {
  const { desk } = props;
  const dialog = desk.dialog.value;
  const about = dialog === null || dialog.kind === "new" ? null : dialog.id;
  const network = desk.networks.value.find((one) => one.id === about);
  const gone = about !== null && network === undefined;
  useEffect(() => {
    if (gone) desk.close();
  }, [gone, desk]);
  if (dialog === null || gone) return null;
  if (dialog.kind === "new") return <NetworkDialog desk={desk} network={null} />;
  if (network === undefined) return null;
  if (dialog.kind === "edit") return <NetworkDialog key={network.id} desk={desk} network={network} />;
  return (
    <RemoveNetworkDialog
      key={network.id}
      desk={desk}
      network={network}
      vms={props.vms}
      onGone={props.onGone}
    />
  );
}

/** Virtual Network Manager: the networks of the host, what they are, and what passes through them. */
export function NetworksWorkspace(props: NetworksProps) {
  const { desk } = props;
  const page = useRef<HTMLElement>(null);
  useEffect(() => desk.host.watch(), [desk]);
  const sample = desk.host.networks.value;
  const networks = desk.networks.value;
  const selected = desk.selected.value;
  const trouble = desk.host.trouble.value;
  const focusRow = (): void => {
    page.current?.querySelector<HTMLElement>("[data-network-row][aria-selected=true]")?.focus();
  };
  return (
    <main class="workspace workspace-networks" ref={page}>
      <section class="pane network-library" aria-labelledby="networks-title">
        <div class="disk-library-head">
          <h2 id="networks-title" class="pane-title">
            Virtual networks
          </h2>
          <button
            type="button"
            class="button"
            aria-haspopup="dialog"
            onClick={() => desk.open({ kind: "new" })}
          >
            New network…
          </button>
        </div>
        {trouble === null ? null : <Problem kind="error" text={trouble} />}
        <div class="network-rows">
          {networks.length === 0 ? (
            <p class="nothing">
              {sample === null
                ? "Asking the parent partition…"
                : "This host has no virtual networks. Make one, then give machines adapters on it."}
            </p>
          ) : (
            <NetworkList
              networks={networks}
              selected={selected?.id ?? null}
              onSelect={desk.select}
              onOpen={() => page.current?.querySelector<HTMLElement>(".network-head button")?.focus()}
            />
          )}
        </div>
      </section>
      {selected === null || sample === null ? (
        <section class="pane network-pane" aria-hidden="true" />
      ) : (
        <NetworkPane key={selected.id} desk={desk} network={selected} sample={sample} />
      )}
      {/* The row of the network that follows, once the dialog has given the focus back. */}
      <Dialogs {...props} onGone={() => setTimeout(focusRow)} />
    </main>
  );
}
