import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { InspectSample } from "../hvdef/index.ts";
import { isAtRest } from "./actions.ts";
import { formatCount, formatRate } from "./format.ts";
import type { VmView } from "./host.ts";
import { InspectTree } from "./inspect-tree.tsx";
import { ChannelRows } from "./vmbus-channel.tsx";
import { currentRate, remember, type VmbusMoment } from "./vmbus-history.ts";
import { type PartitionCounters, readVmbus, type VmbusPicture } from "./vmbus-picture.ts";

const counterRows: readonly { readonly key: keyof PartitionCounters; readonly label: string }[] = [
  { key: "postMessage", label: "HvPostMessage" },
  { key: "signalEvent", label: "HvSignalEvent" },
  { key: "unknownHypercalls", label: "Other hypercalls" },
  { key: "messagesToHost", label: "Messages to host" },
  { key: "messagesToGuest", label: "Messages to guest" },
  { key: "interrupts", label: "Interrupts" },
];

/** A guest that has said nothing to the bus for this long will not: it has no drivers for it. */
const patienceMs = 60_000;

function Rate(props: { readonly of: number | null }) {
  return <small>{props.of === null ? "\u00a0" : formatRate(props.of)}</small>;
}

function Counters(props: { readonly moments: readonly VmbusMoment[] }) {
  const counters = props.moments.at(-1)?.picture.counters;
  return (
    <dl class="counters">
      {counterRows.map(({ key, label }) => (
        <div key={key}>
          <dt>{label}</dt>
          <dd>
            {formatCount(counters?.[key] ?? null)}
            <Rate of={currentRate(props.moments, (picture) => picture.counters[key])} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Channels(props: { readonly picture: VmbusPicture; readonly moments: readonly VmbusMoment[] }) {
  if (props.picture.channels.length === 0) return <p class="nothing">No channels are offered yet.</p>;
  return (
    <table class="channels">
      <caption class="unseen">Channels of this partition</caption>
      <thead>
        <tr>
          <th scope="col">Channel</th>
          <th scope="col">Ring in use</th>
          <th scope="col" class="number">
            Packets
          </th>
          <th scope="col" class="number">
            Data
          </th>
        </tr>
      </thead>
      {props.picture.channels.map((channel) => (
        <ChannelRows key={channel.id} channel={channel} moments={props.moments} />
      ))}
    </table>
  );
}

function Frame(props: {
  readonly word: string;
  readonly live: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="pane vmbus" aria-labelledby="vmbus-title">
      <div class="pane-title">
        <h2 id="vmbus-title">VMBus</h2>
        <span class={props.live ? "link-state link-live" : "link-state"}>{props.word}</span>
      </div>
      {props.children}
    </section>
  );
}

function Unconnected(props: { readonly patient: boolean }) {
  return props.patient ? (
    <p class="nothing">
      The guest has not contacted VMBus yet. Its drivers do so while the kernel starts; until then it uses
      emulated devices.
    </p>
  ) : (
    <p class="nothing">This guest has no integration services: emulated devices only.</p>
  );
}

interface Watch {
  readonly sample: InspectSample | null;
  readonly firstAt: number;
  readonly moments: readonly VmbusMoment[];
}

const blank: Watch = { sample: null, firstAt: 0, moments: [] };

function watchOn(before: Watch, sample: InspectSample): Watch {
  if (before.sample === sample) return before;
  const again = before.sample === null || sample.at < before.sample.at;
  const picture = readVmbus(sample.tree);
  const kept = again ? [] : before.moments;
  return {
    sample,
    firstAt: again ? sample.at : before.firstAt,
    moments: picture === null ? kept : remember(kept, { at: sample.at, picture }),
  };
}

/** Live view of a running partition's VMBus connection, from its inspect tree. */
function LivePanel(props: { readonly inspect: ReadonlySignal<InspectSample | null> }) {
  const watch = useRef(blank);
  const sample = props.inspect.value;
  watch.current = sample === null ? blank : watchOn(watch.current, sample);
  if (sample === null) {
    return (
      <Frame word="" live={false}>
        <p class="nothing">Waiting for the partition's first counters…</p>
      </Frame>
    );
  }
  const { moments, firstAt } = watch.current;
  const picture = moments.at(-1)?.picture ?? null;
  const connected = picture?.connected === true;
  return (
    <Frame word={connected ? `Connected, version ${picture?.version}` : "Not connected"} live={connected}>
      {connected ? null : <Unconnected patient={sample.at - firstAt < patienceMs} />}
      {picture === null ? null : <Counters moments={moments} />}
      {picture === null || !connected ? null : <Channels picture={picture} moments={moments} />}
      <InspectTree tree={sample.tree} />
    </Frame>
  );
}

/** The VMBus side panel of a machine. */
export function VmbusPanel(props: {
  readonly vm: VmView;
  readonly inspect: ReadonlySignal<InspectSample | null>;
}) {
  if (isAtRest(props.vm.state)) {
    return (
      <Frame word="No partition" live={false}>
        <p class="nothing">
          A machine that is {props.vm.state} has no partition and no counters. Start it to watch its VMBus
          connection.
        </p>
      </Frame>
    );
  }
  return <LivePanel key={`${props.vm.id} ${props.vm.partition}`} inspect={props.inspect} />;
}
