import {
  breakBit,
  type InputDevice,
  type PointerReport,
  scanPrefix,
  splitScanCodes,
} from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";

/** Who gets what is typed, and which keys are down there: make codes, those behind E0 with it in the high byte. */
export interface KeyHands {
  readonly device: InputDevice;
  readonly down: ReadonlySet<number>;
}

/** What happens to the keys. */
export type KeyHandsEvent =
  | { readonly kind: "codes"; readonly codes: readonly number[] }
  /** Another device has them from now on. */
  | { readonly kind: "device"; readonly device: InputDevice }
  | { readonly kind: "releaseAll" };

/** The state afterwards, and what the device of the state *before* is told. */
export interface KeyHandsStep {
  readonly state: KeyHands;
  readonly codes: readonly number[];
}

/** No keys are down, and nobody would hear of it. */
export const idleKeys: KeyHands = { device: "none", down: new Set() };

/**
 * Keys as a step machine. Invariants: a device is told that a key goes up exactly if it was told that it is down;
 * a device that is left has no key down; `none` is told nothing and has no key down.
 */
export function stepKeys(state: KeyHands, event: KeyHandsEvent): KeyHandsStep {
  switch (event.kind) {
    case "codes":
      return state.device === "none" ? { state, codes: [] } : type(state, event.codes);
    case "device":
      if (event.device === state.device) return { state, codes: [] };
      return { state: { device: event.device, down: new Set() }, codes: upCodes(state.down) };
    case "releaseAll":
      return { state: { ...state, down: new Set() }, codes: upCodes(state.down) };
    default:
      return unreachable(event);
  }
}

function type(state: KeyHands, codes: readonly number[]): KeyHandsStep {
  const down = new Set(state.down);
  const told: number[] = [];
  for (const part of splitScanCodes(codes)) {
    const last = part.at(-1) ?? 0;
    // Pause is never held.
    const key = part[0] === scanPrefix.e1 ? null : (part.length === 2 ? 0xe000 : 0) | (last & ~breakBit);
    const up = (last & breakBit) !== 0;
    // What would go up as a prefix is no key.
    if (key !== null && isPrefix(key | breakBit)) continue;
    if (key !== null && up && !down.delete(key)) continue;
    if (key !== null && !up) down.add(key);
    told.push(...part);
  }
  return { state: { ...state, down }, codes: told };
}

function isPrefix(code: number): boolean {
  return code === scanPrefix.e0 || code === scanPrefix.e1;
}

function upCodes(down: ReadonlySet<number>): readonly number[] {
  return [...down].flatMap((key) => {
    const up = (key & 0xff) | breakBit;
    return key > 0xff ? [scanPrefix.e0, up] : [up];
  });
}

/** Where the pointer is, as far as we were told, and which of its buttons are down. */
export interface PointerHand {
  readonly device: InputDevice;
  readonly x: number;
  readonly y: number;
  readonly buttons: number;
}

/** A pointer that nobody has moved. */
export const idlePointer: PointerHand = { device: "none", x: 0, y: 0, buttons: 0 };

/** The pointer after a report, and what its device is told; a report of the other kind moves nothing. */
export function stepPointer(
  state: PointerHand,
  report: PointerReport,
): { readonly state: PointerHand; readonly told: PointerReport | null } {
  const { buttons, wheel } = report;
  switch (state.device) {
    case "none":
      return { state, told: null };
    case "synthetic": {
      const { x, y } = report.kind === "absolute" ? report : state;
      return { state: { ...state, x, y, buttons }, told: { kind: "absolute", x, y, buttons, wheel } };
    }
    case "emulated": {
      const { dx, dy } = report.kind === "relative" ? report : { dx: 0, dy: 0 };
      return { state: { ...state, buttons }, told: { kind: "relative", dx, dy, buttons, wheel } };
    }
    default:
      return unreachable(state.device);
  }
}

/** What a device is told when all buttons go up: `null` when none is down. */
export function buttonsUp({ device, x, y, buttons }: PointerHand): PointerReport | null {
  if (buttons === 0 || device === "none") return null;
  return device === "synthetic"
    ? { kind: "absolute", x, y, buttons: 0, wheel: 0 }
    : { kind: "relative", dx: 0, dy: 0, buttons: 0, wheel: 0 };
}
