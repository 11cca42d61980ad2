import { useEffect, useId, useState } from "preact/hooks";
import type { DiskFileSummary } from "../hvdef/index.ts";
import { BlockMapView } from "./block-map.tsx";
import { type DiskAction, diskOffers } from "./disk-actions.ts";
import type { DiskDesk } from "./disk-desk.ts";
import { formatWord, nameList, sameName, storedBytes } from "./disk-words.ts";
import { asSentence, formatBytes, formatShare } from "./format.ts";
import { Problem } from "./problem.tsx";
import type { Scheme } from "./theme.ts";

interface DiskPaneProps {
  readonly desk: DiskDesk;
  readonly file: DiskFileSummary;
  readonly scheme: Scheme;
}

/**
 * What can be done with the selected file. Buttons that make no sense now stay, say why to those who
 * point at them, and say it aloud when they are pressed.
 */
function DiskActionBar(props: { readonly desk: DiskDesk; readonly file: DiskFileSummary }) {
  const { desk, file } = props;
  const id = useId();
  const [pressed, setPressed] = useState<DiskAction | null>(null);
  useEffect(() => setPressed(null), [file.name]);
  const offers = diskOffers(file);
  const saving = desk.saving.value;
  const refusal = offers.find((offer) => offer.action === pressed)?.refusal ?? null;
  const refusalOf = (action: DiskAction, reason: string | null): string | null =>
    action === "download" && saving !== null ? `${saving} is being saved.` : reason;
  return (
    <div>
      <div class="action-bar" role="toolbar" aria-label={`Actions for ${file.name}`}>
        {offers.map(({ action, label, refusal: reason }) => {
          const why = refusalOf(action, reason);
          return (
            <button
              key={action}
              type="button"
              class="button"
              data-action={action}
              aria-disabled={why !== null}
              aria-haspopup={action === "download" ? undefined : "dialog"}
              aria-describedby={why === null ? undefined : `${id}-${action}`}
              title={why ?? undefined}
              onClick={() => {
                setPressed(action);
                if (why === null) desk.ask(action, file.name);
              }}
            >
              {action === "download" && saving === file.name ? "Saving…" : label}
              {why === null ? null : (
                <span id={`${id}-${action}`} hidden>
                  {why}
                </span>
              )}
            </button>
          );
        })}
      </div>
      <p class="disk-refusal" role="status">
        {refusal}
      </p>
    </div>
  );
}

/** A name that leads to that file, where the library has it. */
function FileLink(props: { readonly desk: DiskDesk; readonly name: string }) {
  const { desk, name } = props;
  const known = desk.host.files.value.find((file) => sameName(file.name, name));
  if (known === undefined) return <>{name}, which is missing</>;
  return (
    <button type="button" class="link" onClick={() => desk.select(known.name)}>
      {known.name}
    </button>
  );
}

// A base can carry any number of disks; past this many only the number is told.
const childrenShown = 5;

function Children(props: { readonly desk: DiskDesk; readonly names: readonly string[] }) {
  const rest = props.names.length - childrenShown;
  return (
    <ul class="disk-children">
      {props.names.slice(0, childrenShown).map((name) => (
        <li key={name}>
          <FileLink desk={props.desk} name={name} />
        </li>
      ))}
      {rest > 0 ? <li>and {rest} more</li> : null}
    </ul>
  );
}

function DiskFacts(props: { readonly desk: DiskDesk; readonly file: DiskFileSummary }) {
  const { desk, file } = props;
  return (
    <dl class="disk-facts">
      <div>
        <dt>Type</dt>
        <dd>{formatWord(file.format)}</dd>
      </div>
      <div>
        <dt>Current file size</dt>
        <dd>{formatBytes(storedBytes(file))}</dd>
      </div>
      <div>
        <dt>Maximum size</dt>
        <dd>{formatBytes(file.format === "unusable" ? null : file.byteLength)}</dd>
      </div>
      <div>
        <dt>Used by</dt>
        <dd>
          {file.usedBy.length === 0 ? "No machine" : nameList(file.usedBy.map((user) => user.name))}
          {file.inUse ? ", open now" : ""}
        </dd>
      </div>
      {file.fetched === null ? null : (
        <div>
          <dt>Fetched so far</dt>
          <dd>{formatShare(Math.min(1, file.fetched))}</dd>
        </div>
      )}
      {file.parent === null ? null : (
        <div>
          <dt>Parent</dt>
          <dd>
            <FileLink desk={desk} name={file.parent} />
          </dd>
        </div>
      )}
      {file.children.length === 0 ? null : (
        <div>
          <dt>Built on it</dt>
          <dd>
            <Children desk={desk} names={file.children} />
          </dd>
        </div>
      )}
    </dl>
  );
}

/** The selected file: what it is, what can be done, what is wrong with it, and its block map. */
export function DiskPane(props: DiskPaneProps) {
  const { desk, file } = props;
  const problem = desk.problem.value;
  const orphan = desk.rows.value.some((row) => row.orphan && row.file === file);
  const isLost = orphan || file.format === "unusable";
  return (
    <section class="pane disk-pane" aria-labelledby="disk-title">
      <div class="disk-head">
        <h2 id="disk-title" class="machine-title">
          {file.name}
        </h2>
        <DiskActionBar desk={desk} file={file} />
        <DiskFacts desk={desk} file={file} />
      </div>
      {problem?.name === file.name ? (
        <Problem kind="error" text={problem.text} onDismiss={desk.dismissProblem} />
      ) : null}
      {file.trouble === null ? null : (
        <Problem kind={isLost ? "error" : "warning"} text={asSentence(file.trouble)} />
      )}
      {isLost ? null : <BlockMapView disks={desk.host} name={file.name} scheme={props.scheme} />}
    </section>
  );
}
