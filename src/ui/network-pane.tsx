import type { NetworkSummary } from "../hvdef/index.ts";
import { CapturePane } from "./capture-pane.tsx";
import { isLinked, type NetworkDesk } from "./network-desk.ts";
import { SharedFiles } from "./network-files.tsx";
import type { NetworksSample } from "./network-rates.ts";
import { AddressTable, LeaseTable, NetworkNotices, useTables } from "./network-tables.tsx";
import {
  kindAbout,
  networkKindWord,
  serviceWords,
  uplinkAbout,
  uplinkSentence,
  uplinkStateWord,
  uplinkTitle,
  uplinkTrouble,
} from "./network-words.ts";
import { PingForm } from "./ping-form.tsx";
import { Problem } from "./problem.tsx";
import { SwitchPicture } from "./switch-picture.tsx";

interface PaneProps {
  readonly desk: NetworkDesk;
  readonly network: NetworkSummary;
}

function NetworkActions(props: PaneProps) {
  const { desk, network } = props;
  const linking = desk.linking.value;
  const linked = isLinked(network);
  const busy = linking === network.id;
  return (
    <div class="action-bar" role="toolbar" aria-label={`Actions for ${network.name}`}>
      {network.uplink === null ? null : (
        <button
          type="button"
          class={linked ? "button" : "button button-primary"}
          aria-disabled={linking !== null}
          onClick={() => desk.toggleUplink(network)}
        >
          {linked ? (busy ? "Disconnecting…" : "Disconnect") : busy ? "Connecting…" : "Connect"}
        </button>
      )}
      <button
        type="button"
        class="button"
        aria-haspopup="dialog"
        onClick={() => desk.open({ kind: "edit", id: network.id })}
      >
        Edit…
      </button>
      <button
        type="button"
        class="button"
        aria-haspopup="dialog"
        onClick={() => desk.open({ kind: "remove", id: network.id })}
      >
        Remove…
      </button>
    </div>
  );
}

function UplinkFact(props: { readonly network: NetworkSummary; readonly dropped: readonly string[] }) {
  const { uplink, uplinkState } = props.network;
  if (uplink === null) return null;
  const sentence = uplinkSentence(uplinkState);
  // What went wrong stands below, with the way out.
  const isTold = sentence === "" || uplinkTrouble(uplinkState) !== null;
  return (
    <div>
      <dt>Uplink</dt>
      <dd>
        {uplinkTitle(uplink)}{" "}
        <span class={`uplink-state uplink-${uplinkState.kind}`}>{uplinkStateWord(uplinkState.kind)}</span>
        <p class="uplink-about">{isTold ? uplinkAbout(uplink) : sentence}</p>
        {props.dropped.length === 0 ? null : (
          <ul class="uplink-dropped" aria-label="Dropped and refused by the uplink">
            {props.dropped.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        )}
      </dd>
    </div>
  );
}

function NetworkFacts(props: { readonly network: NetworkSummary; readonly dropped: readonly string[] }) {
  const { network } = props;
  const { management } = network;
  return (
    <dl class="disk-facts network-facts">
      <div>
        <dt>Connection type</dt>
        <dd>
          {networkKindWord(network.kind)} <span class="uplink-about">{kindAbout[network.kind]}</span>
        </dd>
      </div>
      <UplinkFact network={network} dropped={props.dropped} />
      <div>
        <dt>Management OS</dt>
        <dd>
          {management === null ? (
            "Has no adapter here"
          ) : (
            <>
              {management.address.address}/{management.address.prefix}
              {management.vlan === 0 ? "" : `, VLAN ${management.vlan}`}
              {serviceWords(management).map((word) => (
                <span key={word} class="service">
                  {word}
                </span>
              ))}
            </>
          )}
        </dd>
      </div>
      {network.notes === "" ? null : (
        <div>
          <dt>Notes</dt>
          <dd class="network-notes">{network.notes}</dd>
        </div>
      )}
    </dl>
  );
}

/** An uplink that has gone away: why, what still works, and the way back. */
function LostUplink(props: PaneProps) {
  const { desk, network } = props;
  const trouble = uplinkTrouble(network.uplinkState);
  if (trouble === null) return null;
  const busy = desk.linking.value !== null;
  return (
    <div class="uplink-gone">
      <Problem kind="warning" text={trouble} />
      {/* Beside the alert, which is read once: the reason counts down the seconds. */}
      <p class="part-words">{uplinkSentence(network.uplinkState)}</p>
      {network.uplinkState.kind === "lost" ? (
        <button type="button" class="button" aria-disabled={busy} onClick={() => desk.connectAgain(network)}>
          {busy ? "Connecting…" : "Connect again"}
        </button>
      ) : null}
    </div>
  );
}

/** The selected network: what it is, what can be done, its switch at work, what it has learned, and its wire. */
export function NetworkPane(props: PaneProps & { readonly sample: NetworksSample }) {
  const { desk, network } = props;
  const problem = desk.problem.value;
  const live = useTables(desk.host, network.id);
  return (
    <section class="pane network-pane" aria-labelledby="network-title">
      <div class="disk-head">
        <div class="network-head">
          <h2 id="network-title" class="machine-title">
            {network.name}
          </h2>
          <NetworkActions {...props} />
        </div>
        <NetworkFacts network={network} dropped={live.tables?.dropped ?? []} />
      </div>
      {problem?.id === network.id ? (
        <Problem kind="error" text={problem.text} onDismiss={desk.dismissProblem} />
      ) : null}
      <LostUplink {...props} />
      <NetworkNotices live={live} />
      <SwitchPicture network={network} sample={props.sample} />
      <div class="parts">
        <AddressTable network={network} live={live} />
        {network.management === null ? null : (
          <div class="parts-side">
            <LeaseTable network={network} live={live} />
            <PingForm network={network} host={desk.host} />
          </div>
        )}
      </div>
      <SharedFiles network={network} host={desk.host} live={live} />
      <CapturePane network={network} desk={desk.captureOf(network.id)} />
    </section>
  );
}
