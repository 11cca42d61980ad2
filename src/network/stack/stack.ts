import type { Clock, InspectNode, Micros } from "../../support/index.ts";
import { etherType } from "../frame/index.ts";
import type { FrameSink, SwitchPort } from "../port.ts";
import { type AddressText, checkHost, formatAddress } from "./address.ts";
import type { LeaseRow } from "./dhcp/leases.ts";
import { hostLabel } from "./dhcp/message.ts";
import type { MachineName } from "./dns/directory.ts";
import type { ResolveName } from "./dns/server.ts";
import { type Icmp, openIcmp, Unreachable } from "./icmp.ts";
import type { IpHost } from "./ip.ts";
import { type Ipv4, openIpv4 } from "./ipv4.ts";
import type { NeighbourRow } from "./known-hosts.ts";
import { openLink } from "./link.ts";
import { checkMac, macText } from "./mac.ts";
import { openNeighbours } from "./neighbours.ts";
import { type Notice, openNotices } from "./notices.ts";
import { openPings, type PingOutcome } from "./ping.ts";
import { openServices } from "./services.ts";
import { checkSettings, type StackSettings } from "./settings.ts";
import { openUdp, type Udp } from "./udp.ts";

/** Payload of an ordinary Ethernet frame. */
const ordinaryMtu = 1500;
/** What every network carries, and the most that a port takes. @rfc 791 3.2 */
const smallestMtu = 576;
const largestMtu = 9000;

/** What a stack needs. */
export interface StackOptions {
  /** Connects it to a port, which then belongs to the stack. */
  plug(sink: FrameSink): SwitchPort;
  /** Its MAC address, `00-15-5D-01-0A-03`. */
  readonly mac: string;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly settings: StackSettings;
  /** The name under which the management OS is found. */
  readonly ownName: string;
  /** Longest IPv4 packet, 576 to 9000; 1500 unless given. */
  readonly mtu?: number | undefined;
  /** Asks the outside for names; without it there is no outside. */
  readonly resolve?: ResolveName | undefined;
  /** Hears of trouble on the wire as it comes up. Guests cause it: whoever writes it down limits it. */
  readonly onNotice?: ((notice: Notice) => void) | undefined;
}

/** The management OS on one network. Disposing unplugs it and ends its pings. */
export interface NetworkStack extends Disposable {
  /** For transport protocols. */
  readonly ip: IpHost;
  readonly udp: Udp;
  readonly settings: StackSettings;
  /** Changes address and services together. @throws HvError that says what is wrong; then nothing has changed */
  configure(settings: StackSettings): void;
  /** Changes the address alone. @throws HvError as `configure`, also when the pool of the DHCP server does not fit */
  setAddress(address: AddressText): void;
  /** Tells which machines have which adapters, for DNS and DHCP. @throws HvError `network.badMac` */
  setMachines(machines: readonly MachineName[]): void;
  /** Asks a host whether it is there. @throws HvError `network.badAddress` when `address` is none */
  ping(address: string, timeout: Micros): Promise<PingOutcome>;
  leases(): readonly LeaseRow[];
  /** The ARP table. */
  neighbours(): readonly NeighbourRow[];
  notices(): readonly Notice[];
  /** Lets time pass: questions again, timeouts, ageing. Called a few times a second. */
  tick(): void;
  inspect(): InspectNode;
}

/**
 * Plugs the management OS in and announces its address.
 *
 * @throws HvError when settings or MAC address cannot be used; then nothing is plugged in
 */
export function openStack(options: StackOptions): NetworkStack {
  const { clock } = options;
  let settings = options.settings;
  let checked = checkSettings(settings);
  const host = () => checked.host;
  const parts = openParts(options, host);
  const { link, neighbours, pings, ipv4, icmp, udp, notices } = parts;
  const services = openServices({
    udp,
    clock,
    wallClock: options.wallClock,
    notices,
    known: neighbours.known,
    ownName: hostLabel(options.ownName),
    resolve: options.resolve ?? (() => null),
    settings: () => checked,
  });

  function configure(wanted: StackSettings): void {
    const next = checkSettings(wanted);
    const isMoved = next.host.ip !== checked.host.ip || next.host.prefix !== checked.host.prefix;
    settings = wanted;
    checked = next;
    services.restart();
    if (isMoved) neighbours.announce();
  }

  neighbours.announce();
  return {
    ip: ipv4,
    udp,
    get settings() {
      return settings;
    },
    configure,
    setAddress: (address) => configure({ ...settings, address }),
    setMachines: (machines) => services.directory.setMachines(machines),
    ping: (address, timeout) => pings.start(ipv4, checkHost(address, "The address"), timeout),
    leases: () => services.leases.rows(),
    neighbours: () => neighbours.known.rows(),
    notices: () => notices.list(),
    tick() {
      link.settle();
      neighbours.tick();
      ipv4.tick();
      pings.tick();
    },
    inspect: () => ({
      address: `${formatAddress(checked.host.ip)}/${checked.host.prefix}`,
      mac: macText(link.mac),
      link: link.inspect(),
      ip: ipv4.inspect(),
      icmp: icmp.inspect(),
      udp: udp.inspect(),
      ...services.inspect(),
      leases: services.leases.rows().length,
      notices: notices.list().length,
    }),
    [Symbol.dispose]() {
      services[Symbol.dispose]();
      pings.end();
      link[Symbol.dispose]();
    },
  };
}

/** The layers, each leaning on the one below. What goes up is handed on by the functions in between. */
function openParts(options: StackOptions, host: () => ReturnType<typeof checkSettings>["host"]) {
  const { clock } = options;
  const mtu = Math.min(largestMtu, Math.max(smallestMtu, options.mtu ?? ordinaryMtu));
  const notices = openNotices(clock, options.onNotice ?? (() => {}));
  const pings = openPings(clock, () => ipv4.current()?.timeToLive ?? 0);
  const link = openLink({
    plug: options.plug,
    mac: checkMac(options.mac),
    mtu,
    receive(bytes, at, length, arrival) {
      if (arrival.type === etherType.arp) neighbours.receive(bytes, at, length);
      else if (arrival.type === etherType.ipv4) ipv4.receive(bytes, at, length, arrival);
    },
  });
  const neighbours = openNeighbours({
    link,
    clock,
    notices,
    host,
    deliver: (mac, parcel) => ipv4.sendTo(mac, parcel),
    giveUp: (parcel) => pings.giveUp(parcel),
  });
  const ipv4: Ipv4 = openIpv4({
    link,
    neighbours,
    clock,
    mtu,
    host,
    refuse: (reason) => icmp.complain(reason === "protocol" ? Unreachable.protocol : Unreachable.network),
  });
  const icmp: Icmp = openIcmp(ipv4, clock, pings);
  const udp: Udp = openUdp(ipv4, icmp);
  return { link, neighbours, pings, ipv4, icmp, udp, notices };
}
