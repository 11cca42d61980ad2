import type { NetworkConfiguration } from "../../hvdef/index.ts";
import {
  type Dial,
  type JoinChannel,
  openRelay,
  openTabLan,
  openWebGateway,
  openWisp,
  type StreamUplink,
  type Uplink,
  type UplinkSurroundings,
  type Web,
} from "../../network/index.ts";
import type { Clock, Log } from "../../support/index.ts";

/** What uplinks need of the browser. */
export interface UplinkSources {
  /** Names this host among the tabs of the site. */
  readonly tab: string;
  readonly join: JoinChannel;
  readonly dial: Dial;
  readonly web: Web;
  /** The page came over https. */
  readonly pageIsSecure: boolean;
  /** Runs an action when the current task of the thread is over. */
  readonly soon: (action: () => void) => void;
}

/** A way out of the host: one that carries frames has a port of the switch, one that carries streams is behind the management OS. */
export type WayOut =
  | { readonly kind: "frames"; readonly uplink: Uplink }
  | { readonly kind: "streams"; readonly uplink: StreamUplink };

/** What ways out are made with. */
export interface WayOutSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  /** 32 random bits. */
  entropy(): number;
  readonly sources: UplinkSources;
}

/** Makes the way out that a network is configured with, `null` when it has none. Nothing is connected yet. */
export function wayOutOf({ uplink }: NetworkConfiguration, around: WayOutSurroundings): WayOut | null {
  const { clock, log, sources } = around;
  const random = (): number => (around.entropy() >>> 0) / 2 ** 32;
  const common: UplinkSurroundings = { clock, log, random, told: () => {} };
  switch (uplink?.kind) {
    case "tabLan":
      return { kind: "frames", uplink: openTabLan({ ...common, ...sources, segment: uplink.segment }) };
    case "relay":
      return { kind: "frames", uplink: openRelay({ ...common, ...sources, address: uplink.address }) };
    case "wisp":
      return {
        kind: "streams",
        uplink: openWisp({ ...common, ...sources, address: uplink.address, login: null }),
      };
    case "webGateway":
      return { kind: "streams", uplink: openWebGateway({ ...common, ...sources }) };
    case undefined:
      return null;
  }
}
