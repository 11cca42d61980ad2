import { isSavedArray, type SavedValue } from "../../hvdef/index.ts";
import type { V86Stateful } from "./shape.ts";

/** Levels of a device within devices at most. */
const depthLimit = 12;

/** State of one device as plain data. What has no state of its own is left out. */
export function deviceTree(device: V86Stateful): readonly SavedValue[] {
  return listOf(device.get_state(), 0);
}

/** The engine's lists have holes, which `map` would leave. */
function listOf(list: readonly unknown[], depth: number): readonly SavedValue[] {
  return Array.from(list, (one) => plainOf(one, depth + 1));
}

function plainOf(value: unknown, depth: number): SavedValue {
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value !== "object" || value === null || depth > depthLimit) return null;
  if (Array.isArray(value)) return listOf(value, depth);
  if (isSavedArray(value)) return value.slice();
  return viewOf(value) ?? (isStateful(value) ? listOf(value.get_state(), depth) : null);
}

/** A copy of bytes in the core's memory, which the engine shows through something that only looks like an array. */
function viewOf(value: object): Uint8Array | null {
  const { BYTES_PER_ELEMENT: size, buffer, byteOffset, length } = value as Partial<Uint8Array>;
  if (size !== 1 || !(buffer instanceof ArrayBuffer)) return null;
  return new Uint8Array(buffer, byteOffset, length).slice();
}

function isStateful(value: object): value is V86Stateful {
  return "get_state" in value && typeof value.get_state === "function";
}

/** What may differ from the state of a fresh device. */
export interface Loose {
  /** Arrays of bytes may have any length up to this. */
  readonly longest: number;
}

/**
 * Whether a saved state is built like that of a fresh device: lists of the same length, arrays of the same kind and
 * length, single values where there are such. Devices believe the rest, as they believe their guest.
 */
export function fits(saved: SavedValue | undefined, fresh: SavedValue, loose?: Loose): boolean {
  if (isList(fresh)) {
    if (!isList(saved) || saved.length !== fresh.length) return false;
    return fresh.every((one, place) => fits(saved[place], one, loose));
  }
  if (isSavedArray(fresh)) {
    if (!isSavedArray(saved) || saved.constructor !== fresh.constructor) return false;
    if (loose !== undefined && saved instanceof Uint8Array) return saved.length <= loose.longest;
    return saved.length === fresh.length;
  }
  if (typeof saved === "number") return Number.isFinite(saved);
  return saved === null || typeof saved === "boolean" || typeof saved === "string";
}

function isList(value: SavedValue | undefined): value is readonly SavedValue[] {
  return Array.isArray(value);
}
