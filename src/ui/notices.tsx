import { useEffect, useState } from "preact/hooks";
import { asSentence } from "./format.ts";
import { Mark } from "./icons.tsx";

/** Nothing can run: why, and what the visitor can do. Takes the whole page. */
export function Failure(props: { readonly title: string; readonly wayOut: string }) {
  return (
    <main class="failure">
      <p class="product">
        <Mark />
        Tabvisor
      </p>
      <div role="alert">
        <h1>{props.title}</h1>
        <p>{asSentence(props.wayOut)}</p>
      </div>
      <button type="button" class="button button-primary" onClick={() => location.reload()}>
        Load the page again
      </button>
    </main>
  );
}

/** The browser gives no lasting storage: what that means and what helps. */
export function MemoryNotice(props: { readonly reason: string }) {
  return (
    <aside class="notice" aria-label="Storage">
      <p>
        <strong>Disks live in memory only.</strong> {asSentence(props.reason)} What guests write is gone when
        this tab closes or reloads. To keep it, allow site data for this page or leave the private window,
        then load the page again.
      </p>
    </aside>
  );
}

const slowMs = 12_000;

/** The list before the first answer of the host, or a host without machines. */
export function NoMachines(props: { readonly waiting: boolean }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), slowMs);
    return () => clearTimeout(timer);
  }, []);
  if (!props.waiting) return <p class="nothing">This host has no virtual machines.</p>;
  return (
    <p class="nothing" role="status">
      {slow
        ? "The parent partition is taking longer than it should. If nothing changes, load the page again."
        : "Starting the parent partition…"}
    </p>
  );
}

/** What is real here and what is ours, in two sentences. */
export function Footer(props: { readonly version: string }) {
  return (
    <footer class="page-footer">
      <p>
        <strong>Real:</strong> x86 code, executed by the v86 emulator; Debian's own unmodified kernel with its
        Hyper-V drivers; the VMBus and storage protocols they speak. <strong>Modelled:</strong> the
        hypervisor, its scheduler and the devices, written for this page. Everything stays in this browser.
      </p>
      <p class="version">Version {props.version}</p>
    </footer>
  );
}
