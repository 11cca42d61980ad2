import { RndisIndication } from "../../hvdef/index.ts";
import {
  blankHeaders,
  blankLarge,
  bytesOfMac,
  type FrameSink,
  type FrameSource,
  type LargeFrame,
  type MacAddress,
  openSegmenter,
} from "../../network/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { Channel, ChannelHandlers, ChannelOwner } from "../../vmbus/index.ts";
import { freshCounters, netTree } from "./inspect.ts";
import { deliverLarge, takesLarge } from "./large.ts";
import { changeBuffers, servePacket, tellLink } from "./packet.ts";
import { deliverFrame, packetTaken, sendControl } from "./receive.ts";
import { indication } from "./rndis.ts";
import { openSender } from "./send.ts";
import { isLinkUp, type NetAdapter, type NetSession } from "./session.ts";
import { type AdapterState, checkNetvspState, type NetvspState } from "./state.ts";
import { type NetStraight, openStraight } from "./straight.ts";

/** Largest payload of a frame that we let a guest ask for, as in Hyper-V. */
export const largestMtu = 9000;

/** How an adapter is made. */
export interface NetvspOptions {
  readonly mac: MacAddress;
  /** What a person calls it; the guest may show it. */
  readonly name?: string;
  /** The guest may give itself another address; without, it is refused. */
  readonly mayChangeMac?: boolean;
  /** We do checksums and cut large sends for the guest, and give it large frames whole; yes when absent. */
  readonly offloads?: boolean;
  /** Where the guest's frames go from the start; otherwise the cable is out until `connect`. */
  readonly port?: FrameSource;
}

/** The provider of one synthetic adapter: give it to its channel and to its port. */
export type Netvsp = ChannelOwner &
  FrameSink & {
    /**
     * Plugs the adapter into a port, or pulls the cable with `null`. The guest sees its link go and come; from
     * one port straight into another it hears that the network has changed, and asks for its address anew.
     */
    connect(port: FrameSource | null): void;
    /** Switches the adapter off or on again: without a link whatever it is plugged into. */
    setLink(up: boolean): void;
    /** The address the guest's frames come from. */
    mac(): MacAddress;
    inspect(): InspectNode;
    /** Its part in frames that go past it, beside the guest. */
    readonly straight: NetStraight;
    /** Whether it stands still: frames for the guest are lost, and none go past it. The guest does not see it. */
    hold(still: boolean): void;
    /** What a saved machine keeps of it. */
    save(): NetvspState;
  };

/** A provider that goes on from a saved state, or why there is none, for a person. */
export type NetvspRestored =
  | { readonly kind: "restored"; readonly netvsp: Netvsp }
  | { readonly kind: "refused"; readonly text: string };

/**
 * Serves a synthetic network adapter to a guest's netvsc. Owns neither the port nor the channel. Called again for
 * every opening, of which at most one is alive; of an earlier one only the counters stay.
 *
 * `frame` never waits: a frame the guest has no room for is lost and counted as busy.
 */
export function netvsp(options: NetvspOptions): Netvsp {
  return openProvider(options, null);
}

/**
 * Makes the provider of an adapter whose guest has negotiated before: the first opening of its channel goes on
 * where the state was saved. What the guest held then stays out of use until it opens the channel anew.
 *
 * @param saved  from `Netvsp.save`, by whatever way it came: it may be anything
 */
export function restoreNetvsp(saved: unknown, options: NetvspOptions): NetvspRestored {
  const checked = checkNetvspState(saved);
  if (checked.kind === "unusable") return { kind: "refused", text: checked.text };
  return { kind: "restored", netvsp: openProvider(options, checked.state) };
}

