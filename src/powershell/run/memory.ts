import { failScript, type ScriptError } from "../values/script-error.ts";
import type { ObjectValue, Scope, Value } from "../values/value.ts";

/**
 * What a script may keep, and after how much new it is counted again, in units of about 8 bytes: a character is
 * a quarter, an element one, an object eight. Reason: half a gigabyte is what a tab bears beside its machines.
 */
const mostUnits = 64 << 20;
const countAfter = 8 << 20;

/** Counts what a script keeps. */
export interface Memory {
  /** Counts what a value takes that is made in a scope. @throws ScriptError when everything together is too much */
  charge(scope: Scope, value: Value): void;
  /** Values that are being collected. */
  keep(buffer: readonly Value[]): Disposable;
}

/** Opens the count of one shell. `errors` are those it remembers. */
export function openMemory(errors: readonly ObjectValue[]): Memory {
  const buffers = new Set<readonly Value[]>();
  let fresh = 0;

  /** Scopes of callers are around those of whom they call. */
  function census(scope: Scope): number {
    const seen = new Set<object>();
    let units = 0;
    const open: Value[] = [...errors];
    for (let at: Scope | null = scope; at !== null; at = at.parent)
      for (const { value } of at.variables.values()) open.push(value);
    for (const buffer of buffers) for (const value of buffer) open.push(value);
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      if (typeof value === "object" && value !== null) {
        if (seen.has(value)) continue;
        seen.add(value);
        for (const inner of partsOf(value)) open.push(inner);
      }
      units += sizeOf(value);
    }
    return units;
  }
  return {
    charge(scope, value) {
      fresh += sizeOf(value);
      if (fresh < countAfter) return;
      fresh = 0;
      if (census(scope) > mostUnits) throw tooMuch();
    },
    keep(buffer) {
      buffers.add(buffer);
      return { [Symbol.dispose]: () => void buffers.delete(buffer) };
    },
  };
}

function tooMuch(): ScriptError {
  return failScript(
    "OutOfMemory",
    "The script keeps more than this page has room for: 512 MB. Variables of it must go.",
    {
      category: "ResourceUnavailable",
      exception: "OutOfMemoryException",
    },
  );
}

function sizeOf(value: Value): number {
  if (typeof value === "string") return 2 + (value.length >> 2);
  if (typeof value !== "object" || value === null) return 1;
  if (value.kind === "list") return 4 + value.items.length;
  if (value.kind === "table") return 8 + value.entries.size * 8;
  return value.kind === "object" ? 8 + value.properties.size * 8 : 4;
}

function partsOf(value: Exclude<Value, null | boolean | bigint | number | string>): readonly Value[] {
  switch (value.kind) {
    case "list":
      return value.items;
    case "table":
      return [...value.entries.values()].flatMap(({ key, value: one }) => [key, one]);
    case "object":
      return [...value.properties.values()].map(({ value: one }) => one);
    default:
      return [];
  }
}
