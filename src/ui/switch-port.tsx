import type { NetworkSummary } from "../hvdef/index.ts";
import { formatByteRate, formatCount, formatRate } from "./format.ts";
import type { PortRates } from "./network-rates.ts";
import { portTitle, uplinkStateWord } from "./network-words.ts";
import { boxHeight, type PortPlace } from "./switch-layout.ts";
import { vlanColour, vlanMark, vlanWords } from "./vlan-text.ts";

function Way(props: {
  readonly sign: string;
  readonly words: string;
  readonly bytes: number | null;
  readonly frames: number | null;
}) {
  return (
    <span class="port-way">
      <span aria-hidden="true">{props.sign}</span>
      <span class="unseen">{props.words}</span> {formatByteRate(props.bytes)}
      <small>{formatRate(props.frames)}</small>
    </span>
  );
}

function facts(place: PortPlace, uplink: NetworkSummary["uplinkState"]): string {
  const { holder, mac } = place.port;
  if (holder.kind === "uplink") return uplinkStateWord(uplink.kind);
  const adapter = holder.kind === "machine" ? `${holder.adapter}, ` : "";
  return `${adapter}${mac ?? "no address yet"}`;
}

/** Who holds a port: name, address, VLAN and what passes it, in words and numbers. */
export function PortBox(props: {
  readonly place: PortPlace;
  readonly rates: PortRates | null;
  readonly uplink: NetworkSummary["uplinkState"];
}) {
  const { place, rates } = props;
  const { port, box } = place;
  const mark = vlanMark(port.vlan);
  const away = place.side === "left" ? "→" : "←";
  const back = place.side === "left" ? "←" : "→";
  const words = facts(place, props.uplink);
  return (
    <li
      class={`port-box vlan-${vlanColour(port.vlan)}${port.linkUp ? "" : " port-down"}`}
      style={{
        insetInlineStart: `${box.x}px`,
        insetBlockStart: `${box.y}px`,
        inlineSize: `${box.width}px`,
        blockSize: `${boxHeight}px`,
      }}
      title={`Port ${port.id}: ${formatCount(port.framesIn)} frames into the switch, ${formatCount(port.framesOut)} out of it`}
    >
      <p class="port-head">
        <span class="port-name">{portTitle(port)}</span>
        {port.linkUp ? null : <span class="port-mark port-mark-down">no link</span>}
        {port.queue ? <span class="port-mark port-mark-queue">VMQ</span> : null}
        {mark === null ? null : (
          <span class="port-mark port-mark-vlan" title={vlanWords(port.vlan)}>
            {mark === "trunk" ? "Trunk" : `VLAN ${mark}`}
          </span>
        )}
      </p>
      <p class="port-about">
        <span class="port-facts" title={words}>
          {words}
        </span>
        {port.dropped === 0 ? null : <span class="port-dropped">{formatCount(port.dropped)} dropped</span>}
      </p>
      <p class="port-ways">
        <Way
          sign={away}
          words="to the switch"
          bytes={rates?.bytesToSwitch ?? null}
          frames={rates?.framesToSwitch ?? null}
        />
        <Way
          sign={back}
          words="from the switch"
          bytes={rates?.bytesFromSwitch ?? null}
          frames={rates?.framesFromSwitch ?? null}
        />
      </p>
    </li>
  );
}
