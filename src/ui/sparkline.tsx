import { peakOf, type SparklineFrame, sparklinePath } from "./sparkline-path.ts";
import { momentLimit } from "./vmbus-history.ts";

const frame: SparklineFrame = { width: 96, height: 22, slots: momentLimit - 1 };

/**
 * Traffic both ways over the last half minute, on one scale. Decoration: the numbers below say the
 * same, and the colours are those of the rings.
 */
export function Sparkline(props: {
  readonly toHost: readonly (number | null)[];
  readonly toGuest: readonly (number | null)[];
}) {
  const peak = peakOf(props.toHost, props.toGuest);
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${frame.width} ${frame.height}`}
      width={frame.width}
      height={frame.height}
      aria-hidden="true"
      focusable="false"
    >
      <path class="sparkline-floor" d={`M0 ${frame.height - 0.5}H${frame.width}`} />
      <path class="sparkline-guest" d={sparklinePath(props.toGuest, peak, frame)} />
      <path class="sparkline-host" d={sparklinePath(props.toHost, peak, frame)} />
    </svg>
  );
}
