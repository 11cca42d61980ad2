import {
  type ChannelId,
  decodeGuestMessage,
  doorbellConnection,
  type GpadlId,
  type GuestCalls,
  type GuestMessage,
  HvStatus,
  inRam,
  messagePayloadLimit,
  pageSize,
  socketPort,
  VmbusConnection,
  VmbusVersion,
  vmbusFailure,
  vmbusMessages,
  vmbusMessageType,
} from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";
import { feedChannel, feedConnection, hasSockets, isRing, post } from "./feed.ts";
import { ringDoorbell, ringSharedDoorbell } from "./interrupt.ts";
import { isSocketOffer } from "./offer.ts";
import { type BusEntry, type BusState, refuse } from "./state.ts";

type Message<Kind extends GuestMessage["kind"]> = Extract<GuestMessage, { kind: Kind }>;

/** What the guest's two hypercalls reach. */
export function guestCalls(bus: BusState): GuestCalls {
  return {
    postMessage(connection, type, payload) {
      if (connection !== VmbusConnection.messages && connection !== VmbusConnection.messages5) {
        return HvStatus.invalidConnectionId;
      }
      if (payload.length > messagePayloadLimit || type !== vmbusMessageType) return HvStatus.invalidParameter;
      bus.messagesIn++;
      handle(bus, decodeGuestMessage(payload));
      return HvStatus.success;
    },
    signalEvent: (connection, flag) => signalEvent(bus, connection, flag),
  };
}

function signalEvent(bus: BusState, connection: number, flag: number): HvStatus {
  if (flag !== 0) return HvStatus.invalidParameter;
  if (connection === VmbusConnection.events) {
    const page = bus.connection.kind === "connected" ? bus.connection.interruptPage : null;
    if (page === null) return HvStatus.invalidConnectionId;
    ringSharedDoorbell(bus, page);
    return HvStatus.success;
  }
  const entry = known(bus, connection & 0xfff);
  if (entry === undefined || connection !== doorbellConnection(entry.offer.channel)) {
    return HvStatus.invalidConnectionId;
  }
  ringDoorbell(bus, entry);
  return HvStatus.success;
}

/** The channel with this number, which the guest may have invented. */
function known(bus: BusState, channel: number): BusEntry | undefined {
  return bus.entries.get(channel as ChannelId);
}

function handle(bus: BusState, message: GuestMessage): void {
  switch (message.kind) {
    case "initiateContact":
      feedConnection(bus, {
        kind: "contact",
        version: message.version,
        interruptPage: pageInRam(bus, message.interruptPage),
      });
      return;
    case "requestOffers":
    case "unload":
      feedConnection(bus, { kind: message.kind });
      return;
    case "openChannel":
      openChannel(bus, message);
      return;
    case "closeChannel":
      channelEvent(bus, message.channel, "guestCloses");
      return;
    case "relidReleased":
      channelEvent(bus, message.channel, "guestReleases");
      return;
    case "gpadlHeader":
      gpadlHeader(bus, message);
      return;
    case "gpadlBody":
      gpadlBody(bus, message);
      return;
    case "gpadlTeardown":
      gpadlTeardown(bus, message);
      return;
    case "modifyChannel":
      modifyChannel(bus, message);
      return;
    case "tlConnectRequest":
      connectSocket(bus, message);
      return;
    case "unknown":
      refuse(bus, "unknown message");
      return;
    case "short":
      refuse(bus, "message too short");
      return;
    default:
      unreachable(message);
  }
}

function pageInRam(bus: BusState, address: bigint): number | null {
  if (address > Number.MAX_SAFE_INTEGER) return null;
  const at = Number(address);
  return at !== 0 && at % pageSize === 0 && inRam(bus.memory, at, pageSize) ? at : null;
}

function channelEvent(bus: BusState, channel: ChannelId, kind: "guestCloses" | "guestReleases"): void {
  const entry = known(bus, channel);
  if (entry === undefined) {
    refuse(bus, "unknown channel");
    return;
  }
  feedChannel(bus, entry, { kind });
  // A connection that the guest gave back by itself is not offered again.
  if (isSocketOffer(entry.offer) && entry.state.kind === "declined")
    feedChannel(bus, entry, { kind: "rescind" });
}

