/** Types of the Common Information Model that a property or parameter may have. */
export type CimType =
  | "boolean"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "sint8"
  | "sint16"
  | "sint32"
  | "sint64"
  | "real32"
  | "real64"
  | "string"
  | "datetime"
  | "reference"
  | "object";

/** One value. 64-bit integers are `bigint`; datetimes and references (object paths) are text in WMI's form. */
export type CimScalar = string | number | bigint | boolean | CimInstance;

/** The value of a property. `null`: it is not known, or there is none. */
export type CimValue = CimScalar | readonly CimScalar[] | null;

/** Values by the name of their property. */
export interface PropertySet {
  readonly [name: string]: CimValue;
}

/** An object of some class. Plain, so that it crosses threads. */
export interface CimInstance {
  readonly className: string;
  /** Names it for ever; `null` for objects that live inside others, and for what a query has cut down. */
  readonly path: string | null;
  readonly properties: PropertySet;
}

/** What a value must be. */
export interface CimFeature {
  readonly type: CimType;
  readonly isArray: boolean;
}

/** Elements of an array. Reason: the longest of Hyper-V are a few hundred; a thumbnail has 64 Ki pixels. */
const arrayLimit = 1 << 17;
const integerBits: { readonly [T in CimType]?: readonly [signed: boolean, bits: number] } = {
  uint8: [false, 8],
  uint16: [false, 16],
  uint32: [false, 32],
  uint64: [false, 64],
  sint8: [true, 8],
  sint16: [true, 16],
  sint32: [true, 32],
  sint64: [true, 64],
};

/** Whether a type counts. */
export function isInteger(type: CimType): boolean {
  return integerBits[type] !== undefined;
}

/**
 * A value as the feature has it: text and numbers become what the type wants where nothing is lost, as WMI
 * does for scripts. `undefined`: it does not fit.
 */
export function fitValue(feature: CimFeature, found: unknown): CimValue | undefined {
  if (found === null || found === undefined) return null;
  if (!feature.isArray) return fitScalar(feature.type, found);
  if (!Array.isArray(found) || found.length > arrayLimit) return undefined;
  const fitted: CimScalar[] = [];
  for (const one of found) {
    const value = fitScalar(feature.type, one);
    if (value === undefined) return undefined;
    fitted.push(value);
  }
  return fitted;
}

function fitScalar(type: CimType, found: unknown): CimScalar | undefined {
  switch (type) {
    case "boolean":
      return fitBoolean(found);
    case "real32":
    case "real64":
      return fitReal(found);
    case "string":
    case "datetime":
    case "reference":
      return typeof found === "string" ? found : undefined;
    case "object":
      return isInstance(found) ? found : undefined;
    default:
      return fitInteger(type, found);
  }
}

function fitBoolean(found: unknown): boolean | undefined {
  if (typeof found === "boolean") return found;
  if (typeof found !== "string" || !/^(true|false)$/i.test(found)) return undefined;
  return found.toLowerCase() === "true";
}

function fitReal(found: unknown): number | undefined {
  if (typeof found === "string" && !/^[+-]?\d{1,40}(\.\d{1,40})?(e[+-]?\d{1,3})?$/i.test(found))
    return undefined;
  const value = typeof found === "number" || typeof found === "string" ? Number(found) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

function fitInteger(type: CimType, found: unknown): number | bigint | undefined {
  const [signed, bits] = integerBits[type] ?? [false, 0];
  const value = wholeNumber(found);
  if (value === undefined) return undefined;
  const top = 1n << BigInt(signed ? bits - 1 : bits);
  if (value >= top || value < (signed ? -top : 0n)) return undefined;
  return bits === 64 ? value : Number(value);
}

function wholeNumber(found: unknown): bigint | undefined {
  if (typeof found === "bigint") return found;
  if (typeof found === "number") return Number.isSafeInteger(found) ? BigInt(found) : undefined;
  // 20 digits hold every 64-bit number.
  return typeof found === "string" && /^[+-]?\d{1,20}$/.test(found)
    ? BigInt(found.replace("+", ""))
    : undefined;
}

/** Whether something has the shape of an object of the model. */
export function isInstance(found: unknown): found is CimInstance {
  if (typeof found !== "object" || found === null || Array.isArray(found)) return false;
  const { className, path, properties } = found as Record<string, unknown>;
  const sound = typeof className === "string" && (path === null || typeof path === "string");
  return sound && typeof properties === "object" && properties !== null;
}

/** Whether two values are the same, element by element. */
export function sameValue(one: CimValue, other: CimValue): boolean {
  if (one === other) return true;
  if (isList(one) && isList(other))
    return one.length === other.length && one.every((value, place) => sameValue(value, other[place] ?? null));
  if (!isInstance(one) || !isInstance(other)) return false;
  return one.className === other.className && sameProperties(one.properties, other.properties);
}

/** Whether two sets of values are the same. */
export function sameProperties(one: PropertySet, other: PropertySet): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => sameValue(one[name] ?? null, other[name] ?? null))
  );
}

/** Whether a value is an array. */
export function isList(value: CimValue): value is readonly CimScalar[] {
  return Array.isArray(value);
}
