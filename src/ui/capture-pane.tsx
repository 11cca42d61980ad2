import { useId, useState } from "preact/hooks";
import type { NetworkSummary } from "../hvdef/index.ts";
import type { CaptureDesk } from "./capture-desk.ts";
import { formatCount } from "./format.ts";
import { FrameTable } from "./frame-table.tsx";
import { mistakePlace } from "./frame-window.ts";
import { portLabel } from "./network-words.ts";
import { Problem } from "./problem.tsx";
import { usePoll } from "./use-poll.ts";

const readEveryMs = 300;
const allPorts = "all";

interface CaptureProps {
  readonly network: NetworkSummary;
  readonly desk: CaptureDesk;
}

function Controls(props: CaptureProps) {
  const { network, desk } = props;
  const [wanted, setWanted] = useState(allPorts);
  const state = desk.state.value;
  const running = state === "running" || state === "stopping";
  const busy = state === "starting" || state === "stopping";
  const gone = wanted !== allPorts && !network.ports.some((port) => `${port.id}` === wanted);
  const chosen = gone ? allPorts : wanted;
  const captured = desk.port.value;
  const lost = network.ports.some((port) => port.id === captured) ? null : captured;
  const nothing = state === "idle" || state === "starting";
  const saving = desk.saving.value;
  return (
    <div class="capture-controls">
      <select
        class="input"
        aria-label="Where to capture"
        value={running ? `${desk.port.value ?? allPorts}` : chosen}
        disabled={running || busy}
        onChange={(event) => setWanted(event.currentTarget.value)}
      >
        <option value={allPorts}>All ports</option>
        {network.ports.map((port) => (
          <option key={port.id} value={`${port.id}`}>
            Port {port.id}: {portLabel(port)}
          </option>
        ))}
        {running && lost !== null ? <option value={`${lost}`}>Port {lost}: unplugged since</option> : null}
      </select>
      <button
        type="button"
        class={running ? "button" : "button button-primary"}
        aria-disabled={busy}
        onClick={() => {
          if (busy) return;
          void (running ? desk.stop() : desk.start(chosen === allPorts ? null : Number(chosen)));
        }}
      >
        {running ? "Stop capture" : "Start capture"}
      </button>
      <button
        type="button"
        class="button"
        aria-disabled={nothing || saving}
        title={nothing ? "Nothing was captured yet." : undefined}
        onClick={() => nothing || void desk.save(`${network.name.replaceAll(/[\\/:*?"<>|]/g, "_")}.pcapng`)}
      >
        {saving ? "Saving…" : "Save as pcapng"}
      </button>
    </div>
  );
}

/** The filter as it was typed, with a mark where it cannot be read. */
function Mistake(props: { readonly id: string; readonly filter: string; readonly sentence: string }) {
  const { filter, sentence } = props;
  const place = mistakePlace(sentence, filter);
  return (
    <div id={props.id} class="capture-mistake" aria-live="polite">
      {place === null ? null : (
        <code class="capture-marked" aria-hidden="true">
          {filter.slice(0, place)}
          <mark>{filter.slice(place, place + 1) || "\u00a0"}</mark>
          {filter.slice(place + 1)}
        </code>
      )}
      <span>{sentence}</span>
    </div>
  );
}

function Filter(props: { readonly desk: CaptureDesk }) {
  const { desk } = props;
  const id = useId();
  const mistake = desk.mistake.value;
  return (
    <div class="capture-filter">
      <label for={id}>Filter</label>
      <input
        id={id}
        type="text"
        class="input mono"
        value={desk.filter.value}
        placeholder="arp or dhcp or tcp port 80"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        aria-invalid={mistake !== null}
        aria-describedby={`${id}-below`}
        onInput={(event) => desk.type(event.currentTarget.value)}
      />
      {mistake === null ? null : <Mistake id={`${id}-below`} filter={desk.filter.value} sentence={mistake} />}
    </div>
  );
}

function countWords(desk: CaptureDesk): string {
  const shown = desk.frames.value.length;
  const before = desk.before.value;
  const filtered = desk.filter.value.trim() !== "" && desk.mistake.value === null;
  const what = filtered ? "frames that match" : "frames";
  if (before > 0)
    return `The last ${formatCount(shown)} of ${formatCount(before + shown)} ${what}; the file has all of them.`;
  return shown === 0 ? `No ${what} yet.` : `${formatCount(shown)} ${what}.`;
}

/** Watches the wire of a network: frames as they pass, decoded, with a filter, and saved for other tools. */
export function CapturePane(props: CaptureProps) {
  const { network, desk } = props;
  usePoll([desk], () => ({
    ask: () => desk.read(),
    everyMs: readEveryMs,
    onAnswer() {},
    onFailure() {},
  }));
  const state = desk.state.value;
  const problem = desk.problem.value;
  const portName = (id: number): string => {
    const port = network.ports.find((one) => one.id === id);
    return port === undefined ? `Port ${id}` : portLabel(port);
  };
  return (
    <section class="part capture" aria-labelledby="capture-title">
      <h3 id="capture-title" class="part-title">
        Capture
        {state === "running" ? <span class="capture-live">Running</span> : null}
      </h3>
      <div class="capture-head">
        <Controls {...props} />
        <Filter desk={desk} />
      </div>
      {problem === null ? null : <Problem kind="error" text={problem} onDismiss={desk.dismiss} />}
      {state === "idle" || state === "starting" ? (
        <p class="part-words">
          Frames are kept from the moment you start. They stay in this browser until you save them.
        </p>
      ) : (
        <>
          <p class="part-words capture-count">{countWords(desk)}</p>
          <FrameTable frames={desk.frames.value} portName={portName} />
        </>
      )}
    </section>
  );
}
