import type { GpadlId } from "../../hvdef/index.ts";
import type { Gpadl } from "../bus/gpadl.ts";
import type { PageSpans } from "../ring/pages.ts";

/** Guest memory the guest has described once, for many packets. Every byte lies inside RAM. */
export interface GuestBuffer extends PageSpans {
  readonly handle: GpadlId;
  /** What the handle stood for when the buffer was named. */
  readonly list: Gpadl;
  /** Bytes of the buffer. */
  readonly size: number;
  /** The unit in which gather rules count, bytes. */
  readonly sectionBytes: number;
}
