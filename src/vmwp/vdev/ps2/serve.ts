import {
  type PointerMovement,
  readSavedUnit,
  type SavedFields,
  type SavedValue,
  splitScanCodes,
} from "../../../hvdef/index.ts";
import type { InspectNode } from "../../../support/index.ts";
import type { Engine } from "../../../vid/index.ts";
import { farthestJoined, joinMovements, nearMovement } from "./movement.ts";

/** What waits for the emulated keyboard and mouse of a machine until its guest reads. */
export interface EmulatedHands {
  /** Scan codes of whole keys; those without room are lost. @returns bytes that the guest has not been given yet */
  type(codes: readonly number[]): number;
  /** What finds no room is joined to the movement before it. */
  move(movements: readonly PointerMovement[]): void;
  /** Gives the guest what it has room for; between slices. @returns whether it was given anything */
  feed(): boolean;
  /** What waits, for a machine that is saved. */
  save(): SavedValue;
  /** Takes it over. @param saved  from `save`, but it may be anything @returns why it cannot be, for a person */
  resume(saved: unknown): string | null;
  inspect(): InspectNode;
}

/** Bytes of keys that wait. Reason: a person typing ahead of a busy guest; who types faster is told to wait. */
const keyRoom = 256;
/** Movements that wait. Each is an interrupt of the guest's: more would only make the pointer late. */
const movementRoom = 16;
/** Every button there is. */
const allButtons = 0x1f;
const format = 1;

/** Opens the queues before an engine's keyboard and mouse. */
export function openHands(engine: Pick<Engine, "keyboardInput" | "mouseInput">): EmulatedHands {
  const keys: (readonly number[])[] = [];
  const movements: PointerMovement[] = [];
  let bytes = 0;
  const counters = { keys: 0, keysLost: 0, movements: 0 };

  function feedKey(): boolean {
    const [key] = keys;
    if (key === undefined || !engine.keyboardInput(key)) return false;
    keys.shift();
    bytes -= key.length;
    counters.keys++;
    return true;
  }
  function feedMovement(): boolean {
    const [first] = movements;
    if (first === undefined) return false;
    const { now, rest } = nearMovement(first);
    if (!engine.mouseInput(now)) return false;
    if (rest === null) movements.shift();
    else movements[0] = rest;
    counters.movements++;
    return true;
  }
  function type(codes: readonly number[]): number {
    for (const key of splitScanCodes(codes)) {
      if (bytes + key.length > keyRoom) counters.keysLost++;
      else {
        keys.push(key);
        bytes += key.length;
      }
    }
    return bytes;
  }
  return {
    type,
    move(more) {
      for (const movement of more) {
        const last = movements.at(-1);
        if (last !== undefined && (last.buttons === movement.buttons || movements.length >= movementRoom))
          movements[movements.length - 1] = joinMovements(last, movement);
        else movements.push(movement);
      }
    },
    feed() {
      const typed = feedKey();
      return feedMovement() || typed;
    },
    save: () => ({ format, keys: Uint8Array.from(keys.flat()), movements }),
    resume(saved) {
      const read = readSavedUnit(saved, { unit: "keyboard and mouse", format }, readWaiting);
      if (read.kind === "unusable") return read.text;
      type(read.state.keys);
      movements.push(...read.state.movements);
      return null;
    },
    inspect: () => ({ ...counters, waiting: bytes, movementsWaiting: movements.length }),
  };
}

function readWaiting(fields: SavedFields) {
  return {
    keys: [...fields.bytes("keys", keyRoom)],
    movements: fields.list("movements", movementRoom, (one): PointerMovement => {
      const within = (name: string): number => one.integer(name, -farthestJoined, farthestJoined);
      const buttons = one.integer("buttons", 0, allButtons);
      return { kind: "relative", dx: within("dx"), dy: within("dy"), buttons, wheel: within("wheel") };
    }),
  };
}
