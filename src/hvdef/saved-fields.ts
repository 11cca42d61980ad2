import { HvError, type OwnBytes } from "../support/index.ts";
import { isSavedArray } from "./saved-value.ts";

/** A saved state that can be gone on from, or why it cannot, for a person. */
export type CheckedUnit<T> =
  | { readonly kind: "usable"; readonly state: T }
  | { readonly kind: "unusable"; readonly text: string };

/**
 * What a unit finds in its saved state. A member that is missing or is not what it must be ends the reading; nothing
 * is believed that was not asked for by its limits.
 */
export interface SavedFields {
  /** Whether there is such a member: newer ones may be absent. */
  has(name: string): boolean;
  /** An integer of `min` to `max`. */
  integer(name: string, min: number, max: number): number;
  /** Any finite number. */
  real(name: string): number;
  /** 0 to 2^64 - 1. */
  big(name: string): bigint;
  flag(name: string): boolean;
  text(name: string, limit: number): string;
  /** A copy of at most `limit` bytes. */
  bytes(name: string, limit: number): OwnBytes;
  /** At most `limit` unsigned words of 32 bits. */
  words(name: string, limit: number): Uint32Array<ArrayBuffer>;
  /** A record of further members. */
  fields(name: string): SavedFields;
  /** `null` when it was saved as nothing. */
  optional(name: string): SavedFields | null;
  /** At most `limit` records. */
  list<T>(name: string, limit: number, each: (fields: SavedFields) => T): readonly T[];
  /** Ends the reading. */
  refuse(why: string): never;
}

/**
 * Reads the saved state of a unit, which may be anything.
 *
 * @param unit  what a person calls it, with its article
 * @param format  the one format that is known
 */
export function readSavedUnit<T>(
  value: unknown,
  { unit, format }: { readonly unit: string; readonly format: number },
  read: (fields: SavedFields) => T,
): CheckedUnit<T> {
  const cannot = `The machine cannot go on from its saved state: that of ${unit}`;
  const found = isRecord(value) ? value["format"] : undefined;
  if (found === undefined) return { kind: "unusable", text: `${cannot} is something else.` };
  if (found !== format)
    return { kind: "unusable", text: `${cannot} has a format that is not known here. Use a newer version.` };
  try {
    return { kind: "usable", state: read(fieldsOf(value, "")) };
  } catch (failure) {
    if (!(failure instanceof HvError) || failure.code !== damagedCode) throw failure;
    return { kind: "unusable", text: `${cannot} is damaged (${failure.message}).` };
  }
}

const damagedCode = "state.damaged";

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isSavedArray(value);
}

function fieldsOf(value: unknown, path: string): SavedFields {
  const refuse = (why: string): never => {
    throw new HvError(damagedCode, path === "" ? why : `${path}: ${why}`);
  };
  if (!isRecord(value)) return refuse("no record");
  const get = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);
  const bad = (name: string): never => refuse(name);

  function integer(name: string, min: number, max: number): number {
    const found = get(name);
    if (typeof found !== "number" || !Number.isInteger(found)) return bad(name);
    return found >= min && found <= max ? found : bad(name);
  }
  function bytes(name: string, limit: number): OwnBytes {
    const found = get(name);
    return found instanceof Uint8Array && found.length <= limit ? new Uint8Array(found) : bad(name);
  }
  return {
    has: (name) => get(name) !== undefined,
    integer,
    real(name) {
      const found = get(name);
      return typeof found === "number" && Number.isFinite(found) ? found : bad(name);
    },
    big(name) {
      const found = get(name);
      return typeof found === "bigint" && found >= 0n && found < 1n << 64n ? found : bad(name);
    },
    flag(name) {
      const found = get(name);
      return typeof found === "boolean" ? found : bad(name);
    },
    text(name, limit) {
      const found = get(name);
      return typeof found === "string" && found.length <= limit ? found : bad(name);
    },
    bytes,
    words(name, limit) {
      const found = get(name);
      return found instanceof Uint32Array && found.length <= limit ? new Uint32Array(found) : bad(name);
    },
    fields: (name) => fieldsOf(get(name), within(path, name)),
    optional: (name) => (get(name) === null ? null : fieldsOf(get(name), within(path, name))),
    list(name, limit, each) {
      const found = get(name);
      if (!Array.isArray(found) || found.length > limit) return bad(name);
      return found.map((one, place) => each(fieldsOf(one, within(path, `${name} ${place}`))));
    },
    refuse,
  };
}

function within(path: string, name: string): string {
  return path === "" ? name : `${path}, ${name}`;
}
