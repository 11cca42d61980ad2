import {
  type ChannelId,
  type GpadlId,
  inRam,
  isVmbusVersion,
  maxChannel,
  pageSize,
  readSavedUnit,
  type SavedFields,
  type SavedValue,
} from "../../hvdef/index.ts";
import { type Guid, parseGuid } from "../../support/index.ts";
import type { ChannelState, OpenRequest } from "./channel-state.ts";
import type { ConnectionState } from "./connection.ts";
import { acceptRing, feedChannel, mayAnnounce } from "./feed.ts";
import type { CollectingGpadl, Gpadl, GpadlRange } from "./gpadl.ts";
import { gpadlLimits } from "./gpadl-table.ts";
import { type ChannelOffer, isSocketOffer } from "./offer.ts";
import { type BusEntry, type BusState, freshEntry } from "./state.ts";

const format = 1;
const word = 0xffff_ffff;
/** Bytes that a driver gives along, and that an offer carries. */
const userBytes = 120;
/** Devices of one bus at most, and ranges of one page list: both bounded by what the guest's messages can say. */
const entryLimit = maxChannel;
const rangeLimit = 8192;

/** The bus as plain data. */
export function saveBus({ connection, entries, gpadls }: BusState): SavedValue {
  const { created, collecting } = gpadls.all();
  return {
    format,
    connection:
      connection.kind === "disconnected"
        ? { kind: connection.kind }
        : { ...connection, hasInterruptPage: connection.interruptPage !== null },
    channels: [...entries.values()].map(savedEntry),
    pageLists: created.map(({ handle, gpadl }) => ({
      handle,
      channel: gpadl.channel,
      ranges: gpadl.ranges.map((range) => ({ ...range })),
    })),
    unfinishedLists: collecting.map(({ handle, state }) => ({ handle, ...state })),
  };
}

function savedEntry({ offer, state, request, targetVp }: BusEntry): SavedValue {
  return {
    offer: { ...offer },
    state: state.kind,
    // A channel is opened within the guest's call, so none is in between.
    request: state.kind === "open" && request !== null ? { ...request } : null,
    targetVp,
  };
}

/** Fills an empty bus. @returns why it cannot be, for a person; the bus is of no use then */
export function resumeBus(bus: BusState, saved: unknown): string | null {
  const read = readSavedUnit(saved, { unit: "VMBus", format }, (fields) => resume(bus, fields));
  return read.kind === "usable" ? null : read.text;
}

function resume(bus: BusState, fields: SavedFields): void {
  bus.connection = readConnection(bus, fields.fields("connection"));
  for (const entry of fields.list("channels", entryLimit, readEntry)) {
    const { channel, instance } = entry.offer;
    const taken = [...bus.entries.values()].some(({ offer }) => offer.instance === instance);
    if (taken || bus.entries.has(channel)) fields.refuse(`channel ${channel} twice`);
    if (bus.connection.kind === "disconnected" && entry.state.kind !== "hidden")
      fields.refuse(`channel ${channel} of no connection`);
    bus.entries.set(channel, entry);
  }
  const pages = Math.floor(bus.memory.size / pageSize);
  const created = fields.list("pageLists", gpadlLimits.lists, (one) => ({
    handle: one.integer("handle", 0, word) as GpadlId,
    gpadl: readGpadl(one, pages),
  }));
  const collecting = fields.list("unfinishedLists", gpadlLimits.collecting, (one) => ({
    handle: one.integer("handle", 0, word) as GpadlId,
    state: readCollecting(one),
  }));
  if (!bus.gpadls.load({ created, collecting })) fields.refuse("page lists");
}

function readConnection(bus: BusState, fields: SavedFields): ConnectionState {
  if (fields.text("kind", 20) === "disconnected") return { kind: "disconnected" };
  const version = fields.integer("version", 0, bus.maxVersion);
  if (!isVmbusVersion(version)) fields.refuse("version");
  const interruptPage = fields.flag("hasInterruptPage") ? fields.integer("interruptPage", 1, word) : null;
  if (
    interruptPage !== null &&
    (interruptPage % pageSize !== 0 || !inRam(bus.memory, interruptPage, pageSize))
  )
    fields.refuse("interrupt page");
  return { kind: "connected", version, interruptPage, listening: fields.flag("listening") };
}

