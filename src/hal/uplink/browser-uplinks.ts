import type { UplinkSources } from "../../vmms/index.ts";
import { afterThisTask, joinTabChannel } from "./tab-channel.ts";
import { browserWeb } from "./web-fetch.ts";
import { dialWebSocket } from "./web-socket.ts";

/** What this browser gives uplinks. Every call names another host among the tabs of the site. */
export function browserUplinks(): UplinkSources {
  return {
    web: browserWeb,
    pageIsSecure: location.protocol === "https:",
    tab: crypto.randomUUID(),
    join: joinTabChannel,
    dial: dialWebSocket,
    soon: afterThisTask,
  };
}
