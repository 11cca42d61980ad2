const form = /([+-]?)(?:0x([0-9a-f]+)(l)?|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(l|d)?)(kb|mb|gb|tb|pb)?(?![\w])/iy;
/** Digits of a number. Reason: no type holds more; longer ones are words. */
const longest = 40;

const factors: { readonly [suffix: string]: bigint } = {
  kb: 1n << 10n,
  mb: 1n << 20n,
  gb: 1n << 30n,
  tb: 1n << 40n,
  pb: 1n << 50n,
};
const int64 = { least: -(1n << 63n), most: (1n << 63n) - 1n };

/** A number that was found in a text. */
export interface FoundNumber {
  readonly value: bigint | number;
  /** Where it ends. */
  readonly end: number;
}

/** The number that stands at a place, as PowerShell writes it: `10`, `0x1F`, `1.5e3`, `512MB`; `null`: none. */
export function numberAt(text: string, at: number): FoundNumber | null {
  form.lastIndex = at;
  const found = form.exec(text);
  if (found === null || found[0].length > longest) return null;
  const [whole, sign = "", hex, , digits = "", power, kind, suffix] = found;
  const end = at + whole.length;
  // `1..3` is a range: the dot is not the number's.
  if (digits.endsWith(".") && text[end] === ".") return numberAt(text.slice(0, end - 1), at);
  const factor = suffix === undefined ? 1n : (factors[suffix.toLowerCase()] ?? 1n);
  const isWhole = hex !== undefined || (/^\d+$/.test(digits) && power === undefined);
  const magnitude = hex !== undefined ? BigInt(`0x${hex}`) : isWhole ? BigInt(digits) : null;
  if (magnitude === null || kind?.toLowerCase() === "d") {
    const value = Number(`${digits}${power ?? ""}`) * Number(factor);
    return { value: sign === "-" ? -value : value, end };
  }
  return { value: fitted((sign === "-" ? -magnitude : magnitude) * factor), end };
}

/** A whole number that 64 bits hold; what is beyond becomes a double, as in PowerShell. */
export function fitted(value: bigint): bigint | number {
  return value >= int64.least && value <= int64.most ? value : Number(value);
}

/** A text that is nothing but a number; `null`: it is not. */
export function wholeNumberText(text: string): bigint | number | null {
  const found = text.length <= longest ? numberAt(text, 0) : null;
  return found !== null && found.end === text.length ? found.value : null;
}
