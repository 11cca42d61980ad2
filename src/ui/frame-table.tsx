import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { CapturedFrame } from "../hvdef/index.ts";
import { framePlace, frameTime, isAtEnd, rowWindow } from "./frame-window.ts";

const rowHeight = 22;

/** Captured frames, one a row. Only the rows that are seen are drawn; at the end the list follows what comes. */
export function FrameTable(props: {
  readonly frames: readonly CapturedFrame[];
  readonly portName: (port: number) => string;
}) {
  const { frames } = props;
  const box = useRef<HTMLElement>(null);
  const follows = useRef(true);
  const [view, setView] = useState({ scrollTop: 0, height: 320 });
  const look = (): void => {
    const element = box.current;
    if (element === null) return;
    const { scrollTop, clientHeight: height, scrollHeight: contentHeight } = element;
    follows.current = isAtEnd({ scrollTop, height, contentHeight, rowHeight });
    setView((before) =>
      before.scrollTop === scrollTop && before.height === height ? before : { scrollTop, height },
    );
  };
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const element = box.current;
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight;
  }, [frames]);
  const drawn = rowWindow(frames.length, { ...view, rowHeight });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable with the keyboard
    <section class="frames" ref={box} onScroll={look} tabIndex={0} aria-label="Captured frames">
      <table class="frame-table" aria-rowcount={frames.length}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">
              <abbr title="From a port into the switch, or out of it to a port">Port</abbr>
            </th>
            <th scope="col">Source</th>
            <th scope="col">Destination</th>
            <th scope="col">Protocol</th>
            <th scope="col" class="number">
              Length
            </th>
            <th scope="col">What it says</th>
          </tr>
        </thead>
        <tbody>
          <tr class="frame-room" style={{ blockSize: `${drawn.before}px` }} />
          {frames.slice(drawn.first, drawn.end).map((frame, place) => (
            <tr
              key={frame.sequence}
              // Told by the place in the whole list, or the stripes would jump while it scrolls.
              class={(drawn.first + place) % 2 === 1 ? "frame-odd" : ""}
              aria-rowindex={drawn.first + place + 1}
            >
              <td>{frameTime(frame.at)}</td>
              <td title={props.portName(frame.port)}>{framePlace(frame)}</td>
              <td title={frame.source}>{frame.source}</td>
              <td title={frame.destination}>{frame.destination}</td>
              <td>{frame.protocol}</td>
              <td class="number">{frame.length}</td>
              <td title={frame.text}>{frame.text}</td>
            </tr>
          ))}
          <tr class="frame-room" style={{ blockSize: `${drawn.after}px` }} />
        </tbody>
      </table>
    </section>
  );
}
