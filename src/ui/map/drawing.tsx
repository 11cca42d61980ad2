import type { ComponentChildren } from "preact";
import type { ConsoleChoice } from "../console-choice.ts";
import type { UiHost } from "../host.ts";
import { boxFigures, splitBox } from "./box-figures.ts";
import { type Rect, roundedPath } from "./geometry.ts";
import { Mark } from "./mark.tsx";
import { type BoxKey, lineRate, type MapMachine, type MapPicture, type MapSources } from "./model.ts";
import { partWords } from "./parts.ts";
import type { Leg } from "./path.ts";
import { Programs } from "./programs.tsx";
import type { Frame, MapLayout } from "./routes.ts";

const kindWords: { readonly [K in MapMachine["kind"]]: string } = {
  waiting: "starting",
  legacy: "emulated devices only",
  enlightened: "enlightened",
  both: "integration services, emulated disk",
};

function place({ x, y, width, height }: Rect) {
  return {
    insetInlineStart: `${x}px`,
    insetBlockStart: `${y}px`,
    inlineSize: `${width}px`,
    blockSize: `${height}px`,
  };
}

/** The title lies above the lines that cross it. */
function titlePlace({ x, y, width }: Rect) {
  const left = width < 480 && x === 0 ? 24 : 12;
  return {
    insetInlineStart: `${x + left}px`,
    insetBlockStart: `${y + 6}px`,
    maxInlineSize: `${width - 2 * left}px`,
  };
}

/** What the border of a part is called. */
function frameWords(key: string, picture: MapPicture): readonly [title: string, more: string] {
  if (key === "management") return ["Management OS", "parent partition"];
  if (key === "hypervisor") return ["Hypervisor", ""];
  if (key === "hardware") return ["Hardware", "your browser and what it stands on"];
  const machine = picture.machines.find(({ vm }) => key === `machine ${vm.id}`);
  if (machine === undefined) return ["Child partition", ""];
  const { vm, kind } = machine;
  return [vm.name, `${kindWords[kind]}${vm.state === "running" ? "" : ` · ${vm.state}`}`];
}

const hypervisorParts: readonly string[] = ["partitions", "scheduler", "vp"];
const hardwareParts: readonly string[] = ["disks", "wires", "processors", "memory", "person"];

/** The border that a box stands in. */
function frameOf(key: BoxKey): string {
  const { part, vm } = splitBox(key);
  if (hypervisorParts.includes(part)) return "hypervisor";
  if (hardwareParts.includes(part)) return "hardware";
  return vm === null || part === "process" ? "management" : `machine ${vm}`;
}

interface DrawingProps {
  readonly host: UiHost;
  readonly consoles: ConsoleChoice;
  readonly layout: MapLayout;
  readonly picture: MapPicture;
  readonly sources: MapSources;
  readonly open: BoxKey | null;
  readonly legs: readonly (Leg | null)[];
  readonly badges: ReadonlyMap<BoxKey, readonly number[]>;
  /** The stop that is shown now, from 1; 0: none. */
  readonly stop: number;
  readonly onOpen: (box: BoxKey) => void;
}

function Lines({ layout, picture, legs, open }: DrawingProps) {
  const shown = legs.length > 0;
  return (
    <svg
      class={shown ? "arch-lines-svg arch-dimmed" : "arch-lines-svg"}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      width={layout.width}
      height={layout.height}
      aria-hidden="true"
      focusable="false"
    >
      {picture.lines.map((line) => {
        const route = layout.routes.get(line.key);
        if (route === undefined) return null;
        const busy = (lineRate(line) ?? 0) > 0 ? " arch-line-busy" : "";
        const touched = open !== null && (line.from === open || line.to === open) ? " arch-line-open" : "";
        const kind = line.lanes[0]?.kind ?? "call";
        return (
          <path
            key={line.key}
            class={`arch-line arch-line-${line.style} lane-${kind}${busy}${touched}`}
            d={roundedPath(route)}
          />
        );
      })}
      {legs.map((leg, place) =>
        leg === null ? null : (
          <path
            key={`leg ${place}`}
            class={leg.drawn ? "arch-leg" : "arch-leg arch-leg-guessed"}
            d={roundedPath(leg.route)}
          />
        ),
      )}
    </svg>
  );
}

function Box(props: DrawingProps & { readonly name: BoxKey; readonly rect: Rect }) {
  const { name, rect, picture, sources } = props;
  const { part, vm } = splitBox(name);
  const words = partWords(part);
  const machine = picture.machines.find((one) => one.vm.id === vm);
  const [first, second] = boxFigures(name, picture, sources);
  const badges = props.badges.get(name) ?? [];
  // Letters of a title are about seven pixels wide.
  const fits = rect.width >= words.title.length * 7 + 34;
  const short = fits ? words.title : (words.short ?? words.title);
  const title = part === "process" && machine !== undefined ? `Worker process: ${machine.vm.name}` : short;
  const state = [
    props.open === name ? " arch-box-open" : "",
    badges.length > 0 ? " arch-box-passed" : "",
    badges.includes(props.stop) ? " arch-box-now" : "",
    rect.width < 96 ? " arch-box-small" : "",
  ].join("");
  return (
    <li class="arch-place" style={place(rect)}>
      <button
        type="button"
        class={`arch-box arch-box-${words.mark}${state}`}
        aria-pressed={props.open === name}
        data-arch-box={name}
        onClick={() => props.onOpen(name)}
      >
        <span class="arch-box-title">
          <Mark mark={words.mark} />
          <span>{title}</span>
        </span>
        {part === "programs" && machine !== undefined ? (
          <Programs host={props.host} consoles={props.consoles} vm={machine.vm} height={rect.height} />
        ) : (
          <span class="arch-box-figures">
            <span>{first}</span>
            <span>{second}</span>
          </span>
        )}
        {badges.length === 0 ? null : (
          <span class="arch-badge">
            <span class="unseen">stop </span>
            {badges.join(" ")}
          </span>
        )}
      </button>
    </li>
  );
}

function FramePart(props: DrawingProps & { readonly frame: Frame }) {
  const { frame, picture, layout } = props;
  const [title, more] = frameWords(frame.key, picture);
  const boxes = [...layout.boxes].filter(([key]) => frameOf(key) === frame.key);
  const kind = frame.key.startsWith("machine ") ? "machine" : frame.key;
  return (
    <section class="arch-part" aria-label={more === "" ? title : `${title}, ${more}`}>
      <h3 class={`arch-frame-title arch-title-${kind}`} style={titlePlace(frame.rect)}>
        {title} <span>{more}</span>
      </h3>
      <div class={`arch-frame arch-frame-${kind}`} style={place(frame.rect)}>
        {frame.ringY === null ? null : (
          <div
            class="arch-ring"
            style={{ insetBlockStart: `${frame.ringY - frame.rect.y}px` }}
            aria-hidden="true"
          >
            <span>user mode</span>
            <span>kernel mode</span>
          </div>
        )}
      </div>
      <ul>
        {boxes.map(([key, rect]) => (
          <Box key={key} {...props} name={key} rect={rect} />
        ))}
      </ul>
    </section>
  );
}

/** Partitions, boxes and lines. What moves lies on a canvas of its own. */
export function Drawing(props: DrawingProps & { readonly children: ComponentChildren }) {
  return (
    <>
      <div class="arch-frames">
        {props.layout.frames.map((frame) => (
          <FramePart key={frame.key} {...props} frame={frame} />
        ))}
      </div>
      <Lines {...props} />
      {props.children}
    </>
  );
}
