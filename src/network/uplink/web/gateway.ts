import { limitedLog } from "../../../support/index.ts";
import { openLife } from "../life.ts";
import type { StreamEvents, StreamOpening, StreamTarget, StreamUplink } from "../streams.ts";
import { stateWords, type UplinkSurroundings } from "../uplink.ts";
import { openExchange, type WebExchange } from "./exchange.ts";
import type { Web } from "./reach.ts";
import { noHttps } from "./request.ts";

/** What the web gateway needs. */
export interface WebGatewayOptions extends UplinkSurroundings {
  readonly web: Web;
  /** The page came over https: browsers then let it ask by https only. */
  readonly pageIsSecure: boolean;
}

/** Requests at once: browsers ask one server six at a time, and keep the others waiting. */
const mostExchanges = 64;

/**
 * Opens the web gateway: guests' requests to port 80 of any server are asked by the browser itself. A guest
 * names the server in its request; to which address it connected does not matter.
 */
export function openWebGateway(options: WebGatewayOptions): StreamUplink {
  const { clock, pageIsSecure } = options;
  const log = limitedLog(options.log, clock);
  const exchanges = new Set<WebExchange>();
  const counts = { requests: 0, answered: 0, troubled: 0, refused: 0 };
  const life = openLife({
    ...options,
    dial: () => life.happen({ kind: "cameUp" }),
    hangUp() {
      for (const exchange of [...exchanges]) exchange.abandon("The web gateway was closed.");
    },
  });

  function open(target: StreamTarget, events: StreamEvents): StreamOpening {
    const why = refusal(target);
    if (why !== null) {
      counts.refused++;
      if (life.isUp())
        log("warning", `A guest's connection to ${target.host} port ${target.port} was refused. ${why}`);
      return { kind: "refused", reason: why };
    }
    counts.requests++;
    const exchange = openExchange({
      web: options.web,
      clock,
      pageIsSecure,
      events,
      answered: () => counts.answered++,
      troubled(words) {
        counts.troubled++;
        log("warning", `The web gateway: ${words}`);
      },
      over: () => exchanges.delete(exchange),
    });
    exchanges.add(exchange);
    return { kind: "open", stream: exchange };
  }
  function refusal({ kind, port }: StreamTarget): string | null {
    if (!life.isUp()) return "The web gateway is closed.";
    if (kind === "tcp" && port === 443) return noHttps;
    if (kind !== "tcp" || port !== 80) return "The web gateway carries only http requests, to port 80.";
    return exchanges.size < mostExchanges
      ? null
      : `More than ${mostExchanges} requests are under way at once.`;
  }
  function close(): void {
    life.happen({ kind: "closed" });
  }

  return {
    open,
    connect: () => life.happen({ kind: "asked" }),
    close,
    tick() {
      for (const exchange of [...exchanges]) exchange.tick();
    },
    state: life.state,
    describe: () => ({
      name: "Web gateway",
      about:
        "Lets this browser ask for the web pages that guests want over http. It reads only from servers that allow other sites' pages to read them (CORS); most do not. Nothing but http to port 80 passes.",
      exposes:
        "The servers that guests name see this computer's address. No cookies and no passwords are sent.",
      status: life.isUp() ? "Open." : stateWords(life.state(), clock),
      dropped: [],
    }),
    inspect: () => ({ kind: "webGateway", state: life.state().kind, underWay: exchanges.size, ...counts }),
    [Symbol.dispose]: close,
  };
}