function readEntry(fields: SavedFields): BusEntry {
  const request = fields.optional("request");
  const entry = freshEntry(readOffer(fields.fields("offer")));
  entry.request = request === null ? null : readRequest(request);
  entry.state = readState(fields, entry.request);
  entry.targetVp = fields.integer("targetVp", 0, word);
  return entry;
}

function readState(fields: SavedFields, request: OpenRequest | null): ChannelState {
  const kind = fields.text("state", 20);
  switch (kind) {
    case "hidden":
    case "offered":
    case "declined":
    case "revoked":
      return { kind };
    case "open":
      return request === null ? fields.refuse("open without its ring") : { kind, gpadl: request.gpadl };
    default:
      return fields.refuse("state");
  }
}

function readOffer(fields: SavedFields): ChannelOffer {
  const id = (name: string): Guid => parseGuid(fields.text(name, 40)) ?? fields.refuse(name);
  return {
    channel: fields.integer("channel", 1, maxChannel) as ChannelId,
    interfaceType: id("interfaceType"),
    instance: id("instance"),
    ...(fields.has("flags") ? { flags: fields.integer("flags", 0, 0xffff) } : {}),
    ...(fields.has("mmioMegabytes") ? { mmioMegabytes: fields.integer("mmioMegabytes", 0, 0xffff) } : {}),
    ...(fields.has("userDefined") ? { userDefined: fields.bytes("userDefined", userBytes) } : {}),
  };
}

function readRequest(fields: SavedFields): OpenRequest {
  return {
    openId: fields.integer("openId", 0, word),
    gpadl: fields.integer("gpadl", 0, word) as GpadlId,
    downstreamPage: fields.integer("downstreamPage", 0, word),
    userData: fields.bytes("userData", userBytes),
  };
}

function readGpadl(fields: SavedFields, ramPages: number): Gpadl {
  const channel = fields.integer("channel", 0, word) as ChannelId;
  const ranges = fields.list("ranges", rangeLimit, (one) => readRange(one, ramPages));
  if (ranges.length === 0) fields.refuse("no ranges");
  return { channel, ranges, pageCount: ranges.reduce((sum, { pages }) => sum + pages.length, 0) };
}

function readRange(fields: SavedFields, ramPages: number): GpadlRange {
  const byteCount = fields.integer("byteCount", 1, word);
  const byteOffset = fields.integer("byteOffset", 0, word);
  const pages = fields.words("pages", gpadlLimits.pages);
  const fits = pages.length === Math.ceil((byteOffset + byteCount) / pageSize);
  if (!fits || pages.some((pfn) => pfn >= ramPages)) fields.refuse("pages");
  return { byteCount, byteOffset, pages };
}

function readCollecting(fields: SavedFields): CollectingGpadl {
  const bytes = fields.bytes("bytes", 0xffff);
  return {
    channel: fields.integer("channel", 0, word) as ChannelId,
    rangeCount: fields.integer("rangeCount", 1, 0xffff),
    bytes,
    filled: fields.integer("filled", 0, bytes.length),
  };
}

/** Serves what was open, and tells the guest of what it has not heard of. A ring that makes no sense stays unserved. */
export function reopenChannels(bus: BusState): void {
  for (const entry of [...bus.entries.values()]) {
    // Whoever was at the other end of a socket is gone.
    if (isSocketOffer(entry.offer)) feedChannel(bus, entry, { kind: "rescind" });
    else if (entry.state.kind === "open" && entry.request !== null) acceptRing(bus, entry, entry.request);
    else if (entry.state.kind === "hidden" && mayAnnounce(bus, entry))
      feedChannel(bus, entry, { kind: "announce" });
  }
}
