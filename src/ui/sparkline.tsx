import { type SparklineFrame, sparklinePath } from "./sparkline-path.ts";
import { momentLimit } from "./vmbus-history.ts";

const frame: SparklineFrame = { width: 72, height: 18, slots: momentLimit - 1 };

/** Traffic of the last half minute. Decoration: the numbers beside it say the same. */
export function Sparkline(props: { readonly values: readonly (number | null)[] }) {
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
      <path d={sparklinePath(props.values, frame)} />
    </svg>
  );
}
