import { type Clock, type InspectNode, openScope, type Scope } from "../../support/index.ts";
import { type Leases, openLeases } from "./dhcp/leases.ts";
import type { DhcpScope } from "./dhcp/scope.ts";
import { type DhcpServer, openDhcpServer } from "./dhcp/server.ts";
import { watchDhcpServers } from "./dhcp/watch.ts";
import { type Directory, openDirectory } from "./dns/directory.ts";
import { type DnsServer, openDnsServer, type ResolveName } from "./dns/server.ts";
import type { KnownHosts } from "./known-hosts.ts";
import type { Notices } from "./notices.ts";
import { openNtpServer } from "./ntp.ts";
import type { CheckedSettings } from "./settings.ts";
import type { Udp } from "./udp.ts";

/** What the services lean on. */
export interface ServicesOptions {
  readonly udp: Udp;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly notices: Notices;
  readonly known: KnownHosts;
  /** Name of the management OS, one label. */
  readonly ownName: string;
  readonly resolve: ResolveName;
  /** What holds now. */
  settings(): CheckedSettings;
}

/** DHCP, DNS and NTP of the management OS, as far as they are switched on. */
export interface Services extends Disposable {
  readonly leases: Leases;
  readonly directory: Directory;
  /** The settings are others: starts and stops what they say. Leases that still fit live on. */
  restart(): void;
  inspect(): InspectNode;
}

/** A pool without addresses, while the DHCP server is off. */
const noPool: DhcpScope = {
  first: 1,
  last: 0,
  leaseSeconds: 0,
  router: null,
  reserved: new Map(),
  reservedAddresses: new Set(),
};

/** Starts what the settings say. */
export function openServices(options: ServicesOptions): Services {
  const { udp, clock, notices, known } = options;
  const host = () => options.settings().host;
  const scope = () => options.settings().scope ?? noPool;
  const isForeign = (ip: number, mac: number) => ip === host().ip || (known.peek(ip) ?? mac) !== mac;
  const leases = openLeases({ clock, scope, isForeign, released: known.forget });
  const directory = openDirectory({ leases, known, host, ownName: options.ownName });
  const watch = watchDhcpServers(udp, notices, () => (options.settings().scope === null ? null : host().ip));
  const domain = () => options.settings().services?.domain ?? "";
  let running: Running | null = null;

  function restart(): void {
    running?.sockets[Symbol.dispose]();
    running = null;
    const { services } = options.settings();
    if (options.settings().scope !== null) leases.trim();
    if (services === null) return;
    const sockets = openScope();
    const dns = sockets.own(openDnsServer({ udp, directory, resolve: options.resolve, host, domain }));
    if (services.ntp) sockets.own(openNtpServer(udp, options.wallClock));
    running = { sockets, dns, dhcp: services.dhcp === null ? null : sockets.own(dhcpServer()) };
  }

  function dhcpServer(): DhcpServer {
    const hasTime = () => options.settings().services?.ntp === true;
    const around = { host, scope, domain, hasTime, onOtherServer: watch.note, nameOf: directory.machineOf };
    return openDhcpServer({ udp, notices, leases, ...around });
  }

  restart();
  return {
    leases,
    directory,
    restart,
    inspect: () => ({ dhcp: running?.dhcp?.inspect() ?? null, dns: running?.dns.inspect() ?? null }),
    [Symbol.dispose]() {
      running?.sockets[Symbol.dispose]();
      running = null;
      watch[Symbol.dispose]();
    },
  };
}

interface Running {
  readonly sockets: Scope;
  readonly dns: DnsServer;
  readonly dhcp: DhcpServer | null;
}
