import type { NetworkSummary } from "../hvdef/index.ts";
import { formatByteRate, formatCount, formatRate } from "./format.ts";
import type { DirectRates } from "./network-rates.ts";
import { portLabel } from "./network-words.ts";

/** Paths that are listed; the picture shows the others too. */
const rowsShown = 50;

/** What goes past the switch, in words and numbers: each sender with its target. Nothing where nothing ever did. */
export function DirectPaths(props: {
  readonly network: NetworkSummary;
  /** `null`: not measured yet. */
  readonly rates: readonly DirectRates[] | null;
}) {
  const { network, rates } = props;
  const rest = network.direct.length - rowsShown;
  const nameOf = (id: number): string => {
    const port = network.ports.find((one) => one.id === id);
    return port === undefined ? `Port ${id}` : portLabel(port);
  };
  if (network.direct.length === 0) return null;
  return (
    <div class="direct">
      <h4 id="direct-title" class="direct-title">
        Past the switch
      </h4>
      <ul class="direct-paths" aria-labelledby="direct-title">
        {network.direct.slice(0, rowsShown).map(({ from, to, frames }) => {
          const rate = rates?.find((one) => one.from === from && one.to === to);
          return (
            <li key={`${from} ${to}`}>
              <span class="direct-ends">
                {nameOf(from)} <span aria-hidden="true">→</span>
                <span class="unseen">to</span> {nameOf(to)}
              </span>
              <span class="direct-rate">{formatByteRate(rate?.bytes ?? null)}</span>
              <span class="direct-rate">{formatRate(rate?.frames ?? null)}</span>
              <span class="direct-sum">{formatCount(frames)} frames so far</span>
            </li>
          );
        })}
      </ul>
      {rest > 0 ? <p class="part-words">and {rest} more</p> : null}
    </div>
  );
}
