/** The checksum that zstd frames end with. */
export interface Xxh64 {
  update(bytes: Uint8Array<ArrayBuffer>): void;
  /** The lower half of the hash of everything so far. */
  low(): number;
}

const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;
const [prime1Low, prime1High] = [0x85ebca87, 0x9e3779b1];
const [prime2Low, prime2High] = [0x27d4eb4f, 0xc2b2ae3d];
const stripe = 32;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint): bigint => u64((value << by) | (value >> (64n - by)));
const roundOf = (value: bigint, input: bigint): bigint =>
  u64(rotate(u64(value + input * prime2), 31n) * prime1);

/** Opens a hash with seed 0. */
export function openXxh64(): Xxh64 {
  /** Four lanes, low half and high half each. */
  const lanes = Uint32Array.from(
    [u64(prime1 + prime2), prime2, 0n, u64(-prime1)].flatMap((lane) => [
      Number(lane & 0xffffffffn),
      Number(lane >> 32n),
    ]),
  );
  const rest = new Uint8Array(stripe);
  let held = 0;
  let total = 0;

  function update(bytes: Uint8Array<ArrayBuffer>): void {
    total += bytes.length;
    let at = 0;
    if (held > 0) {
      at = Math.min(stripe - held, bytes.length);
      rest.set(bytes.subarray(0, at), held);
      held += at;
      if (held < stripe) return;
      mixStripes(lanes, rest);
    }
    const whole = bytes.length - ((bytes.length - at) % stripe);
    mixStripes(lanes, bytes.subarray(at, whole));
    rest.set(bytes.subarray(whole));
    held = bytes.length - whole;
  }

  return { update, low: () => Number(finish(lanes, rest.subarray(0, held), BigInt(total)) & 0xffffffffn) };
}

/** Takes in whole stripes. Halves instead of `bigint`: this is all the work there is. */
function mixStripes(lanes: Uint32Array, bytes: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let lane = 0; lane < 4; lane++) {
    let low = lanes[2 * lane] ?? 0;
    let high = lanes[2 * lane + 1] ?? 0;
    for (let at = 8 * lane; at < bytes.length; at += stripe) {
      const inLow = view.getUint32(at, true);
      const inHigh = view.getUint32(at + 4, true);
      const sum = low + (Math.imul(inLow, prime2Low) >>> 0);
      high = (high + highProduct(inLow, inHigh, prime2Low, prime2High) + (sum > 0xffffffff ? 1 : 0)) | 0;
      low = sum | 0;
      const turned = (low << 31) | (high >>> 1);
      high = (high << 31) | (low >>> 1);
      low = turned;
      high = highProduct(low >>> 0, high, prime1Low, prime1High);
      low = Math.imul(low, prime1Low) >>> 0;
    }
    lanes[2 * lane] = low;
    lanes[2 * lane + 1] = high;
  }
}

/** The upper half of the product of two 64-bit numbers, modulo 2^32. */
function highProduct(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  const a0 = aLow & 0xffff;
  const a1 = aLow >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  const middle = a0 * b1 + a1 * b0 + Math.floor((a0 * b0) / 0x10000);
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.imul(aLow, bHigh) + Math.imul(aHigh, bLow)) | 0;
}

function finish(lanes: Uint32Array, rest: Uint8Array<ArrayBuffer>, total: bigint): bigint {
  let hash = total >= BigInt(stripe) ? merge(lanes) : prime5;
  hash = u64(hash + total);
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  let at = 0;
  for (; at + 8 <= rest.length; at += 8) {
    hash = u64(rotate(hash ^ roundOf(0n, view.getBigUint64(at, true)), 27n) * prime1 + prime4);
  }
  if (at + 4 <= rest.length) {
    hash = u64(rotate(hash ^ u64(BigInt(view.getUint32(at, true)) * prime1), 23n) * prime2 + prime3);
    at += 4;
  }
  for (; at < rest.length; at++) {
    hash = u64(rotate(hash ^ u64(BigInt(view.getUint8(at)) * prime5), 11n) * prime1);
  }
  hash = u64((hash ^ (hash >> 33n)) * prime2);
  hash = u64((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}

function merge(lanes: Uint32Array): bigint {
  const values = [0, 1, 2, 3].map(
    (lane) => (BigInt(lanes[2 * lane + 1] ?? 0) << 32n) | BigInt(lanes[2 * lane] ?? 0),
  );
  const turns = [1n, 7n, 12n, 18n];
  let hash = 0n;
  for (const [lane, value] of values.entries()) hash += rotate(value, turns[lane] ?? 0n);
  hash = u64(hash);
  for (const value of values) hash = u64((hash ^ roundOf(0n, value)) * prime1 + prime4);
  return hash;
}
