import type { InspectNode } from "../../../support/index.ts";
import { formatAddress } from "../address.ts";
import type { IpHost } from "../ip.ts";
import type { Tcp } from "../tcp/tcp.ts";
import type { HttpSource } from "./source.ts";
import { openVisit, pieceBytes, type Visit, type VisitHost } from "./visit.ts";

/** Clients at once; more are broken off. */
const mostVisits = 64;

/** What a server serves, and where. */
export interface HttpOptions {
  readonly source: HttpSource;
  /** 80 unless said. */
  readonly port?: number;
  /**
   * Takes a line per request, like `192.168.137.9 "GET /a HTTP/1.1" 200 1234`: printable ASCII, at most a few hundred
   * characters. Called at the guests' rate.
   */
  logged?(line: string): void;
}

/** A running server. Disposing gives the port back and breaks its connections off. */
export interface Http extends Disposable {
  /** Ends connections that do not move on; once a second is enough. */
  tick(): void;
  inspect(): InspectNode;
}

/**
 * An HTTP/1.1 server of files: GET and HEAD, ranges, listings, connections that stay.
 *
 * @returns `null` when the port is taken
 * @rfc 9110
 * @rfc 9112 partial: request bodies are passed over; no transfer codings
 */
export function openHttp(host: IpHost, tcp: Tcp, options: HttpOptions): Http | null {
  const { source, port = 80 } = options;
  const visits = new Map<Visit, () => void>();
  const counters = { requests: 0, failures: 0, crowded: 0 };

  const shared: VisitHost = {
    source,
    piece: new Uint8Array(pieceBytes),
    now: () => host.now(),
    answered(connection, line, { status, length }) {
      counters.requests++;
      if (status >= 400) counters.failures++;
      options.logged?.(`${formatAddress(connection.ends.remoteAddress)} "${line}" ${status} ${length}`);
    },
    ended: (visit) => {
      visits.delete(visit);
    },
  };

  const listening = tcp.listen(port, (connection) => {
    if (visits.size >= mostVisits) {
      counters.crowded++;
      return null;
    }
    const visit = openVisit(shared, connection);
    visits.set(visit, connection.abort);
    return visit;
  });
  if (listening === null) return null;

  return {
    tick() {
      for (const visit of [...visits.keys()]) visit.tick();
    },
    inspect: () => ({ port, clients: visits.size, ...counters }),
    [Symbol.dispose]() {
      listening[Symbol.dispose]();
      for (const abort of [...visits.values()]) abort();
    },
  };
}
