import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { reasonSentence } from "../format.ts";
import { workspaceHash } from "../place.ts";
import { Problem } from "../problem.tsx";
import type { Theme } from "../theme.ts";
import { usePoll } from "../use-poll.ts";
import type { MapDesk } from "./desk.ts";
import { BoxDetails } from "./details.tsx";
import { Dots, type Token } from "./dots.tsx";
import { Drawing } from "./drawing.tsx";
import { FlowList, FlowSteps } from "./flow-list.tsx";
import type { EventFlow } from "./flows.ts";
import { lengthOf } from "./geometry.ts";
import { machinesAt, mapLayout } from "./layout.ts";
import { LineTable } from "./line-table.tsx";
import { MapLegend } from "./mark.tsx";
import type { BoxKey, MapPicture, MapSources } from "./model.ts";
import { badgesOf, legsOf, stopsOf } from "./path.ts";
import type { MapLayout } from "./routes.ts";
import { TypeForm } from "./type-form.tsx";

const lookEveryMs = 250;
/** How long a shown way stays at each stop. */
const stopMs = 900;

/** Width of an element, followed. */
function useWidth(): { readonly frame: RefObject<HTMLDivElement | null>; readonly width: number } {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    let next = 0;
    const observer = new ResizeObserver(([entry]) => {
      cancelAnimationFrame(next);
      // Another width means another height, which may bring a scroll bar: not while sizes are being told.
      next = requestAnimationFrame(() => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(next);
    };
  }, []);
  return { frame, width };
}

/** Plays a flow stop by stop; at once where nothing may move. */
function usePlay(flow: EventFlow | null) {
  const [stop, setStop] = useState(0);
  const [round, setRound] = useState(0);
  const last = flow === null ? 0 : stopsOf(flow).length;
  // It may still grow while it is shown.
  const stops = useRef(last);
  stops.current = last;
  useEffect(() => {
    if (flow === null) {
      setStop(0);
      return undefined;
    }
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      setStop(last);
      return undefined;
    }
    setStop(1);
    const timer = setInterval(() => setStop((now) => Math.min(stops.current, now + 1)), stopMs);
    return () => clearInterval(timer);
  }, [flow?.id, round]);
  return { stop, setStop, play: () => setRound((one) => one + 1) };
}

