import {
  encodeHostMessage,
  type GpadlId,
  type HostMessage,
  maxChannelOld,
  VmbusVersion,
  vmbusFailure,
  vmbusMessageType,
  vmbusSint,
} from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";
import { type ChannelAction, type ChannelEvent, type OpenRequest, stepChannel } from "./channel-state.ts";
import {
  type ConnectionAction,
  type ConnectionEvent,
  firstWithEventFlags,
  stepConnection,
} from "./connection.ts";
import { isSocketOffer } from "./offer.ts";
import { type BusEntry, type BusState, refuse } from "./state.ts";

/** Posts a control message to the guest. */
export function post(bus: BusState, message: HostMessage): void {
  bus.messagesOut++;
  bus.synic.postMessage(vmbusSint, vmbusMessageType, encodeHostMessage(message));
}

/** Feeds one event to the connection and does what follows. */
export function feedConnection(bus: BusState, event: ConnectionEvent): void {
  const step = stepConnection(bus.connection, event, bus.maxVersion);
  if (step.refused !== undefined) refuse(bus, step.refused);
  bus.connection = step.state;
  for (const action of step.actions) act(bus, action);
}

/** Feeds one event to a channel and does what follows. */
export function feedChannel(bus: BusState, entry: BusEntry, event: ChannelEvent): void {
  const step = stepChannel(entry.state, event);
  if (step.refused !== undefined) refuse(bus, step.refused);
  entry.state = step.state;
  for (const action of step.actions) perform(bus, entry, action);
}

/** Whether the guest, as it is now, may hear of this channel. */
export function mayAnnounce(bus: BusState, entry: BusEntry): boolean {
  const { connection } = bus;
  if (connection.kind !== "connected" || !connection.listening) return false;
  return connection.version >= firstWithEventFlags || entry.offer.channel <= maxChannelOld;
}

/** Whether the guest, as it is now, can have connections of sockets. */
export function hasSockets({ connection }: BusState): boolean {
  return connection.kind === "connected" && connection.listening && connection.version >= VmbusVersion.win10;
}

/** Whether this page list describes the ring of a channel that is open. */
export function isRing(entry: BusEntry, gpadl: GpadlId): boolean {
  return entry.state.kind === "open" && entry.state.gpadl === gpadl;
}

function act(bus: BusState, action: ConnectionAction): void {
  switch (action.kind) {
    case "dropAll":
      // Rings first: nobody may touch a page whose list is gone.
      for (const entry of [...bus.entries.values()]) {
        feedChannel(bus, entry, { kind: "disconnect" });
        // A guest that connects anew knows nothing of them.
        if (isSocketOffer(entry.offer)) feedChannel(bus, entry, { kind: "rescind" });
      }
      bus.gpadls.dropAll();
      bus.synic.discardMessages(vmbusSint);
      return;
    case "answerContact":
      post(bus, { kind: "versionResponse", supported: action.supported });
      return;
    case "sendOffers":
      for (const entry of bus.entries.values()) {
        if (mayAnnounce(bus, entry)) feedChannel(bus, entry, { kind: "announce" });
      }
      return;
    case "sayAllDelivered":
      post(bus, { kind: "allOffersDelivered" });
      return;
    case "answerUnload":
      post(bus, { kind: "unloadResponse" });
      return;
    default:
      unreachable(action);
  }
}

function perform(bus: BusState, entry: BusEntry, action: ChannelAction): void {
  const { channel } = entry.offer;
  switch (action.kind) {
    case "sendOffer":
      post(bus, {
        kind: "offerChannel",
        offer: {
          flags: 0,
          mmioMegabytes: 0,
          userDefined: new Uint8Array(0),
          ...entry.offer,
        },
      });
      return;
    case "checkRing": {
      const accepted = acceptRing(bus, entry, action.request);
      feedChannel(bus, entry, { kind: accepted ? "ringAccepted" : "ringRefused" });
      return;
    }
    case "answerOpen": {
      const status = action.ok ? 0 : vmbusFailure;
      post(bus, { kind: "openResult", channel, openId: action.openId, status });
      return;
    }
    case "answerModify":
      if (bus.connection.kind === "connected" && bus.connection.version >= VmbusVersion.win10v53) {
        post(bus, { kind: "modifyResponse", channel, status: action.ok ? 0 : vmbusFailure });
      }
      return;
    case "stopRing":
      bus.events.closed(channel);
      return;
    case "sendRescind":
      post(bus, { kind: "rescindOffer", channel });
      return;
    case "dropGpadls":
      bus.gpadls.dropChannel(channel);
      return;
    case "free":
      bus.entries.delete(channel);
      bus.events.released(channel);
      return;
    default:
      unreachable(action);
  }
}

/** Checks a ring and hands it to whoever serves it. @returns whether it was taken */
export function acceptRing(bus: BusState, entry: BusEntry, request: OpenRequest): boolean {
  const { channel, interfaceType } = entry.offer;
  if (bus.connection.kind !== "connected") return false;
  const gpadl = bus.gpadls.find(channel, request.gpadl);
  const range = gpadl?.ranges[0];
  if (gpadl?.ranges.length !== 1 || range === undefined || range.byteOffset !== 0) return false;
  const { downstreamPage, userData } = request;
  if (downstreamPage === 0 || downstreamPage >= range.pages.length) return false;
  const { version } = bus.connection;
  const { pages } = range;
  const socket = isSocketOffer(entry.offer);
  const opening = { channel, interfaceType, pages, downstreamPage, userData, version, socket };
  const accepted = bus.events.opened(opening);
  if (accepted) {
    entry.openings++;
    entry.request = request;
  }
  return accepted;
}
