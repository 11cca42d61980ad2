import type { Clock, InspectNode } from "../../support/index.ts";
import { etherType, headerBytes } from "../frame/index.ts";
import { formatAddress, type HostAddress, isBroadcast, isHostAddress, isOnLink } from "./address.ts";
import { ArpOperation, type ArpPacket, arpBytes, readArp, writeArp } from "./arp.ts";
import { type KnownHosts, openKnownHosts } from "./known-hosts.ts";
import type { Link } from "./link.ts";
import { isGroupMac, macOfAll, macText } from "./mac.ts";
import type { Notices } from "./notices.ts";
import type { Parcel } from "./parcel.ts";
import { openQuestions } from "./questions.ts";

/** We insist on our own address this often at most, microseconds. @rfc 5227 2.4 */
const defendEvery = 10_000_000;
/** Second announcement of a new address, microseconds after the first. @rfc 5227 2.3 */
const announceAgain = 2_000_000;

/** Who on the wire has which address: ARP. @rfc 826 */
export interface Neighbours {
  readonly known: KnownHosts;
  /** The MAC address of a neighbour, or `null` while nobody has told. */
  find(ip: number): number | null;
  /** Asks for `ip`; `parcel`, which is ours from now on, is delivered or given up. */
  ask(ip: number, parcel: Parcel): void;
  /** Takes an ARP packet. */
  receive(bytes: Uint8Array, at: number, length: number): void;
  /** Our address is new: tells everyone, and forgets what belonged to another network. */
  announce(): void;
  tick(): void;
  inspect(): InspectNode;
}

/** What the neighbours lean on. */
export interface NeighboursOptions {
  readonly link: Link;
  readonly clock: Clock;
  readonly notices: Notices;
  /** Our address now. */
  host(): HostAddress;
  /** The target of a parcel has answered. */
  deliver(mac: number, parcel: Parcel): void;
  /** Nobody has answered. */
  giveUp(parcel: Parcel): void;
}

/** Opens an empty table. Announcing our address is the caller's first act. */
export function openNeighbours(options: NeighboursOptions): Neighbours {
  const { link, clock, notices } = options;
  const counters = {
    requestsIn: 0,
    repliesIn: 0,
    requestsOut: 0,
    repliesOut: 0,
    refused: 0,
    conflicts: 0,
    silent: 0,
  };
  const known = openKnownHosts(clock);
  let defendAt = 0;
  let announceAt: number | null = null;

  function say(operation: number, targetMac: number, targetIp: number): void {
    const senderIp = options.host().ip;
    writeArp(link.out, headerBytes, { operation, senderMac: link.mac, senderIp, targetMac, targetIp });
    if (operation === ArpOperation.reply) counters.repliesOut++;
    else counters.requestsOut++;
    link.send(targetMac === 0 ? macOfAll : targetMac, etherType.arp, arpBytes);
  }
  const ask = (ip: number) => say(ArpOperation.request, 0, ip);
  const refresh = (ip: number, mac: number) => say(ArpOperation.request, mac, ip);
  const questions = openQuestions(clock, ask, (parcel) => {
    counters.silent++;
    options.giveUp(parcel);
  });

  function defend(mac: number): void {
    const { ip } = options.host();
    counters.conflicts++;
    notices.add("addressConflict", conflictText(mac, ip));
    if (clock.now() < defendAt) return;
    defendAt = clock.now() + defendEvery;
    ask(ip);
  }

  function learn(ip: number, mac: number): void {
    const other = known.learn(ip, mac);
    if (other !== null) notices.add("sharedAddress", sharedText(mac, other, ip));
    const parcel = questions.answered(ip);
    if (parcel !== null) options.deliver(mac, parcel);
  }

  function receive(bytes: Uint8Array, at: number, length: number): void {
    const host = options.host();
    const packet = readArp(bytes, at, length);
    if (packet === null || !isBelievable(packet, host)) {
      counters.refused++;
      return;
    }
    const { operation, senderMac, senderIp } = packet;
    if (operation === ArpOperation.request) counters.requestsIn++;
    else counters.repliesIn++;
    if (senderIp === host.ip) {
      if (senderMac !== link.mac) defend(senderMac);
      return;
    }
    if (senderIp !== 0) learn(senderIp, senderMac);
    if (operation === ArpOperation.request && packet.targetIp === host.ip) {
      say(ArpOperation.reply, senderMac, senderIp);
    }
  }

  return {
    known,
    receive,
    find: (ip) => known.find(ip, refresh),
    ask: (ip, parcel) => questions.add(ip, parcel),
    announce() {
      const host = options.host();
      known.keepOnly((ip) => isOnLink(host, ip) && ip !== host.ip);
      questions.giveUpAll();
      announceAt = clock.now() + announceAgain;
      ask(host.ip);
    },
    tick() {
      questions.tick();
      known.expire();
      if (announceAt === null || clock.now() < announceAt) return;
      announceAt = null;
      ask(options.host().ip);
    },
    inspect: () => ({ ...counters, known: known.size, asked: questions.size }),
  };
}

/** A probe asks from address 0 and teaches nothing; everything else must come from a host of our network. */
function isBelievable(packet: ArpPacket, host: HostAddress): boolean {
  const { senderMac, senderIp } = packet;
  if (senderMac === 0 || isGroupMac(senderMac)) return false;
  if (senderIp === 0) return packet.operation === ArpOperation.request;
  return isOnLink(host, senderIp) && !isBroadcast(host, senderIp) && isHostAddress(senderIp);
}

function conflictText(mac: number, ip: number): string {
  return `${macText(mac)} uses ${formatAddress(ip)}, the address of the management OS: give one of them another.`;
}

function sharedText(one: number, other: number, ip: number): string {
  const [low, high] = [macText(Math.min(one, other)), macText(Math.max(one, other))];
  return `${low} and ${high} both use the address ${formatAddress(ip)}: give one of them another.`;
}