/** Somebody else decides, later: an offer or a refusal follows. No guest waits for it longer than it likes. */
function connectSocket(bus: BusState, message: Message<"tlConnectRequest">): void {
  const { guestEndpoint, hostService } = message;
  if (!hasSockets(bus)) refuse(bus, "socket connection in an older version");
  else if (socketPort(guestEndpoint) === null || socketPort(hostService) === null)
    refuse(bus, "socket of an unknown family");
  else if (bus.events.socketAsked === undefined) refuse(bus, "socket connection");
  else bus.events.socketAsked(guestEndpoint, hostService);
}

function openChannel(bus: BusState, message: Message<"openChannel">): void {
  const { channel, openId } = message;
  const entry = known(bus, channel);
  if (entry === undefined) {
    refuse(bus, "unknown channel");
    post(bus, { kind: "openResult", channel, openId, status: vmbusFailure });
    return;
  }
  entry.targetVp = message.targetVp;
  feedChannel(bus, entry, { kind: "guestOpens", request: message });
}

function modifyChannel(bus: BusState, message: Message<"modifyChannel">): void {
  const { channel } = message;
  const version = bus.connection.kind === "connected" ? bus.connection.version : 0;
  if (version < vmbusMessages.modifyChannel.since) {
    refuse(bus, "modify in an older version");
    return;
  }
  const entry = known(bus, channel);
  if (entry !== undefined) {
    entry.targetVp = message.targetVp;
    feedChannel(bus, entry, { kind: "guestModifies" });
    return;
  }
  refuse(bus, "unknown channel");
  if (version >= VmbusVersion.win10v53) post(bus, { kind: "modifyResponse", channel, status: vmbusFailure });
}

function gpadlHeader(bus: BusState, message: Message<"gpadlHeader">): void {
  const { channel, gpadl, rangeBytes, rangeCount } = message;
  const entry = known(bus, channel);
  if (entry === undefined || !mayDescribePages(entry)) {
    refuse(bus, "page list for no channel");
    answerGpadl(bus, channel, gpadl, false);
    return;
  }
  const start = { channel, rangeBytes, rangeCount, fragment: message.ranges };
  const outcome = bus.gpadls.header(gpadl, start);
  if (outcome.kind === "bad") refuse(bus, outcome.reason);
  if (outcome.kind !== "pending") answerGpadl(bus, channel, gpadl, outcome.kind === "created");
}

/** A guest may still describe pages for a channel we have rescinded: it does not know yet. */
function mayDescribePages(entry: BusEntry): boolean {
  return entry.state.kind !== "hidden" && entry.state.kind !== "declined";
}

function gpadlBody(bus: BusState, message: Message<"gpadlBody">): void {
  const outcome = bus.gpadls.body(message.gpadl, message.ranges);
  switch (outcome.kind) {
    case "stray":
      refuse(bus, "body without header");
      return;
    case "pending":
      return;
    case "created":
      answerGpadl(bus, outcome.channel, message.gpadl, true);
      return;
    case "bad":
      refuse(bus, outcome.reason);
      answerGpadl(bus, outcome.channel, message.gpadl, false);
      return;
    default:
      unreachable(outcome);
  }
}

function gpadlTeardown(bus: BusState, message: Message<"gpadlTeardown">): void {
  const { channel, gpadl } = message;
  const entry = known(bus, channel);
  if (entry !== undefined && isRing(entry, gpadl)) feedChannel(bus, entry, { kind: "guestTearsDown", gpadl });
  const outcome = bus.gpadls.teardown(channel, gpadl);
  if (outcome === "unknown") refuse(bus, "teardown of an unknown page list");
  if (outcome === "collecting") answerGpadl(bus, channel, gpadl, false);
  post(bus, { kind: "gpadlTorndown", gpadl });
}

function answerGpadl(bus: BusState, channel: ChannelId, gpadl: GpadlId, ok: boolean): void {
  post(bus, { kind: "gpadlCreated", channel, gpadl, status: ok ? 0 : vmbusFailure });
}
