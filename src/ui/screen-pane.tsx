import { useEffect, useRef, useState } from "preact/hooks";
import type { ScreenMode } from "../hvdef/index.ts";
import type { ScreenScale } from "./console-choice.ts";
import type { ScreenSession, VmView } from "./host.ts";
import { deviceWords, pictureWords } from "./screen-words.ts";
import { sightOf } from "./sight.ts";

/** Whether the page can be seen: what nobody sees is not drawn. */
function useSight(): boolean {
  const [visible, setVisible] = useState(() => sightOf(document).visible());
  useEffect(() => {
    const sight = sightOf(document);
    return sight.onChange(() => setVisible(sight.visible()));
  }, []);
  return visible;
}

/** A canvas that a machine draws into serves one look only: each gets a fresh one. */
function useCanvas(session: ScreenSession, label: string) {
  const place = useRef<HTMLDivElement>(null);
  const power = session.power.value;
  const visible = useSight();
  useEffect(() => {
    if (power === 0 || !visible || place.current === null) return;
    const canvas = document.createElement("canvas");
    canvas.dataset["screen"] = "";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    place.current.append(canvas);
    const stop = session.look(canvas);
    return () => {
      stop();
      canvas.remove();
    };
  }, [session, power, visible, label]);
  return place;
}

/** Width of the picture on the page, in CSS pixels. */
function useWidth(
  place: { readonly current: HTMLDivElement | null },
  mode: ScreenMode | null,
  scale: ScreenScale,
): number | null {
  const [room, setRoom] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const watcher = new ResizeObserver(() =>
      setRoom({ width: element.clientWidth, height: element.clientHeight }),
    );
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [place]);
  if (mode === null || mode.kind === "dark" || room.width === 0) return null;
  const fit = Math.min(room.width / mode.width, room.height / mode.height);
  if (scale === "fit") return Math.floor(mode.width * fit);
  // Pixels of the guest on whole pixels of the display, however many of those a CSS pixel has.
  const whole = Math.max(1, Math.floor(fit * devicePixelRatio)) / devicePixelRatio;
  return mode.width * whole;
}

/** What is on a text screen, for whoever cannot see it; elsewhere, what there is instead. */
function ScreenText(props: { readonly session: ScreenSession; readonly label: string }) {
  const { session } = props;
  const words = pictureWords(session.mode.value);
  return (
    <div
      class="unseen"
      role="log"
      aria-live="polite"
      aria-atomic="false"
      aria-label={props.label}
      data-screen-text=""
    >
      {words === null ? session.rows.value.map((text, row) => <p key={row}>{text}</p>) : <p>{words}</p>}
    </div>
  );
}

/** The screen of a machine: its picture, and its text for screen readers. */
export function ScreenPane(props: {
  readonly vm: VmView;
  readonly session: ScreenSession;
  readonly scale: ScreenScale;
}) {
  const { vm, session, scale } = props;
  const place = useCanvas(session, `Screen of ${vm.name}`);
  const mode = session.mode.value;
  const width = useWidth(place, mode, scale);
  const off = session.power.value === 0;
  return (
    <section class="machine-screen" aria-label={`Screen of ${vm.name}`} data-device={mode?.kind ?? "off"}>
      <div
        class={scale === "whole" ? "machine-screen-place machine-screen-whole" : "machine-screen-place"}
        style={width === null ? {} : { "--screen-width": `${width}px` }}
        ref={place}
      />
      {off || mode === null || mode.kind === "dark" ? (
        <p class="machine-screen-note" aria-hidden={mode?.kind === "dark"}>
          {off
            ? `${vm.name} is ${vm.state === "saved" ? "saved" : "off"}.`
            : mode === null
              ? "Waiting for the machine to draw…"
              : "The screen is dark."}
        </p>
      ) : null}
      <ScreenText session={session} label={`Text on the screen of ${vm.name}`} />
    </section>
  );
}

/** What can be done with a screen. */
export function ScreenTools(props: {
  readonly session: ScreenSession;
  readonly scale: ScreenScale;
  readonly onScale: (scale: ScreenScale) => void;
  readonly onPicture: () => void;
  readonly onFullScreen: () => void;
}) {
  const mode = props.session.mode.value;
  const shows = mode !== null && mode.kind !== "dark";
  const whole = props.scale === "whole";
  return (
    <div class="screen-tools">
      <span class="console-device" data-screen-device="">
        {deviceWords(mode)}
      </span>
      <button
        type="button"
        class="tool"
        aria-pressed={whole}
        title="Pixels of the guest on whole pixels of the display: sharp, with scroll bars when it is too large"
        onClick={() => props.onScale(whole ? "fit" : "whole")}
      >
        Whole pixels
      </button>
      <button type="button" class="tool" aria-disabled={!shows} onClick={() => shows && props.onPicture()}>
        Screenshot
      </button>
      <button type="button" class="tool" onClick={props.onFullScreen}>
        Full screen
      </button>
    </div>
  );
}
