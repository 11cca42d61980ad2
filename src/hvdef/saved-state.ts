import { crc32c, type Infer, layout, type OwnBytes, raw, u32 } from "../support/index.ts";
import type { SavedUnits } from "./contracts.ts";
import { readSavedUnit } from "./saved-fields.ts";
import { decodeSaved, encodeSaved } from "./saved-value.ts";

/** What a saved machine is, apart from its pages. */
export interface SavedMachine {
  /** 32 hexadecimal digits that its pages bear as well. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  readonly memoryBytes: number;
  /** Build of the engine that alone understands it. */
  readonly build: string;
  readonly units: SavedUnits;
  /** Pieces of pages. */
  readonly pieces: number;
  /** Disks that are made of memory: the region of each one's pages, its place in words, and its bytes. */
  readonly memoryDisks: readonly SavedMemoryDisk[];
}

/** A disk that forgets when its machine is turned off, but not when it is saved. */
export interface SavedMemoryDisk {
  readonly region: number;
  readonly place: string;
  readonly byteLength: number;
}

/** A saved machine, or why it is none, for a person. */
export type SavedMachineRead =
  | { readonly kind: "usable"; readonly machine: SavedMachine }
  | { readonly kind: "unusable"; readonly text: string };

/** Start of the file of devices (`.vsv`). Behind it: a value, see `saved-value.ts`. */
const SavedHead = layout("SavedHead", "le", 24, {
  magic: u32, // "TVSV"
  format: u32,
  length: u32, // bytes behind the head
  crc: u32, // CRC-32C of them
  reserved1: u32, // 0
  reserved2: u32, // 0
});
type SavedHead = Infer<typeof SavedHead>;

/** Start of the file of pages (`.bin`). Behind it: pieces, see `support/pieces.ts`. */
export const SavedPagesHead = layout("SavedPagesHead", "le", 40, {
  magic: u32, // "TVBN"
  format: u32,
  id: raw(32), // that of the machine, in ASCII
});

const magic = 0x56535654;
const pagesMagic = 0x4e425654;
const format = 1;

/** Bytes of the file of devices at most. Reason: a drive's buffer of 32 MiB and video memory, with room. */
export const savedStateLimit = 128 << 20;
/** Reason: four of each kind of device would be some thirty. */
const unitLimit = 256;
const diskLimit = 260;

/** The file of devices. */
export function encodeSavedMachine({ units, ...machine }: SavedMachine): OwnBytes {
  const list = Object.entries(units).map(([name, state]) => ({ name, state }));
  const body = encodeSaved({ format, ...machine, units: list });
  const bytes = new Uint8Array(SavedHead.size + body.length);
  const head: SavedHead = {
    magic,
    format,
    length: body.length,
    crc: crc32c(body),
    reserved1: 0,
    reserved2: 0,
  };
  SavedHead.write(new DataView(bytes.buffer), 0, head);
  bytes.set(body, SavedHead.size);
  return bytes;
}

/** Reads the file of devices, which may be anything. */
export function readSavedMachine(bytes: OwnBytes): SavedMachineRead {
  if (bytes.length < SavedHead.size) return damaged("it is cut off");
  const head = SavedHead.read(new DataView(bytes.buffer, bytes.byteOffset));
  if (head.magic !== magic) return damaged("it is something else");
  if (head.format !== format)
    return unusable(`It is of format ${head.format}, which is not known here. Use a newer version.`);
  const body = bytes.subarray(SavedHead.size);
  if (body.length !== head.length) return damaged("it is cut off");
  if (crc32c(body) !== head.crc) return damaged("its checksum is wrong");
  const read = readSavedUnit(decodeSaved(body), { unit: "the machine", format }, (fields) => {
    const units = fields.list("units", unitLimit, (one) => ({
      name: one.text("name", 200),
      state: one.bytes("state", savedStateLimit),
    }));
    if (new Set(units.map(({ name }) => name)).size !== units.length) fields.refuse("two units of one name");
    return {
      id: fields.text("id", 32),
      savedAt: fields.real("savedAt"),
      memoryBytes: fields.integer("memoryBytes", 1, 2 ** 32),
      build: fields.text("build", 100),
      pieces: fields.integer("pieces", 0, 2 ** 24),
      memoryDisks: fields.list("memoryDisks", diskLimit, (one) => ({
        region: one.integer("region", 1, 0xffff),
        place: one.text("place", 40),
        byteLength: one.integer("byteLength", 1, Number.MAX_SAFE_INTEGER),
      })),
      units: Object.fromEntries(units.map(({ name, state }) => [name, state])),
    };
  });
  return read.kind === "usable"
    ? { kind: "usable", machine: read.state }
    : { kind: "unusable", text: read.text };
}

/** The head of the file of pages. */
export function savedPagesHead(id: string): OwnBytes {
  return SavedPagesHead.bytes({ magic: pagesMagic, format, id: new TextEncoder().encode(id) });
}

/** Whether these bytes are the head of the file of pages that belongs to a machine. */
export function isSavedPagesHead(bytes: Uint8Array, id: string): boolean {
  if (bytes.length < SavedPagesHead.size) return false;
  const head = SavedPagesHead.read(new DataView(bytes.buffer, bytes.byteOffset));
  return head.magic === pagesMagic && head.format === format && new TextDecoder().decode(head.id) === id;
}

function unusable(text: string): SavedMachineRead {
  return { kind: "unusable", text: `The saved state cannot be used. ${text}` };
}
function damaged(why: string): SavedMachineRead {
  return unusable(`It is damaged: ${why}.`);
}
