import { type Clock, type Micros, micros } from "../../support/index.ts";
import { wire16 } from "../frame/index.ts";
import { formatAddress } from "./address.ts";
import { type EchoListener, echoRequest, IcmpAt } from "./icmp.ts";
import { IpProtocol } from "./ip.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Parcel } from "./parcel.ts";

/** How a ping ended. */
export type PingOutcome =
  | { readonly kind: "reply"; readonly roundTrip: Micros; readonly timeToLive: number }
  | { readonly kind: "timeout" }
  /** Nobody has the address, or somebody on the way says so. `reason` is for a person. */
  | { readonly kind: "unreachable"; readonly reason: string };

/** Pings under way; one more is refused. */
const pingLimit = 64;
/** Payload, as Windows sends it. */
const payloadBytes = 32;
/** Identifier of all our echo requests. Any number will do: no other program sends from our address. */
const identifier = 0x5456;

interface Waiting {
  readonly to: number;
  readonly sentAt: number;
  readonly deadline: number;
  readonly settle: (outcome: PingOutcome) => void;
}

/** Pings, and the listener that ends them. */
export interface Pings extends EchoListener {
  /** Asks a host whether it is there. Settles on a reply, a refusal, or in the first `tick` after `timeout`. */
  start(ip: Ipv4, to: number, timeout: Micros): Promise<PingOutcome>;
  /** ARP has had no answer. */
  giveUp(parcel: Parcel): void;
  tick(): void;
  /** The network is gone. */
  end(): void;
}

/** Opens a list without pings. `timeToLive` tells that of the packet in hand. */
export function openPings(clock: Clock, timeToLive: () => number): Pings {
  const waiting = new Map<number, Waiting>();
  let sequence = 0;

  function settle(number: number, outcome: PingOutcome): void {
    const ping = waiting.get(number);
    waiting.delete(number);
    ping?.settle(outcome);
  }

  function start(ip: Ipv4, to: number, timeout: Micros): Promise<PingOutcome> {
    if (to === ip.address) return Promise.resolve({ kind: "reply", roundTrip: micros(0), timeToLive: 64 });
    if (waiting.size >= pingLimit) return refusal("Too many pings are under way: wait for them.");
    sequence = (sequence + 1) & 0xffff;
    const number = sequence;
    const now = clock.now();
    const outcome = new Promise<PingOutcome>((settled) => {
      waiting.set(number, { to, sentAt: now, deadline: now + timeout, settle: settled });
    });
    const message = echoRequest(identifier, number, payloadBytes);
    if (ip.sendSegment(IpProtocol.icmp, to, message, 0, message.length) === "unreachable") {
      settle(number, { kind: "unreachable", reason: `No road leads to ${formatAddress(to)} from here.` });
    }
    return outcome;
  }

  return {
    start,
    onReply(from, id, number) {
      const ping = waiting.get(number);
      if (id !== identifier || ping === undefined || ping.to !== from) return;
      const roundTrip = micros(clock.now() - ping.sentAt);
      settle(number, { kind: "reply", roundTrip, timeToLive: timeToLive() });
    },
    onUnreachable(by, to, id, number) {
      if (id !== identifier || waiting.get(number)?.to !== to) return;
      const reason = `${formatAddress(by)} says that ${formatAddress(to)} cannot be reached.`;
      settle(number, { kind: "unreachable", reason });
    },
    giveUp(parcel) {
      const { bytes, at, to } = parcel;
      if (parcel.protocol !== IpProtocol.icmp || wire16(bytes, at + IcmpAt.id) !== identifier) return;
      const number = wire16(bytes, at + IcmpAt.sequence);
      if (waiting.get(number)?.to !== to) return;
      settle(number, { kind: "unreachable", reason: `Nobody answers for ${formatAddress(to)}.` });
    },
    tick() {
      const now = clock.now();
      for (const [number, ping] of waiting) if (now >= ping.deadline) settle(number, { kind: "timeout" });
    },
    end() {
      for (const number of waiting.keys()) {
        settle(number, { kind: "unreachable", reason: "The network was taken down." });
      }
    },
  };
}

function refusal(reason: string): Promise<PingOutcome> {
  return Promise.resolve({ kind: "unreachable", reason });
}
