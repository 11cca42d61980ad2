import { type BlockFile, sectorSize } from "../../disk.ts";
import { sealFooter } from "../footer.ts";
import { geometryOf } from "../geometry.ts";
import type { VhdHead } from "../head.ts";
import { refused, type ToolTrouble } from "./outcome.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Tools that move the footer lean on its copy meanwhile, and the other way round, so both must be sound first.
 * `null` when they are.
 */
export function needsRepair(head: VhdHead): ToolTrouble | null {
  if (!head.fromCopy && head.copySound) return null;
  return refused("The VHD's footer and its copy do not agree. Repair the disk first.");
}

/** The footer of a disk that has got another size. */
export function resizedFooter(head: VhdHead, byteLength: number): Bytes {
  return sealFooter({ ...head.footer, ...geometryOf(byteLength), currentSize: BigInt(byteLength) });
}

/** First byte behind a file's end where a sector may start. */
export function nextSector(byte: number): number {
  return Math.ceil(byte / sectorSize) * sectorSize;
}

/**
 * Adds to the end of a sparse file while its old footer still stands: `write` puts things at `nextSector` of the
 * old end or behind and answers where the footer goes. Then the footer is written again behind them and all is
 * made safe. When any of it throws, the file is cut back to what it was.
 */
export async function append(
  file: BlockFile,
  head: VhdHead,
  write: () => Promise<number> | number,
): Promise<void> {
  const before = file.size();
  try {
    file.writeAt(await write(), head.footerBytes);
    file.flush();
  } catch (thrown) {
    file.resize(before);
    throw thrown;
  }
}

/** Makes zeros of what is not zeros in a range that lies inside the file. @throws what the file throws */
export function clearRange(file: BlockFile, from: number, to: number): void {
  const zeros = new Uint8Array(Math.max(0, Math.min(clearBytes, to - from)));
  const seen = new Uint8Array(zeros.length);
  for (let at = from; at < to; at += zeros.length) {
    const length = Math.min(zeros.length, to - at);
    seen.fill(0);
    file.readAt(at, seen.subarray(0, length));
    if (seen.some((byte) => byte !== 0)) file.writeAt(at, zeros.subarray(0, length));
  }
}

const clearBytes = 256 << 10;
