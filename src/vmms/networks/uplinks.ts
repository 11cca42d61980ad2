import type { NetworkConfiguration } from "../../hvdef/index.ts";
import { type Dial, type JoinChannel, openRelay, openTabLan, type Uplink } from "../../network/index.ts";
import { type Clock, HvError, type Log } from "../../support/index.ts";

/** What uplinks need of the browser. */
export interface UplinkSources {
  /** Names this host among the tabs of the site. */
  readonly tab: string;
  readonly join: JoinChannel;
  readonly dial: Dial;
  /** Runs an action when the current task of the thread is over. */
  readonly soon: (action: () => void) => void;
}

/** Makes the uplink that a network is configured with. Nothing is connected yet. @throws HvError `network.*` */
export function uplinkOf(
  { uplink, name }: NetworkConfiguration,
  around: {
    readonly clock: Clock;
    readonly log: Log;
    readonly entropy: () => number;
    readonly sources: UplinkSources;
  },
): Uplink {
  const { clock, log, sources } = around;
  const random = (): number => (around.entropy() >>> 0) / 2 ** 32;
  const common = { clock, log, random, told: () => {} };
  switch (uplink?.kind) {
    case "tabLan":
      return openTabLan({ ...common, ...sources, segment: uplink.segment });
    case "relay":
      return openRelay({ ...common, ...sources, address: uplink.address });
    case "wisp":
    case "webGateway":
    case undefined:
      throw new HvError("network.noUplink", `${name} has no uplink that can be connected.`);
  }
}
