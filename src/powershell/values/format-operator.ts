import { checkText } from "./limits.ts";
import { fail } from "./script-error.ts";
import { doubleText, isNumber, toText } from "./text.ts";
import { printDate, printSpan } from "./time.ts";
import { isKind, type Value } from "./value.ts";

const place = /\{\{|\}\}|\{(\d{1,3})(?:,(-?\d{1,5}))?(?::([^{}]*))?\}|[{}]/g;

/** `'{0,-8}{1:N2}' -f a, b`. @throws ScriptError when the form makes no sense */
export function formatText(form: string, values: readonly Value[]): string {
  let length = 0;
  return form.replace(place, (whole, index: string, width: string, style: string) => {
    if (whole === "{{" || whole === "}}") return whole.slice(1);
    if (index === undefined) throw wrongForm("Input string was not in a correct format.");
    if (Number(index) >= values.length)
      throw wrongForm(
        "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
      );
    const text = formatValue(values[Number(index)] ?? null, style ?? "");
    const size = Number(width ?? 0);
    const padded = size < 0 ? text.padEnd(-size) : text.padStart(size);
    length += padded.length;
    checkText(length);
    return padded;
  });
}

function wrongForm(why: string): Error {
  return fail("FormatError", `Error formatting a string: ${why}`);
}

/** A value in a form of .NET: `N2`, `X8`, `yyyy-MM-dd`. */
export function formatValue(value: Value, style: string): string {
  if (isKind(value, "date")) return printDate(value, style === "" ? "G" : style);
  if (isKind(value, "span"))
    return style === "" || style === "c" ? printSpan(value.millis) : spanText(value.millis, style);
  if (!isNumber(value) || style === "") return toText(value);
  return formatNumber(value, style);
}

/** `hh\:mm` of a span of time. */
function spanText(millis: number, style: string): string {
  const size = Math.abs(millis);
  const parts: { readonly [letter: string]: number } = {
    d: Math.floor(size / 86_400_000),
    h: Math.floor(size / 3_600_000) % 24,
    m: Math.floor(size / 60_000) % 60,
    s: Math.floor(size / 1000) % 60,
  };
  return style.replace(/\\(.)|'([^']*)'|([dhms])\3*/g, (whole, letter, quoted, unit) =>
    unit === undefined ? (letter ?? quoted ?? "") : String(parts[unit] ?? 0).padStart(whole.length, "0"),
  );
}

/** Digits behind a point. Reason: .NET takes two digits, JavaScript up to a hundred. */
const mostDigits = 99;

function formatNumber(value: bigint | number, style: string): string {
  const [, letter, digits = ""] = /^([a-z])(\d{0,2})$/i.exec(style) ?? [];
  if (letter === undefined) return customNumber(value, style);
  const wanted = Math.min(digits === "" ? 2 : Number(digits), mostDigits);
  switch (letter.toUpperCase()) {
    case "N":
      return grouped(fixedText(value, wanted));
    case "F":
      return fixedText(value, wanted);
    case "C":
      return Number(value) < 0
        ? `($${grouped(fixedText(value, wanted).slice(1))})`
        : `$${grouped(fixedText(value, wanted))}`;
    case "P":
      return `${grouped(fixedText(Number(value) * 100, wanted))} %`;
    case "D": {
      const text = wholePart(value, style);
      return text.startsWith("-")
        ? `-${text.slice(1).padStart(Number(digits), "0")}`
        : text.padStart(Number(digits), "0");
    }
    case "X": {
      const bits = BigInt.asUintN(Number(value) < -(2 ** 31) ? 64 : 32, BigInt(wholePart(value, style)));
      const whole = Number(value) >= 0 ? BigInt(wholePart(value, style)) : bits;
      const text = whole.toString(16).padStart(Number(digits), "0");
      return letter === "X" ? text.toUpperCase() : text;
    }
    case "E":
      return exponent(value, digits === "" ? 6 : Number(digits), letter);
    case "G":
      return typeof value === "bigint" ? value.toString() : doubleText(value);
    default:
      throw wrongForm("Format specifier was invalid.");
  }
}

function wholePart(value: bigint | number, style: string): string {
  if (typeof value !== "bigint") throw wrongForm(`The form ${style} is for whole numbers.`);
  return value.toString();
}

/** Digits behind the point, without rounding errors of whole numbers. */
function fixedText(value: bigint | number, digits: number): string {
  if (typeof value === "bigint") return digits === 0 ? value.toString() : `${value}.${"0".repeat(digits)}`;
  if (!Number.isFinite(value)) return doubleText(value);
  if (Math.abs(value) >= 1e21) return fixedText(BigInt(value), digits);
  // Halves go away from zero, as in .NET: 0.125 is 0.13.
  const scaled =
    digits <= 12 ? Math.round(Math.abs(value) * 10 ** digits + 1e-9) / 10 ** digits : Math.abs(value);
  const text = scaled.toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `-${text}` : text;
}

function grouped(text: string): string {
  const [whole = "", rest] = text.split(".");
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? commas : `${commas}.${rest}`;
}

function exponent(value: bigint | number, digits: number, letter: string): string {
  const [mantissa = "", power = "+0"] = Number(value).toExponential(Math.min(digits, mostDigits)).split("e");
  const sign = power.startsWith("-") ? "-" : "+";
  return `${mantissa}${letter}${sign}${power.replace(/^[+-]/, "").padStart(3, "0")}`;
}

/** `0.00`, `#,##0`, `000`: digits that must be there and digits that may. */
function customNumber(value: bigint | number, style: string): string {
  const found = /^([^0#.,%]*)([0#,]*)(?:\.([0#]*))?(%?)([^0#.,%]*)$/.exec(style);
  if (found === null) throw wrongForm("Format specifier was invalid.");
  const [, before = "", whole = "", fraction = "", percent = "", behind = ""] = found;
  const number = percent === "" ? value : Number(value) * 100;
  const text = fixedText(number, Math.min(fraction.length, mostDigits));
  const [digits = "", rest = ""] = text.replace("-", "").split(".");
  const least = whole.replace(/[#,]/g, "").length;
  const filled = digits
    .padStart(least, "0")
    .replace(/^0+/, (zeros) => zeros.slice(0, Math.max(0, least - digits.length + zeros.length)));
  const must = fraction.replace(/#/g, "").length;
  const kept = rest.slice(0, must) + rest.slice(must).replace(/0+$/, "");
  const body = whole.includes(",") ? grouped(filled) : filled;
  return `${text.startsWith("-") ? "-" : ""}${before}${body}${kept === "" ? "" : `.${kept}`}${percent}${behind}`;
}
