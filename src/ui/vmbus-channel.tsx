import { formatByteRate, formatCount, formatRate, formatShare, formatShortBytes } from "./format.ts";
import { Sparkline } from "./sparkline.tsx";
import { currentRate, rateSeries, type VmbusMoment } from "./vmbus-history.ts";
import type { ChannelPicture, FlowPicture, RingPicture, VmbusPicture } from "./vmbus-picture.ts";

type Way = "guestToHost" | "hostToGuest";

function channelIn(picture: VmbusPicture, id: string): ChannelPicture | undefined {
  return picture.channels.find((channel) => channel.id === id);
}

function Ring(props: { readonly ring: RingPicture | null }) {
  const { ring } = props;
  if (ring === null) return <span class="absent">no ring</span>;
  const share = ring.used / ring.size;
  return (
    <span class="ring" title={`${formatCount(ring.used)} of ${formatShortBytes(ring.size)} waiting`}>
      <span class={share > 0.8 ? "ring-bar ring-full" : "ring-bar"} aria-hidden="true">
        <span style={{ inlineSize: `${(share * 100).toFixed(1)}%` }} />
      </span>
      <span class="ring-share">{formatShare(share)}</span>
    </span>
  );
}

function FlowRow(props: {
  readonly way: Way;
  readonly flow: FlowPicture;
  readonly id: string;
  readonly moments: readonly VmbusMoment[];
}) {
  const { flow, id, way, moments } = props;
  const packetRate = currentRate(moments, (picture) => channelIn(picture, id)?.[way].packets ?? null);
  const byteRate = currentRate(moments, (picture) => channelIn(picture, id)?.[way].bytes ?? null);
  return (
    <tr class={way === "guestToHost" ? "flow flow-host" : "flow flow-guest"}>
      <th scope="row">{way === "guestToHost" ? "Guest → host" : "Host → guest"}</th>
      <td>
        <Ring ring={flow.ring} />
      </td>
      <td class="number">
        {formatCount(flow.packets)}
        {packetRate === null ? null : <small>{formatRate(packetRate)}</small>}
      </td>
      <td class="number">
        {formatShortBytes(flow.bytes)}
        {byteRate === null ? null : <small>{formatByteRate(byteRate)}</small>}
      </td>
    </tr>
  );
}

function Footnotes(props: { readonly channel: ChannelPicture }) {
  const { channel } = props;
  const notes = [
    channel.inFlight === null ? null : `${formatCount(channel.inFlight)} in flight`,
    channel.doorbells === null ? null : `${formatCount(channel.doorbells)} doorbells`,
    channel.interrupts === null ? null : `${formatCount(channel.interrupts)} interrupts`,
  ].filter((note) => note !== null);
  if (notes.length === 0) return null;
  return (
    <tr class="channel-notes">
      <td colSpan={4}>{notes.join(", ")}</td>
    </tr>
  );
}

/** The bus's words for a channel where a visitor needs others. */
const stateWords: ReadonlyMap<string, string> = new Map([
  ["hidden", "not offered yet"],
  ["declined", "open refused"],
  ["revoked", "rescinded"],
]);

/** Offered to the guest, which has not opened it: there is nothing to measure. */
function neverUsed(channel: ChannelPicture): boolean {
  const { guestToHost, hostToGuest } = channel;
  return [guestToHost, hostToGuest].every((flow) => flow.ring === null && !flow.packets && !flow.bytes);
}

function stateOf(channel: ChannelPicture): string {
  const word = channel.state ?? "state unknown";
  const said = stateWords.get(word) ?? word;
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** One channel: what it is, its two rings, and what moved through them. */
export function ChannelRows(props: {
  readonly channel: ChannelPicture;
  readonly moments: readonly VmbusMoment[];
}) {
  const { channel, moments } = props;
  const { id } = channel;
  const idle = neverUsed(channel);
  return (
    <tbody class="channel">
      <tr class="channel-head">
        <th scope="rowgroup" colSpan={2}>
          <span class="channel-class">{channel.className}</span>
          <small title={channel.instance ?? undefined}>
            Channel {channel.id}
            {channel.instance === null ? null : `, ${channel.instance.slice(0, 8)}`}
          </small>
        </th>
        <td colSpan={2} class="number">
          <span class="channel-state">{stateOf(channel)}</span>
          {idle ? null : (
            <Sparkline
              toHost={rateSeries(moments, (picture) => channelIn(picture, id)?.guestToHost.bytes ?? null)}
              toGuest={rateSeries(moments, (picture) => channelIn(picture, id)?.hostToGuest.bytes ?? null)}
            />
          )}
        </td>
      </tr>
      {idle ? null : (
        <>
          <FlowRow way="guestToHost" flow={channel.guestToHost} id={id} moments={moments} />
          <FlowRow way="hostToGuest" flow={channel.hostToGuest} id={id} moments={moments} />
          <Footnotes channel={channel} />
        </>
      )}
    </tbody>
  );
}
