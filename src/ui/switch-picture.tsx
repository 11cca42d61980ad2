import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { NetworkSummary } from "../hvdef/index.ts";
import {
  type DirectRates,
  directRates,
  flowPace,
  flowWidth,
  type NetworksSample,
  nextPair,
  type PortRates,
  portRates,
  type SamplePair,
  throughSwitch,
} from "./network-rates.ts";
import { DirectPaths } from "./switch-direct.tsx";
import {
  type DirectWay,
  directWays,
  type PortPlace,
  queueDrop,
  type SwitchLayout,
  switchLayout,
} from "./switch-layout.ts";
import { PortBox } from "./switch-port.tsx";
import { vlanColour, vlanMark, vlanWords } from "./vlan-text.ts";

/** Length of one dash with its gap, pixels, and how long it takes to pass at the slowest. */
const dash = 14;
const slowestMs = 1800;
/** How much faster than the slowest a line moves at most. */
const paceSpan = 24;
/** The two ways of a line lie side by side. */
const laneOffset = 3;

/** What moves on a line, at the pace of its frames. Without frames there is nothing. */
function Flow(props: {
  readonly path: string;
  /** The way past the switch. */
  readonly past?: boolean;
  readonly frames: number;
  readonly bytes: number;
}) {
  const { path, past, frames, bytes } = props;
  const line = useRef<SVGPathElement>(null);
  const motion = useRef<Animation | null>(null);
  const pace = flowPace(frames);
  const moving = pace > 0;
  useEffect(() => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!moving || still || line.current === null) return undefined;
    const started = line.current.animate([{ strokeDashoffset: 0 }, { strokeDashoffset: -dash }], {
      duration: slowestMs,
      iterations: Number.POSITIVE_INFINITY,
    });
    motion.current = started;
    return () => {
      started.cancel();
      motion.current = null;
    };
  }, [moving]);
  useEffect(() => motion.current?.updatePlaybackRate(Math.max(1, pace * paceSpan)), [pace]);
  if (!moving) return null;
  return (
    <path
      ref={line}
      class={past === true ? "switch-flow switch-flow-past" : "switch-flow"}
      d={path}
      style={{ strokeWidth: flowWidth(bytes) }}
    />
  );
}

function cross(x: number, y: number): string {
  return `M${x - 4} ${y - 4}l8 8m0-8l-8 8`;
}

function Wire(props: {
  readonly place: PortPlace;
  readonly rates: PortRates | null;
  readonly rail: SwitchLayout["rail"];
}) {
  const { place, rates, rail } = props;
  const { port, atSwitch, atBox, y } = place;
  const queueY = y + queueDrop;
  const toSwitch = `M${atBox} ${y - laneOffset}H${atSwitch}`;
  const fromSwitch = `M${atSwitch} ${y + laneOffset}H${atBox}`;
  const isMachine = port.holder.kind === "machine";
  const inward = Math.sign(atSwitch - atBox);
  return (
    <g class={`switch-wire vlan-${vlanColour(port.vlan)}${port.linkUp ? "" : " switch-down"}`}>
      <path class="switch-line" d={`M${atBox} ${y}H${atSwitch}`} />
      <rect class="switch-jack" x={atSwitch - 6} y={y - 6} width={12} height={12} rx={2} />
      {rail !== null && isMachine ? (
        <path class={port.queue ? "switch-past" : "switch-tap"} d={`M${rail.x} ${queueY}H${atBox}`} />
      ) : null}
      {rail !== null && port.queue ? (
        <path class="switch-arrow" d={`M${atBox - 7} ${queueY - 4}l6 4l-6 4z`} />
      ) : null}
      {rates === null ? null : (
        <>
          <Flow path={toSwitch} frames={rates.framesToSwitch} bytes={rates.bytesToSwitch} />
          <Flow path={fromSwitch} frames={rates.framesFromSwitch} bytes={rates.bytesFromSwitch} />
          {rates.dropped > 0 ? <path class="switch-drop" d={cross(atSwitch - inward * 20, y)} /> : null}
        </>
      )}
    </g>
  );
}

