import {
  type BlockFile,
  type Disk,
  footerChecksum,
  type OpenImageOptions,
  type OpenParent,
  openImage,
  readVhdHead,
  VhdFooter,
  type VhdHead,
  type VhdIdentity,
} from "../../src/storage/index.ts";

/** Fields a test may want different; checksum is made to fit unless given. */
export interface LabFooter {
  readonly type?: number;
  readonly currentSize?: bigint;
  readonly version?: number;
  readonly checksum?: number;
  readonly dataOffset?: bigint;
}

function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** A footer as a tool would write it: a fixed VHD of 8 sectors unless told otherwise. */
export function labFooter(wanted: LabFooter = {}): Uint8Array<ArrayBuffer> {
  const bytes = VhdFooter.bytes({
    cookie: ascii("conectix"),
    features: 2,
    version: wanted.version ?? 0x00010000,
    dataOffset: wanted.dataOffset ?? 0xffffffffffffffffn,
    timeStamp: 0x2a000000,
    creatorApplication: ascii("tvsr"),
    creatorVersion: 0x00010000,
    creatorHost: ascii("Wi2k"),
    originalSize: wanted.currentSize ?? 4096n,
    currentSize: wanted.currentSize ?? 4096n,
    cylinders: 1,
    heads: 4,
    sectorsPerTrack: 17,
    type: wanted.type ?? 2,
    checksum: 0,
    uniqueId: new Uint8Array(16).fill(0x5a),
    savedState: 0,
    reserved: new Uint8Array(427),
  });
  new DataView(bytes.buffer).setUint32(VhdFooter.at.checksum, wanted.checksum ?? footerChecksum(bytes));
  return bytes;
}

/** A whole fixed VHD around these contents. */
export function labVhd(contents: Uint8Array<ArrayBuffer>, wanted: LabFooter = {}): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(contents.length + VhdFooter.size);
  out.set(contents);
  out.set(labFooter({ currentSize: BigInt(contents.length), ...wanted }), contents.length);
  return out;
}

/** An identity whose 16 bytes are all `id`. */
export function labIdentity(id: number, timeStamp = 0x2a000000): VhdIdentity {
  return { uniqueId: new Uint8Array(16).fill(id), timeStamp };
}

/** The head of a VHD that must have one. */
export function labHead(file: BlockFile): VhdHead {
  const head = readVhdHead(file);
  if (head.kind === "corrupt") throw new Error(head.text);
  return head;
}

/** The disk of an image that must open. */
export function labDisk(file: BlockFile, options?: OpenImageOptions): Disk {
  const outcome = openImage(file, options);
  if (outcome.kind !== "disk") throw new Error(outcome.text);
  return outcome.disk;
}

/** Opens a chain, base first; every layer must open. Only the last one is writable. */
export function labChain(files: readonly BlockFile[], options: { readonly readOnly?: boolean } = {}): Disk {
  let below: OpenParent | null = null;
  for (const [place, file] of files.entries()) {
    const { uniqueId, footer } = labHead(file);
    const last = place === files.length - 1;
    const readOnly = !last || options.readOnly === true;
    const disk = labDisk(file, { readOnly, ...(below === null ? {} : { parent: below }) });
    if (last) return disk;
    below = { disk, uniqueId, timeStamp: footer.timeStamp };
  }
  throw new Error("A chain has at least one file.");
}

/** Everything a disk holds. */
export function labContents(disk: Disk): Uint8Array<ArrayBuffer> {
  const into = new Uint8Array(disk.byteLength);
  const status = disk.read(0, into);
  if (status !== "ok") throw new Error(`The disk answers ${status}.`);
  return into;
}

/** Whole sectors that differ from each other and from those of other seeds; never zeros. */
export function labSectors(count: number, seed: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(count * 512);
  for (let at = 0; at < out.length; at++) out[at] = ((seed * 31 + (at >> 9) * 7 + at) & 0xff) | 1;
  return out;
}