function openProvider(options: NetvspOptions, saved: NetvspState | null): Netvsp {
  const adapter = openAdapter(options);
  const sender = openSender(adapter);
  let resume = saved;
  let live: NetSession | null = null;
  const straight = openStraight(adapter, () => live);

  function own(channel: Channel): ChannelHandlers {
    const session = openSession(adapter, channel);
    live = session;
    return {
      opened() {
        session.negotiation = { kind: "opened" };
        if (resume !== null) goOn(session, resume);
        resume = null;
        straight.look();
      },
      request(request) {
        servePacket(session, sender, request);
        straight.look();
      },
      taken: (transactionId, _payload, lost) => packetTaken(session, transactionId, lost),
      noted: (payload) => straight.noted(session, payload),
      closed() {
        if (live === session) live = null;
        session.negotiation = { kind: "closed" };
        session.parts = null;
        session.packet = null;
        straight.look();
      },
    };
  }

  function connect(port: FrameSource | null): void {
    const before = adapter.port;
    adapter.port = port;
    straight.look();
    if (live === null) return;
    tellLink(live);
    const moved = before !== null && port !== null && before !== port;
    if (moved && isLinkUp(adapter) && live.state.running) {
      sendControl(live, indication(RndisIndication.networkChange));
    }
  }

  return Object.assign(own, {
    frame(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean {
      if (live !== null && isLinkUp(adapter) && !adapter.held)
        return deliverFrame(live, bytes, { at, length });
      adapter.counters.dropped++;
      return false;
    },
    large: {
      takes: (large: Readonly<LargeFrame>) =>
        live !== null && isLinkUp(adapter) && !adapter.held && takesLarge(live, large),
      frame(
        bytes: Uint8Array<ArrayBuffer>,
        at: number,
        length: number,
        large: Readonly<LargeFrame>,
      ): boolean {
        return live !== null && !adapter.held && deliverLarge(live, bytes, { at, length, large });
      },
    },
    connect,
    straight,
    setLink(up: boolean) {
      adapter.enabled = up;
      straight.look();
      if (live !== null) tellLink(live);
    },
    hold(still: boolean) {
      adapter.held = still;
      straight.look();
    },
    mac: () => live?.state.mac ?? adapter.facts.permanent,
    inspect: () => netTree(adapter, live),
    save: (): NetvspState => ({
      format: 1,
      negotiation: live?.negotiation ?? { kind: "closed" },
      adapter: live?.state ?? freshState(adapter),
      held: live?.parts?.held() ?? [],
      packets: live?.parts?.packets() ?? [],
      linkTold: live?.told ?? true,
    }),
  });
}

function openAdapter(options: NetvspOptions): NetAdapter {
  const { mac, name = "Network Adapter", mayChangeMac = false, offloads = true, port = null } = options;
  return {
    facts: { permanent: mac, name, mtu: largestMtu, mayChangeMac, offloads },
    counters: freshCounters(),
    segmenter: openSegmenter(),
    headers: blankHeaders(),
    large: blankLarge(),
    port,
    enabled: true,
    held: false,
  };
}

function freshState(adapter: NetAdapter): AdapterState {
  const { permanent: mac } = adapter.facts;
  return { running: false, filter: 0, mac, multicast: [], wholeIpv4: false, wholeIpv6: false };
}

function openSession(adapter: NetAdapter, channel: Channel): NetSession {
  return {
    adapter,
    channel,
    negotiation: { kind: "closed" },
    state: freshState(adapter),
    mac: bytesOfMac(adapter.facts.permanent),
    parts: null,
    partBytes: 0,
    packet: null,
    packetFirst: 0,
    largeNumber: 0,
    owed: [],
    queues: new Map(),
    told: isLinkUp(adapter),
    toldEarly: false,
  };
}

function goOn(session: NetSession, saved: NetvspState): void {
  if (saved.negotiation.kind === "closed") return;
  session.state = saved.adapter;
  session.mac = bytesOfMac(saved.adapter.mac);
  changeBuffers(session, saved.negotiation, saved);
  session.told = saved.linkTold;
  tellLink(session);
}
