import { macAt, parseMac } from "../../src/network/index.ts";
import type { AdapterServices } from "../../src/vmms/index.ts";
import { arp, frame, icmp, opened } from "./cable.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The emulated card of a machine that runs, with a guest that the test plays. */
export interface LegacyCard {
  readonly mac: string;
  /** Frames that came, oldest first. */
  readonly got: Bytes[];
  send(bytes: Bytes): void;
}

/** Takes the legacy adapter with this number among those of a machine. */
export function legacyCard(nics: AdapterServices, place = 0): LegacyCard {
  const served = nics.frameOwners[place];
  const end = nics.ends.filter(({ adapter }) => adapter.type === "legacy")[place];
  if (served === undefined || end === undefined) throw new Error("there is no such card");
  const got: Bytes[] = [];
  const line = served.owner({
    send(bytes, at, length) {
      got.push(bytes.slice(at, at + length));
      return true;
    },
  });
  return { mac: end.mac, got, send: (bytes) => line.frame(bytes, 0, bytes.length) };
}

/** A frame from a card to an address, of a kind that nobody answers. */
export function hello(from: { readonly mac: string }, to: string): Bytes {
  return frame(0x88b5, new Uint8Array(46), to, from.mac);
}

/** Whether such a frame from `from` is among those that came to a card. */
export function heard(card: LegacyCard, from: { readonly mac: string }): boolean {
  return card.got.some((bytes) => macAt(bytes, 6) === parseMac(from.mac) && bytes[12] === 0x88);
}

/** Answers what the management OS asked of a guest with this address: who has it, and echo requests. */
export function answerAll(card: LegacyCard, ip: string): void {
  for (const bytes of card.got.splice(0)) {
    const from = macAt(bytes, 6);
    const type = (bytes[12] ?? 0) * 256 + (bytes[13] ?? 0);
    const asked = [...bytes.subarray(38, 42)].join(".");
    if (type === 0x0806 && bytes[21] === 1 && asked === ip)
      card.send(arp(2, [card.mac, ip], [from, [...bytes.subarray(28, 32)].join(".")]));
    if (type !== 0x0800) continue;
    const { payload, from: sender, protocol } = opened(bytes);
    if (protocol === 1 && payload[0] === 8)
      card.send(icmp(0, 0, payload.subarray(4), { from: ip, to: sender, fromMac: card.mac, toMac: from }));
  }
}
