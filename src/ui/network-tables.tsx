import { useState } from "preact/hooks";
import type { NetworkSummary, NetworkTables } from "../hvdef/index.ts";
import { asSentence, reasonSentence } from "./format.ts";
import type { NetworkHost } from "./host.ts";
import { noticeParts, portLabel, spanWords } from "./network-words.ts";
import { Problem } from "./problem.tsx";
import { usePoll } from "./use-poll.ts";

const askEveryMs = 1000;
// A switch learns up to 1024 addresses; past this many only the number is told.
const rowsShown = 200;
const noticesShown = 5;

/** What a network's tables say, asked for anew while they can be seen. */
export interface LiveTables {
  readonly tables: NetworkTables | null;
  readonly trouble: string | null;
}

/** Follows the tables of a network. */
export function useTables(host: NetworkHost, network: NetworkSummary["id"]): LiveTables {
  const [live, setLive] = useState<LiveTables>({ tables: null, trouble: null });
  usePoll([host, network], () => ({
    ask: () => host.tables(network),
    everyMs: askEveryMs,
    onAnswer: (tables) => setLive({ tables, trouble: null }),
    onFailure: (error) => setLive({ tables: null, trouble: reasonSentence(error) }),
  }));
  return live;
}

/** The text is an alert and is read when it comes; how often it was seen since stands beside it. */
function Notice(props: { readonly text: string; readonly times: string }) {
  return (
    <div class="network-notice">
      <Problem kind="warning" text={asSentence(props.text)} />
      {props.times === "" ? null : <p class="notice-times">Seen {props.times}</p>}
    </div>
  );
}

/** What others on the network do that the host should know of. */
export function NetworkNotices(props: { readonly live: LiveTables }) {
  const notices = (props.live.tables?.notices ?? []).map(noticeParts);
  return (
    <>
      {notices.slice(0, noticesShown).map((notice) => (
        <Notice key={notice.text} {...notice} />
      ))}
    </>
  );
}

function More(props: { readonly count: number }) {
  const rest = props.count - rowsShown;
  return rest > 0 ? <p class="part-words">and {rest} more</p> : null;
}

function Addresses(props: { readonly network: NetworkSummary; readonly rows: NetworkTables["addresses"] }) {
  const { network, rows } = props;
  const nameOf = (id: number): string => {
    const port = network.ports.find((one) => one.id === id);
    return port === undefined ? `Port ${id}` : portLabel(port);
  };
  if (rows.length === 0) return <p class="part-words">The switch has heard nobody yet.</p>;
  return (
    <div class="part-rows">
      <table class="facts-table">
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col" class="number">
              VLAN
            </th>
            <th scope="col">Port</th>
            <th scope="col" class="number">
              Last heard
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, rowsShown).map(({ mac, vlan, port, ageSeconds }) => (
            <tr key={`${mac} ${vlan}`}>
              <td class="mono">{mac}</td>
              <td class="number">{vlan === 0 ? "–" : vlan}</td>
              <td>{nameOf(port)}</td>
              <td class="number">{ageSeconds < 1 ? "now" : `${spanWords(ageSeconds)} ago`}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More count={rows.length} />
    </div>
  );
}

function Leases(props: { readonly rows: NetworkTables["leases"] }) {
  const { rows } = props;
  if (rows.length === 0) return <p class="part-words">No machine has asked for an address.</p>;
  return (
    <div class="part-rows">
      <table class="facts-table">
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">Name</th>
            <th scope="col">Adapter</th>
            <th scope="col" class="number">
              Ends in
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, rowsShown).map(({ address, mac, name, secondsLeft }) => (
            <tr key={address}>
              <td class="mono">{address}</td>
              <td>{name === "" ? "–" : name}</td>
              <td class="mono">{mac}</td>
              <td class="number">{spanWords(secondsLeft)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More count={rows.length} />
    </div>
  );
}

/** The addresses the switch has learned. */
export function AddressTable(props: { readonly network: NetworkSummary; readonly live: LiveTables }) {
  const { tables, trouble } = props.live;
  return (
    <section class="part" aria-labelledby="addresses-title">
      <h3 id="addresses-title" class="part-title">
        Learned addresses
      </h3>
      {tables === null ? (
        <p class="part-words">{trouble ?? "Asking the switch…"}</p>
      ) : (
        <Addresses network={props.network} rows={tables.addresses} />
      )}
    </section>
  );
}

/** The addresses the management OS has given away; nothing where it gives none. */
export function LeaseTable(props: { readonly network: NetworkSummary; readonly live: LiveTables }) {
  const { management } = props.network;
  const { tables } = props.live;
  const givesAway = management !== null && management.services.dhcp !== null;
  if (tables === null || (!givesAway && tables.leases.length === 0)) return null;
  return (
    <section class="part" aria-labelledby="leases-title">
      <h3 id="leases-title" class="part-title">
        Leases
      </h3>
      <Leases rows={tables.leases} />
    </section>
  );
}
