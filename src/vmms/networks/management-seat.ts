import type { NetworkConfiguration } from "../../hvdef/index.ts";
import {
  accessVlan,
  type FrameSink,
  type Http,
  type MacAddress,
  type Nat,
  type NetworkStack,
  openHttp,
  openNat,
  openStack,
  openStandIns,
  openTcp,
  parseAddress,
  type StackSettings,
  type StandIns,
  type StreamOpener,
  type Tcp,
  type VirtualPort,
  type VirtualSwitch,
} from "../../network/index.ts";
import { type Clock, type Log, openScope, type Scope } from "../../support/index.ts";
import { labFiles } from "./lab-files.ts";
import type { SharedFiles } from "./shared-files.ts";

/** What the management OS needs to join a network. */
export interface SeatSurroundings {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  wallClock(): number;
  /** A MAC address for its adapter; the same for the same network, of this host. */
  managementMac(network: Pick<NetworkConfiguration, "id" | "kind">): MacAddress;
  /** 32 random bits. */
  entropy(): number;
  readonly log: Log;
  /** What its web server gives away beside its own texts. */
  readonly files: Pick<SharedFiles, "entries" | "file">;
}

/** The management OS's place on a network, which may come and go. */
export interface ManagementSeat {
  stack(): NetworkStack | null;
  /**
   * Joins, changes or leaves.
   * @param outside  carries what guests send to far away; `null`: there is no way out, or it carries frames
   * @throws HvError when the address or the services make no sense; then nothing has changed
   */
  configure(network: NetworkConfiguration, outside: StreamOpener | null): void;
  leave(): void;
  /** Lets time pass: a few times a second, more often when guests use a way out. */
  tick(): void;
}

/** While it has a seat. */
interface Seated {
  readonly scope: Scope;
  readonly stack: NetworkStack;
  readonly port: VirtualPort;
  readonly tcp: Tcp;
  readonly nat: Nat | null;
  readonly outside: StreamOpener | null;
  http: Http | null;
}

/** Opens a seat that nobody has taken. */
export function openManagementSeat(lan: VirtualSwitch, around: SeatSurroundings): ManagementSeat {
  let seated: Seated | null = null;

  function leave(): void {
    seated?.http?.[Symbol.dispose]();
    seated?.scope[Symbol.dispose]();
    seated = null;
  }
  return {
    stack: () => seated?.stack ?? null,
    leave,
    configure(network, outside) {
      const { management } = network;
      // Refuses what makes no sense before anything has changed.
      if (management !== null) seated?.stack.configure(stackSettings(management, outside));
      if (management === null || (seated !== null && seated.outside !== outside)) leave();
      if (management === null) return;
      seated ??= sit(lan, around, { network, management, outside });
      seated.stack.configure(stackSettings(management, outside));
      lan.change(seated.port, { vlan: accessVlan(management.vlan) });
      serveHttp(seated, network, around.files);
    },
    tick() {
      seated?.nat?.tick();
      seated?.stack.tick();
      seated?.tcp.tick();
      seated?.http?.tick();
    },
  };
}

type Management = NonNullable<NetworkConfiguration["management"]>;

function sit(
  lan: VirtualSwitch,
  around: SeatSurroundings,
  wish: {
    readonly network: NetworkConfiguration;
    readonly management: Management;
    readonly outside: StreamOpener | null;
  },
): Seated {
  const { network, management, outside } = wish;
  const scope = openScope();
  const mac = around.managementMac(network);
  const name = `Management OS on ${network.name}`;
  const vlan = accessVlan(management.vlan);
  let port: VirtualPort | null = null;
  const plug = (sink: FrameSink): VirtualPort => {
    port = lan.connect({ name, role: "management", mac, vlan }, sink);
    return port;
  };
  const fill = (into: Uint8Array<ArrayBuffer>): void => {
    for (let at = 0; at < into.length; at++) into[at] = around.entropy();
  };
  const names: StandIns | null = outside === null ? null : openStandIns();
  // The stack's own address is asked for whenever a frame comes: it may change meanwhile.
  let stack: NetworkStack | null = null;
  const home = () => {
    const { address, prefix } = (stack?.settings ?? { address: management.address }).address;
    return { ip: parseAddress(address) ?? 0, mask: (0xffffffff << (32 - prefix)) >>> 0 };
  };
  const nat =
    outside === null || names === null
      ? null
      : scope.own(
          openNat({
            ...around,
            plug,
            mac,
            home,
            opener: outside,
            hostOf: names.hostOf,
            entropy: fill,
          }),
        );
  try {
    stack = scope.own(
      openStack({
        plug: nat?.plug ?? plug,
        mac,
        clock: around.clock,
        wallClock: around.wallClock,
        settings: stackSettings(management, outside),
        ownName: "host",
        resolve: names?.resolve,
      }),
    );
    const tcp = scope.own(openTcp(stack.ip, { entropy: fill }));
    if (port === null) throw new Error("the stack did not plug itself in");
    return { scope, stack, port, tcp, nat, outside, http: null };
  } catch (failure) {
    scope[Symbol.dispose]();
    throw failure;
  }
}

/** Starts or stops the web server. */
function serveHttp(seated: Seated, network: NetworkConfiguration, shared: SeatSurroundings["files"]): void {
  seated.http?.[Symbol.dispose]();
  const { stack } = seated;
  const texts = {
    "readme.txt": () =>
      `This is the management OS on the virtual network ${network.name}.\nMachines are found by name under ${network.management?.services.domain}.\n`,
    "leases.txt": () =>
      stack
        .leases()
        .map(({ address, mac, name }) => `${address}\t${mac}\t${name}\n`)
        .join(""),
    "notes.txt": () => `${network.notes}\n`,
  };
  const wanted = network.management?.services.http === true;
  seated.http = wanted ? openHttp(stack.ip, seated.tcp, { source: labFiles(texts, shared) }) : null;
}

/** A network with a way out has its gateway in the management OS. */
function stackSettings(management: Management, outside: StreamOpener | null): StackSettings {
  const { address, services } = management;
  const { dhcp, domain, ntp } = services;
  const router = outside === null ? {} : { router: address.address };
  return { address, services: { dhcp: dhcp === null ? null : { ...dhcp, ...router }, domain, ntp } };
}
