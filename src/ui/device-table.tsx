import type { ReadonlySignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { InspectSample } from "../hvdef/index.ts";
import { type DeviceRow, type DeviceWay, deviceRows, waysInShort } from "./device-ways.ts";
import { formatByteRate, formatShortBytes } from "./format.ts";
import type { VmView } from "./host.ts";
import { ratePerSecond } from "./vmbus-history.ts";

const wayWords: { readonly [W in DeviceWay]: string } = {
  emulated: "Emulated",
  synthetic: "Synthetic",
  unused: "Not in use",
};

/** Bytes of each device at one moment, milliseconds since 1970. */
interface Moment {
  readonly at: number;
  readonly rows: readonly DeviceRow[];
}

/** Bytes a second of a row between two moments. */
function rateOf(row: DeviceRow, before: Moment | null, at: number): number | null {
  const same = before?.rows.find(({ key, way }) => key === row.key && way === row.way);
  if (before === null || same === undefined) return null;
  return ratePerSecond({ at: before.at, count: same.bytes }, { at, count: row.bytes });
}

function Rows(props: { readonly now: Moment; readonly before: Moment | null }) {
  const { now, before } = props;
  return (
    <table class="devices">
      <thead>
        <tr>
          <th scope="col">Device</th>
          <th scope="col">Way</th>
          <th scope="col">Through</th>
          <th scope="col" class="number">
            Data
          </th>
        </tr>
      </thead>
      <tbody>
        {now.rows.map((row) => {
          const rate = rateOf(row, before, now.at);
          return (
            <tr key={row.key}>
              <th scope="row">{row.device}</th>
              <td>
                <span class={`device-way device-${row.way}`}>{wayWords[row.way]}</span>
              </td>
              <td class="device-through">{row.through}</td>
              <td class="number">
                {row.bytes === null ? "" : formatShortBytes(row.bytes)}
                {rate === null || rate === 0 ? null : <small> {formatByteRate(rate)}</small>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function LiveTable(props: { readonly vm: VmView; readonly sample: InspectSample }) {
  const { vm, sample } = props;
  const last = useRef<{ readonly sample: InspectSample; readonly before: Moment | null } | null>(null);
  const rows = deviceRows(vm, sample.tree);
  const known = last.current;
  if (known?.sample !== sample) {
    const before = known === null ? null : { at: known.sample.at, rows: deviceRows(vm, known.sample.tree) };
    last.current = { sample, before };
  }
  return (
    <details>
      <summary>
        <span class="drives-title">Devices</span>
        <span class="drives-short">{waysInShort(rows)}</span>
      </summary>
      <div class="drives-open">
        <Rows now={{ at: sample.at, rows }} before={last.current?.before ?? null} />
      </div>
    </details>
  );
}

/** The devices of a running machine and the way each goes: emulated or synthetic. Nothing while it is off. */
export function DeviceTable(props: {
  readonly vm: VmView;
  readonly inspect: ReadonlySignal<InspectSample | null>;
}) {
  const { vm } = props;
  const sample = props.inspect.value;
  if (sample === null || vm.partition === null) return null;
  return (
    <section class="drives" aria-label={`Devices of ${vm.name}`}>
      <LiveTable key={`${vm.id} ${vm.partition}`} vm={vm} sample={sample} />
    </section>
  );
}
