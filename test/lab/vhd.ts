import { footerChecksum, VhdFooter } from "../../src/storage/index.ts";

/** Fields a test may want different; checksum is made to fit unless given. */
export interface LabFooter {
  readonly type?: number;
  readonly currentSize?: bigint;
  readonly version?: number;
  readonly checksum?: number;
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
    dataOffset: 0xffffffffffffffffn,
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
