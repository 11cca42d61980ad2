import {
  IcKvp,
  IcKvpOperation,
  IcKvpPair,
  IcKvpType,
  icKeyBytes,
  icKvpBytes,
  icValueBytes,
  type KeyValuePair,
} from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";
import { viewOf } from "./message.ts";
import { fromUtf16, utf16 } from "./text.ts";

/** One thing to ask the guest's daemon. `pool`: IcKvpPool. */
export type KvpJob =
  | { readonly kind: "enumerate"; readonly pool: number; readonly index: number }
  | { readonly kind: "set"; readonly pool: number; readonly pair: KeyValuePair }
  | { readonly kind: "delete"; readonly pool: number; readonly key: string };

const unionAt = IcKvp.size;
/** ENUMERATE has the index before the pair; DELETE the length before the key. */
const pairAt = unionAt + 4;

/** The body that asks for it; always of full size, as the guest answers into it. */
export function kvpBody(job: KvpJob): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(icKvpBytes);
  const view = viewOf(out);
  IcKvp.write(view, 0, { operation: IcKvpOperation[job.kind], pool: job.pool, reserved: 0 });
  switch (job.kind) {
    case "enumerate":
      view.setUint32(unionAt, job.index, true);
      return out;
    case "set": {
      const key = utf16(job.pair.key, icKeyBytes);
      const value = utf16(job.pair.value, icValueBytes);
      const lengths = { keyBytes: key.length, valueBytes: value.length };
      IcKvpPair.write(view, unionAt, { type: IcKvpType.string, ...lengths, key, value });
      return out;
    }
    case "delete": {
      const key = utf16(job.key, icKeyBytes);
      view.setUint32(unionAt, key.length, true);
      out.set(key, pairAt);
      return out;
    }
    default:
      return unreachable(job);
  }
}

/** The pair in the answer to an enumeration; `null` when it is none we can read. */
export function kvpPair(body: Uint8Array<ArrayBuffer>): KeyValuePair | null {
  if (body.length < pairAt + IcKvpPair.size) return null;
  const { type, keyBytes, valueBytes, key, value } = IcKvpPair.read(viewOf(body), pairAt);
  if (keyBytes > icKeyBytes || valueBytes > icValueBytes) return null;
  const numbers = viewOf(value);
  const name = fromUtf16(key.subarray(0, keyBytes));
  switch (type) {
    case IcKvpType.string:
      return { key: name, value: fromUtf16(value.subarray(0, valueBytes)) };
    case IcKvpType.u32:
      return { key: name, value: String(numbers.getUint32(0, true)) };
    case IcKvpType.u64:
      return { key: name, value: String(numbers.getBigUint64(0, true)) };
    default:
      return null;
  }
}
