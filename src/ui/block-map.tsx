import { Fragment } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { BlockMap } from "../hvdef/index.ts";
import { BlockMapLayer } from "./block-map-layer.tsx";
import { cellSentence, heldShare, sameMap } from "./block-map-picture.ts";
import { formatBytes, reasonSentence } from "./format.ts";
import type { DiskHost } from "./host.ts";
import { openPoll } from "./poll.ts";
import type { Scheme } from "./theme.ts";

const askEveryMs = 500;
const cellsAsked = 2048;
// Layers drawn of a very long chain: the ones that answer first, and the base.
const layersDrawn = 8;

type Picture =
  | { readonly kind: "asking" }
  | { readonly kind: "map"; readonly map: BlockMap }
  | { readonly kind: "refused"; readonly reason: string };

/** The map of a file, asked for anew while the page can be seen. */
function useBlockMap(disks: DiskHost, name: string): Picture {
  const [picture, setPicture] = useState<Picture>({ kind: "asking" });
  useEffect(() => {
    let known: BlockMap | null = null;
    setPicture({ kind: "asking" });
    const poll = openPoll({
      ask: () => disks.blockMap(name, cellsAsked),
      everyMs: askEveryMs,
      onAnswer(map) {
        if (sameMap(known, map)) return;
        known = map;
        setPicture({ kind: "map", map });
      },
      onFailure(error) {
        known = null;
        setPicture({ kind: "refused", reason: reasonSentence(error) });
      },
    });
    const follow = (): void => (document.visibilityState === "visible" ? poll.start() : poll.stop());
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      poll.stop();
    };
  }, [disks, name]);
  return picture;
}

function Legend(props: { readonly layers: number; readonly cellBytes: number }) {
  return (
    <ul class="map-legend">
      <li>
        <span class="map-key map-key-held" /> Held here
      </li>
      <li>
        <span class="map-key map-key-part" /> Held in part
      </li>
      {props.layers > 1 ? (
        <li>
          <span class="map-key map-key-covered" /> Covered: a layer above holds all of it
        </li>
      ) : null}
      <li>
        <span class="map-key" /> Nothing
      </li>
      <li>One cell is {formatBytes(props.cellBytes)}</li>
    </ul>
  );
}

/** Which layers of a chain are drawn, by their places. */
function drawnLayers(count: number): readonly number[] {
  const all = Array.from({ length: count }, (_, place) => place);
  return count <= layersDrawn ? all : [...all.slice(0, layersDrawn - 1), count - 1];
}

function orderSentence(map: BlockMap): string {
  if (map.layers.length > 1)
    return "Layer 1 answers first. What it does not hold is read from the layer below; what none holds reads as zeros.";
  const whole = map.layers.every((layer) => heldShare(layer.cells) === 1);
  return whole ? "The file holds every byte of the disk." : "What the file does not hold reads as zeros.";
}

function Layers(props: { readonly map: BlockMap; readonly width: number; readonly scheme: Scheme }) {
  const { map } = props;
  const id = useId();
  const cells = map.layers[0]?.cells.length ?? 0;
  const [kept, setKept] = useState<number | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const asked = pointed ?? kept;
  const marked = asked === null || asked >= cells ? null : asked;
  const scrubbed = Math.min(kept ?? 0, Math.max(0, cells - 1));
  const drawn = drawnLayers(map.layers.length);
  const hidden = map.layers.length - drawn.length;
  return (
    <>
      <p class="map-order">{orderSentence(map)}</p>
      <ol class="map-layers">
        {drawn.map((layer, row) => (
          <Fragment key={map.layers[layer]?.name ?? layer}>
            {row > 0 && layer === map.layers.length - 1 && hidden > 0 ? (
              <li class="map-hidden">{hidden} more layers between these are not drawn.</li>
            ) : null}
            <BlockMapLayer
              map={map}
              layer={layer}
              width={props.width}
              scheme={props.scheme}
              marked={marked}
              onPoint={setPointed}
            />
          </Fragment>
        ))}
      </ol>
      <label class="map-scrub" for={id}>
        <span>Look at</span>
        <input
          id={id}
          type="range"
          min={0}
          max={Math.max(0, cells - 1)}
          step={1}
          value={scrubbed}
          aria-valuetext={cellSentence(map, scrubbed)}
          onFocus={() => setKept(scrubbed)}
          onInput={(event) => setKept(Number(event.currentTarget.value))}
        />
      </label>
      <p class="map-readout">
        {marked === null
          ? "Point at a cell, or move the slider, to read what it stands for."
          : `${cellSentence(map, marked)}.`}
      </p>
      <Legend layers={map.layers.length} cellBytes={map.cellBytes} />
    </>
  );
}

/** Which parts of a disk each layer of its chain holds, live while the page can be seen. */
export function BlockMapView(props: {
  readonly disks: DiskHost;
  readonly name: string;
  readonly scheme: Scheme;
}) {
  const picture = useBlockMap(props.disks, props.name);
  const frame = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <section class="map" aria-labelledby="map-title" ref={frame}>
      <h3 id="map-title" class="map-title">
        Block map
      </h3>
      {picture.kind === "asking" ? <p class="map-order">Reading which parts are allocated…</p> : null}
      {picture.kind === "refused" ? <p class="map-order">{picture.reason}</p> : null}
      {picture.kind === "map" && width > 0 ? (
        <Layers map={picture.map} width={width} scheme={props.scheme} />
      ) : null}
    </section>
  );
}
