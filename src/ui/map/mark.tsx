import { markWords, type PartMark } from "./parts.ts";

const shapes: { readonly [M in PartMark]: string } = {
  real: "M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9z",
  emulated: "M2 2h8v8H2z",
  simulated: "M6 1l5 5l-5 5l-5-5z",
  modelled: "M6 1.5l4.8 8.6H1.2z",
};

/** What a part is to the real one: a shape of its own for each, filled only where it is the thing itself. */
export function Mark(props: { readonly mark: PartMark; readonly spoken?: boolean }) {
  const { mark } = props;
  return (
    <>
      <svg
        class={`arch-mark arch-mark-${mark}`}
        viewBox="0 0 12 12"
        width="10"
        height="10"
        aria-hidden="true"
      >
        <path d={shapes[mark]} />
      </svg>
      {props.spoken === false ? null : <span class="unseen">, {mark}</span>}
    </>
  );
}

const laneWords = [
  ["disk", "Disk"],
  ["network", "Network"],
  ["console", "Keyboard, mouse, screen"],
  ["services", "Integration services"],
  ["sockets", "Sockets"],
  ["access", "Emulated devices"],
  ["call", "Calls"],
  ["hypercall", "Hypercalls, registers"],
  ["interrupt", "Interrupts"],
  ["file", "Files"],
] as const;

/** What marks, lines and dots mean. */
export function MapLegend() {
  return (
    <div class="arch-legend">
      <ul class="arch-legend-marks" aria-label="Marks of the boxes">
        {markWords.map(([mark, meaning]) => (
          <li key={mark}>
            <Mark mark={mark} spoken={false} />
            <span>
              <b>{mark}</b> {meaning}
            </span>
          </li>
        ))}
      </ul>
      <ul class="arch-legend-lanes" aria-label="Colours of the lines">
        {laneWords.map(([kind, title]) => (
          <li key={kind}>
            <span class={`arch-key lane-${kind}`} aria-hidden="true" />
            {title}
          </li>
        ))}
      </ul>
      <p class="arch-legend-words">
        Each small dot is one thing that was counted; the next larger ones are ten, a hundred, a thousand and
        so on. Solid lines are VMBus, dashed ones go through emulated devices. What nobody counts is not
        drawn.
      </p>
    </div>
  );
}