function Legend(props: { readonly network: NetworkSummary; readonly hasRail: boolean }) {
  const marks = new Map(props.network.ports.map(({ vlan }) => [vlanMark(vlan) ?? "", vlan]));
  return (
    <ul class="switch-legend">
      {[...marks].map(([mark, vlan]) => (
        <li key={mark}>
          <span class={`switch-key vlan-${vlanColour(vlan)}`} />
          {mark === "" ? "Untagged" : mark === "trunk" ? "Trunk: several VLANs" : vlanWords(vlan)}
        </li>
      ))}
      {props.hasRail ? (
        <li>
          <span class="switch-key switch-key-past" />
          Past the switch: a queue (VMQ) takes frames for one machine from the sender straight into its
          memory. Broadcasts still pass the switch; the counters hold both.
        </li>
      ) : null}
      {props.network.ports.some(({ dropped }) => dropped > 0) ? (
        <li>
          <svg class="switch-key-drop" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <path class="switch-drop" d={cross(6, 6)} />
          </svg>
          Frames were dropped in the last moment where this cross stands
        </li>
      ) : null}
      <li>Lines move at the pace of the frames counted: ten times as many, one step faster.</li>
    </ul>
  );
}

/** What moves past the switch, each pair of machines on its way. */
function DirectFlows(props: {
  readonly ways: readonly DirectWay[];
  readonly direct: readonly DirectRates[];
}) {
  return (
    <>
      {props.ways.map(({ from, to, path }) => {
        const rates = props.direct.find((one) => one.from === from.port.id && one.to === to.port.id);
        return rates === undefined ? null : (
          <Flow
            key={`${from.port.id} ${to.port.id}`}
            path={path}
            past
            frames={rates.frames}
            bytes={rates.bytes}
          />
        );
      })}
    </>
  );
}

function Drawing(props: {
  readonly network: NetworkSummary;
  readonly pair: SamplePair;
  readonly width: number;
}) {
  const { network, pair } = props;
  const layout = switchLayout(network.ports, props.width, network.direct);
  const direct = directRates(pair.older, pair.newer, network.id);
  const { body, rail } = layout;
  const ratesOf = (port: number): PortRates | null =>
    portRates(pair.older, pair.newer, { network: network.id, port });
  const drawn = layout.places.map((place) => ({ place, rates: ratesOf(place.port.id) }));
  return (
    <>
      <div class="switch-drawing" style={{ blockSize: `${layout.height}px` }}>
        <svg
          class="switch-svg"
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          width={layout.width}
          height={layout.height}
          aria-hidden="true"
          focusable="false"
        >
          {rail === null ? null : <path class="switch-past" d={`M${rail.x} ${rail.from}V${rail.to}`} />}
          <rect
            class="switch-body"
            x={body.x + 0.5}
            y={body.y + 0.5}
            width={body.width - 1}
            height={body.height - 1}
            rx={6}
          />
          <text
            class="switch-label"
            transform={`translate(${body.x + body.width / 2} ${body.height / 2}) rotate(-90)`}
          >
            Virtual switch
          </text>
          {drawn.map(({ place, rates }) => (
            <Wire
              key={place.port.id}
              place={place}
              rates={rates === null ? null : throughSwitch(place.port.id, rates, direct ?? [])}
              rail={rail}
            />
          ))}
          <DirectFlows ways={directWays(layout, network.direct)} direct={direct ?? []} />
        </svg>
        <ul class="switch-ports" aria-label={`Ports of ${network.name}`}>
          {drawn.map(({ place, rates }) => (
            <PortBox key={place.port.id} place={place} rates={rates} uplink={network.uplinkState} />
          ))}
        </ul>
      </div>
      <DirectPaths network={network} rates={direct} />
      <Legend network={network} hasRail={rail !== null} />
    </>
  );
}

/** The switch of a network with its ports, and what passes them since the last sample. */
export function SwitchPicture(props: { readonly network: NetworkSummary; readonly sample: NetworksSample }) {
  const { network, sample } = props;
  const pair = useRef<SamplePair | null>(null);
  pair.current = nextPair(pair.current, sample);
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
    <section class="switch" aria-labelledby="switch-title" ref={frame}>
      <h3 id="switch-title" class="part-title">
        Ports and traffic
      </h3>
      {network.ports.length === 0 ? (
        <p class="part-words">
          Nothing is plugged in. Give a machine an adapter on this network: its panel Network adapters does
          it.
        </p>
      ) : width > 0 ? (
        <Drawing network={network} pair={pair.current} width={width} />
      ) : null}
    </section>
  );
}
