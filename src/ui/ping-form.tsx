import { useId, useState } from "preact/hooks";
import type { NetworkSummary } from "../hvdef/index.ts";
import { reasonSentence } from "./format.ts";
import type { NetworkHost } from "./host.ts";
import { hostProblem } from "./net-address.ts";
import { echoWords, pingSentence } from "./ping-words.ts";

const echoes = 4;

type Outcome =
  | { readonly kind: "none" }
  | { readonly kind: "asking"; readonly address: string }
  | { readonly kind: "answered"; readonly address: string; readonly echoes: readonly (number | null)[] }
  | { readonly kind: "refused"; readonly reason: string };

function OutcomeWords(props: { readonly outcome: Outcome }) {
  const { outcome } = props;
  switch (outcome.kind) {
    case "none":
      return null;
    case "asking":
      return <p class="part-words">Waiting for {outcome.address}…</p>;
    case "refused":
      return <p class="part-words part-wrong">{outcome.reason}</p>;
    default:
      return (
        <>
          <ol class="echoes">
            {outcome.echoes.map((echo, place) => (
              <li key={place} class={echo === null ? "echo-lost" : ""}>
                {echoWords(echo)}
              </li>
            ))}
          </ol>
          <p class="part-words">
            {outcome.address}: {pingSentence(outcome.echoes)}
          </p>
        </>
      );
  }
}

/** Sends echoes from the management OS to an address of the network. */
export function PingForm(props: { readonly network: NetworkSummary; readonly host: NetworkHost }) {
  const { network, host } = props;
  const id = useId();
  const [address, setAddress] = useState("");
  const [outcome, setOutcome] = useState<Outcome>({ kind: "none" });
  if (network.management === null) return null;
  const busy = outcome.kind === "asking";
  async function ping(): Promise<void> {
    const wanted = address.trim();
    const wrong = hostProblem(wanted, "The address");
    if (wrong !== null) {
      setOutcome({ kind: "refused", reason: wrong });
      return;
    }
    setOutcome({ kind: "asking", address: wanted });
    try {
      setOutcome({ kind: "answered", address: wanted, echoes: await host.ping(network.id, wanted, echoes) });
    } catch (error) {
      setOutcome({ kind: "refused", reason: reasonSentence(error) });
    }
  }
  return (
    <section class="part" aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`} class="part-title">
        Ping from the management OS
      </h3>
      <form
        class="ping-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void ping();
        }}
      >
        <input
          type="text"
          class="input"
          aria-label="Address to ping"
          placeholder={network.management.address.address.replace(/\d+$/, "100")}
          inputMode="decimal"
          autocomplete="off"
          spellcheck={false}
          value={address}
          onInput={(event) => setAddress(event.currentTarget.value)}
        />
        <button type="submit" class="button" aria-disabled={busy}>
          Ping
        </button>
      </form>
      <div role="status">
        <OutcomeWords outcome={outcome} />
      </div>
    </section>
  );
}