function Machines(props: { readonly desk: MapDesk; readonly room: number }) {
  const { desk, room } = props;
  const machines = desk.machines.value;
  if (machines.length === 0) {
    return (
      <p class="arch-words">
        No machine runs. <a href={workspaceHash.machines}>Start one</a> and see its partition here.
      </p>
    );
  }
  if (machines.length <= room) return null;
  return (
    <fieldset class="arch-machines">
      <legend>{room === 1 ? "Shown" : `Shown (${room} fit)`}</legend>
      {machines.map(({ id, name }, place) => (
        <button
          key={id}
          type="button"
          class="button"
          aria-pressed={place < room}
          onClick={() => desk.prefer(id)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

function Picture(props: {
  readonly desk: MapDesk;
  readonly layout: MapLayout;
  readonly picture: MapPicture;
  readonly sources: MapSources;
  readonly scheme: string;
  readonly stop: number;
}) {
  const { desk, layout, picture, sources, stop } = props;
  const flow = desk.flow.value;
  const stops = useMemo(() => (flow === null ? [] : stopsOf(flow)), [flow]);
  const legs = useMemo(() => legsOf(stops, layout, picture.lines), [stops, layout, picture]);
  const leg = stop > 1 ? (legs[stop - 2] ?? null) : null;
  const token = useMemo((): Token | null => {
    if (leg === null) return null;
    const length = lengthOf(leg.route);
    return { route: leg.route, length, begins: performance.now(), lasts: stopMs * 0.8 };
  }, [flow?.id, stop]);
  return (
    <div class="arch-drawing" style={{ inlineSize: `${layout.width}px`, blockSize: `${layout.height}px` }}>
      <Drawing
        host={desk.host}
        consoles={desk.consoles}
        layout={layout}
        picture={picture}
        sources={sources}
        open={desk.box.value}
        legs={legs}
        badges={badgesOf(stops)}
        stop={stop}
        onOpen={(box) => desk.open(desk.box.value === box ? null : box)}
      >
        <Dots picture={flow === null ? picture : null} layout={layout} scheme={props.scheme} token={token} />
      </Drawing>
    </div>
  );
}

/** What stands beside the picture: an open box or a shown flow, and what happened. */
function Side(props: {
  readonly desk: MapDesk;
  readonly picture: MapPicture;
  readonly sources: MapSources;
  readonly play: ReturnType<typeof usePlay>;
}) {
  const { desk, picture, sources, play } = props;
  const box = desk.box.value;
  const flow = desk.flow.value;
  // The keyboard goes back to where it came from.
  const leave = (from: BoxKey): void => {
    desk.open(null);
    document.querySelector<HTMLElement>(`[data-arch-box="${CSS.escape(from)}"]`)?.focus();
  };
  const nameOf = (vm: string): string | null => desk.host.vms.value.find(({ id }) => id === vm)?.name ?? null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and arrow keys must reach it
    <aside class="pane arch-side" aria-label="Details and events" tabIndex={0}>
      {flow !== null ? (
        <FlowSteps
          flow={flow}
          picture={picture}
          stop={play.stop}
          onStop={play.setStop}
          onPlay={play.play}
          onClose={() => desk.follow(null)}
        />
      ) : box !== null ? (
        <BoxDetails box={box} picture={picture} sources={sources} onClose={() => leave(box)} />
      ) : null}
      <TypeForm desk={desk} machines={picture.machines.map(({ vm }) => vm)} />
      <FlowList
        flows={desk.flows.value}
        shown={flow}
        lost={desk.lost.value}
        nameOf={nameOf}
        onShow={(next) => {
          desk.open(null);
          desk.follow(next);
        }}
        onClear={desk.clearFlows}
      />
    </aside>
  );
}

/** The architecture, drawn from the running system. It looks only while the visitor does. */
export function ArchitectureWorkspace(props: { readonly desk: MapDesk; readonly theme: Theme }) {
  const { desk, theme } = props;
  const { frame, width } = useWidth();
  const room = machinesAt(width);
  const drawn = desk.machines.value.slice(0, room);
  const ids = drawn.map(({ id }) => id).join("\n");
  const layout = useMemo(
    () =>
      mapLayout(
        drawn.map(({ id }) => id),
        width,
      ),
    [ids, width],
  );
  const play = usePlay(desk.flow.value);
  useEffect(() => desk.host.networks.watch(), [desk]);
  usePoll([desk, ids], () => ({
    ask: () => desk.host.architecture.observe(drawn.map(({ id }) => id)),
    everyMs: lookEveryMs,
    onAnswer: (observation) => desk.take(observation, desk.machines.value.slice(0, drawn.length)),
    onFailure: (error) => {
      desk.trouble.value = reasonSentence(error);
    },
  }));
  const picture = desk.picture.value;
  const sources = desk.sources.value;
  const trouble = desk.trouble.value;
  return (
    <main class="workspace workspace-architecture">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and arrow keys must reach it */}
      <section class="pane arch-pane" aria-labelledby="arch-title" tabIndex={0}>
        <div class="arch-head">
          <h2 id="arch-title" class="pane-title">
            Architecture, as it runs now
          </h2>
          <Machines desk={desk} room={room} />
        </div>
        {trouble === null ? null : <Problem kind="error" text={trouble} />}
        <div class="arch-room" ref={frame}>
          {picture === null || sources === null || width === 0 ? (
            <p class="arch-words">Looking at the running system…</p>
          ) : (
            <Picture
              desk={desk}
              layout={layout}
              picture={picture}
              sources={sources}
              scheme={theme.scheme.value}
              stop={play.stop}
            />
          )}
        </div>
        <MapLegend />
        {picture === null ? null : (
          <details class="arch-all-lines">
            <summary>All lines, as a table</summary>
            <LineTable picture={picture} />
          </details>
        )}
      </section>
      {picture === null || sources === null ? (
        <aside class="pane arch-side" aria-hidden="true" />
      ) : (
        <Side desk={desk} picture={picture} sources={sources} play={play} />
      )}
    </main>
  );
}
