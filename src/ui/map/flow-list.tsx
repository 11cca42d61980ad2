import { useRef, useState } from "preact/hooks";
import type { VmGuid } from "../../hvdef/index.ts";
import { formatTime } from "../format.ts";
import { boxTitle } from "./details.tsx";
import type { FlowKind } from "./flow-state.ts";
import type { EventFlow } from "./flows.ts";
import type { MapPicture } from "./model.ts";
import { stopsOf, toldOnce } from "./path.ts";

const filters: readonly (readonly [value: string, label: string, kinds: readonly FlowKind[]])[] = [
  ["all", "Everything", []],
  ["you", "What you did", ["key", "serial", "management"]],
  ["disk", "Disk", ["disk"]],
  ["network", "Network", ["network"]],
  ["services", "Integration services, sockets", ["services", "sockets"]],
  ["console", "Screen and input", ["console"]],
];
const rowsShown = 60;

/** The kind of a flow as its colour. */
const laneOf: { readonly [K in FlowKind]: string } = {
  key: "console",
  serial: "console",
  console: "console",
  disk: "disk",
  network: "network",
  services: "services",
  sockets: "sockets",
  management: "call",
};

/** What happened last. The list stands still while the visitor is at it: rows must not run away. */
export function FlowList(props: {
  readonly flows: readonly EventFlow[];
  readonly shown: EventFlow | null;
  readonly lost: number;
  readonly nameOf: (vm: VmGuid) => string | null;
  readonly onShow: (flow: EventFlow) => void;
  readonly onClear: () => void;
}) {
  const [filter, setFilter] = useState("all");
  const [held, setHeld] = useState<readonly EventFlow[] | null>(null);
  const list = useRef<HTMLElement>(null);
  const kinds = filters.find(([value]) => value === filter)?.[2] ?? [];
  const all = held ?? props.flows;
  const rows = all.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind)).slice(0, rowsShown);
  const release = (): void => {
    if (list.current?.matches(":hover, :focus-within") !== true) setHeld(null);
  };
  return (
    <section class="arch-flows" aria-labelledby="arch-flows-title" ref={list}>
      <div class="pane-title">
        <h3 id="arch-flows-title">What happened</h3>
        <span class="arch-flow-tools">
          <select aria-label="Show" value={filter} onChange={(event) => setFilter(event.currentTarget.value)}>
            {filters.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
          <button type="button" class="button button-quiet" onClick={props.onClear}>
            Clear
          </button>
        </span>
      </div>
      {rows.length === 0 ? (
        <p class="arch-words">
          Nothing yet. Type something at a machine's console, or let it read a file, then look here.
        </p>
      ) : (
        <ol
          class="arch-flow-rows"
          aria-labelledby="arch-flows-title"
          onPointerEnter={() => setHeld(held ?? props.flows)}
          onFocusIn={() => setHeld(held ?? props.flows)}
          onPointerLeave={release}
          onFocusOut={() => setTimeout(release)}
        >
          {rows.map((flow) => {
            const [first] = flow.steps;
            const last = flow.steps.at(-1);
            const span = first === undefined || last === undefined ? 0 : last.at - first.at;
            const name = flow.machine === null ? null : props.nameOf(flow.machine);
            return (
              <li key={flow.id}>
                <button
                  type="button"
                  class={`arch-flow lane-${laneOf[flow.kind]}`}
                  aria-pressed={props.shown?.id === flow.id}
                  data-arch-flow={flow.kind}
                  onClick={() => props.onShow(flow)}
                >
                  <span class="arch-key" aria-hidden="true" />
                  <span class="arch-flow-title">{flow.title}</span>
                  <small class="arch-flow-more">
                    {formatTime(first?.at ?? 0)}
                    {name === null ? "" : ` · ${name}`} · {stopsOf(flow).length} stops · {millis(span)}
                  </small>
                </button>
              </li>
            );
          })}
        </ol>
      )}
      {props.lost > 0 ? (
        <p class="arch-words">
          Of what happens often only the first of each moment is listed; the counters hold all of it.
        </p>
      ) : null}
    </section>
  );
}

/** A time span, exact enough to compare two steps. */
function millis(span: number): string {
  return `${span < 9.95 ? span.toFixed(2) : Math.round(span)} ms`;
}

/** One flow, stop by stop. */
export function FlowSteps(props: {
  readonly flow: EventFlow;
  readonly picture: MapPicture;
  /** The stop that is shown now, from 1; 0: none. */
  readonly stop: number;
  readonly onStop: (stop: number) => void;
  readonly onPlay: () => void;
  readonly onClose: () => void;
}) {
  const { flow, picture, stop } = props;
  const begun = flow.steps[0]?.at ?? 0;
  return (
    <section class="arch-steps" aria-labelledby="arch-steps-title">
      <div class="pane-title">
        <h3 id="arch-steps-title">{flow.title}</h3>
        <span class="arch-flow-tools">
          <button type="button" class="button button-quiet" onClick={props.onPlay}>
            Play
          </button>
          <button type="button" class="button button-quiet" onClick={props.onClose}>
            Close
          </button>
        </span>
      </div>
      <p class="arch-words">
        {flow.emulated ? "By emulated devices." : "Over VMBus, without an emulated device."} Times are from
        the first step on.
      </p>
      <ol class="arch-stops">
        {stopsOf(flow).map(({ box, steps }, place) => (
          <li key={place} class={stop === place + 1 ? "arch-stop arch-stop-now" : "arch-stop"}>
            <button type="button" class="arch-stop-box" onClick={() => props.onStop(place + 1)}>
              <span class="arch-badge">{place + 1}</span> {boxTitle(box, picture)}
            </button>
            {toldOnce(steps).map((step) => (
              <p key={step.text} class={step.guessed ? "arch-step arch-step-guessed" : "arch-step"}>
                <span class="arch-step-time">+{millis(step.at - begun)}</span>
                {step.text}
                {step.times > 1 ? ` ×${step.times}` : null}
              </p>
            ))}
          </li>
        ))}
      </ol>
      {flow.steps.some(({ guessed }) => guessed) ? (
        <p class="arch-words">
          In italics: it came next. That it came because of this, only the guest knows.
        </p>
      ) : null}
    </section>
  );
}
