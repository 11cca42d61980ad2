import { useState } from "preact/hooks";
import type { NetworkSummary, SharedFile } from "../hvdef/index.ts";
import { offeredBy } from "./file-drop.tsx";
import type { Offered } from "./file-intake.ts";
import { FilePicker } from "./file-picker.tsx";
import { formatBytes, reasonSentence } from "./format.ts";
import type { NetworkHost } from "./host.ts";
import { shareAddress, shareAll, sharePlace } from "./network-share.ts";
import type { LiveTables } from "./network-tables.tsx";
import { Problem } from "./problem.tsx";

interface FilesProps {
  readonly network: NetworkSummary;
  readonly host: NetworkHost;
  readonly live: LiveTables;
}

function Rows(props: {
  readonly files: readonly SharedFile[];
  readonly folder: string | null;
  readonly onEnd: (name: string) => void;
}) {
  return (
    <ul class="shared-files" aria-label="Shared files">
      {props.files.map(({ name, bytes }) => (
        <li key={name}>
          <span class="shared-name">
            {name}
            {props.folder === null ? null : <code class="mono">{shareAddress(props.folder, name)}</code>}
          </span>
          <span class="number">{formatBytes(bytes)}</span>
          <button
            type="button"
            class="button button-quiet"
            aria-label={`Stop sharing ${name}`}
            onClick={() => props.onEnd(name)}
          >
            Stop sharing
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Files that guests fetch from the management OS. Dropped ones are shared; nothing where it is not on the network. */
export function SharedFiles(props: FilesProps) {
  const { network, host, live } = props;
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const place = sharePlace(network);
  if (place === null) return null;
  const files = live.tables?.files ?? [];
  const refusal = place.kind === "off" ? place.reason : busy;

  async function run(words: string, work: () => Promise<readonly string[]>): Promise<void> {
    setBusy(words);
    setProblems(await work().catch((error: unknown) => [reasonSentence(error)]));
    setBusy(null);
  }
  function share(offered: readonly Offered[]): void {
    if (refusal === null) void run("Sharing…", () => shareAll(host, network.id, offered));
    else setProblems([refusal]);
  }
  function end(name: string): void {
    void run(`Ending the share of ${name}…`, async () => {
      await host.unshare(network.id, name);
      return [];
    });
  }
  function drag(event: DragEvent): void {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    setOver(true);
  }
  return (
    <section
      class={over ? "part share share-over" : "part share"}
      aria-labelledby="share-title"
      onDragEnter={drag}
      onDragOver={drag}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        if (event.dataTransfer?.types.includes("Files") !== true) return;
        event.preventDefault();
        share(offeredBy(event.dataTransfer));
      }}
    >
      <div class="share-head">
        <h3 id="share-title" class="part-title">
          Files for guests
        </h3>
        <FilePicker
          label="Share a file with guests…"
          what="Files to share with guests"
          refusal={refusal}
          onPick={(picked) => share(picked.map((file) => ({ kind: "file", file })))}
        />
      </div>
      <p class="part-words">
        {place.kind === "off"
          ? place.reason
          : `Guests fetch them from ${place.address}. They are kept in this page's memory, 64 MB in all, until it is closed. Files can be dropped here.`}
      </p>
      {problems.map((problem) => (
        <Problem key={problem} kind="error" text={problem} onDismiss={() => setProblems([])} />
      ))}
      {files.length === 0 ? null : (
        <Rows files={files} folder={place.kind === "at" ? place.address : null} onEnd={end} />
      )}
      <p class="unseen" role="status">
        {busy ?? ""}
      </p>
    </section>
  );
}
