import type { Port } from "./port-state.ts";

/**
 * Who is behind which address: a hash table that never allocates once it is open.
 *
 * A key is two numbers of 30 bits: `head`, the first 30 bits of the MAC address, and `rest`, its last 18 bits and
 * 12 bits for the VLAN. Empty slots have no port. Collisions go to the next slot; a removal moves the entries
 * behind it up, so there are no tombstones and a search ends at the first empty slot.
 */
export interface AddressTable {
  /** Entries at most; half the slots, so that searches stay short. */
  readonly limit: number;
  used: number;
  /** Chosen by chance, so that no guest can choose addresses that all collide. */
  readonly seed: number;
  readonly heads: Int32Array;
  readonly rests: Int32Array;
  readonly ports: (Port | null)[];
  /** Second in which the address last sent something. */
  readonly seen: Int32Array;
}

/** @param limit  entries at most, a power of two */
export function openAddresses(limit: number, seed: number): AddressTable {
  const slots = limit * 2;
  return {
    limit,
    used: 0,
    seed,
    heads: new Int32Array(slots),
    rests: new Int32Array(slots),
    ports: new Array<Port | null>(slots).fill(null),
    seen: new Int32Array(slots),
  };
}

/** Joins the last 18 bits of an address with a VLAN. */
export function restOf(tail: number, vlan: number): number {
  return (tail << 12) | vlan;
}

/** Slot of an address, or -1. */
export function find(table: AddressTable, head: number, rest: number): number {
  const mask = table.ports.length - 1;
  for (let slot = home(table, head, rest); table.ports[slot] !== null; slot = (slot + 1) & mask) {
    if (table.heads[slot] === head && table.rests[slot] === rest) return slot;
  }
  return -1;
}

/** The port of an address, or `null`. */
export function portOf(table: AddressTable, head: number, rest: number): Port | null {
  const slot = find(table, head, rest);
  return slot < 0 ? null : (table.ports[slot] ?? null);
}

/**
 * Takes a slot for an address that the table does not have. The caller fills in the port, which makes the entry
 * one, and the second.
 *
 * @returns -1 when the table is full
 */
export function insert(table: AddressTable, head: number, rest: number): number {
  if (table.used >= table.limit) return -1;
  const mask = table.ports.length - 1;
  let slot = home(table, head, rest);
  while (table.ports[slot] !== null) slot = (slot + 1) & mask;
  table.heads[slot] = head;
  table.rests[slot] = rest;
  table.used++;
  return slot;
}

/** Empties a slot. Entries behind it may move, so that another may be in `slot` afterwards. */
export function removeAt(table: AddressTable, slot: number): void {
  const { heads, rests, ports, seen } = table;
  const mask = ports.length - 1;
  let hole = slot;
  for (let next = (hole + 1) & mask; ports[next] !== null; next = (next + 1) & mask) {
    const wanted = home(table, heads[next] ?? 0, rests[next] ?? 0);
    if (((next - wanted) & mask) < ((next - hole) & mask)) continue; // it would come before its home
    heads[hole] = heads[next] ?? 0;
    rests[hole] = rests[next] ?? 0;
    ports[hole] = ports[next] ?? null;
    seen[hole] = seen[next] ?? 0;
    hole = next;
  }
  ports[hole] = null;
  table.used--;
}

/** Removes every entry that `gone` names by its slot; answers how many. Not for the path. */
export function removeWhere(table: AddressTable, gone: (slot: number) => boolean): number {
  const before = table.used;
  let left: number;
  do {
    left = table.used;
    for (let slot = 0; slot < table.ports.length; ) {
      if (table.ports[slot] !== null && gone(slot)) removeAt(table, slot);
      else slot++;
    }
    // An entry may have moved from the table's start to its end and been passed over: look again until nothing goes.
  } while (table.used < left);
  return before - left;
}

function home(table: AddressTable, head: number, rest: number): number {
  let mixed = Math.imul(head ^ table.seed, 0x9e3779b1) ^ Math.imul(rest, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) & (table.ports.length - 1);
}
