import type { Clock } from "../../../support/index.ts";

/** Between a guest and an address far away. */
export interface Route {
  /** MAC address of the guest, as a number. */
  mac: number;
  readonly guest: number;
  readonly far: number;
  readonly farPort: number;
  /** Stands for the guest and where it wants to go: the address under which our own TCP knows both. */
  readonly alias: number;
  used: number;
}

/** Most routes remembered: a guest that scans the world pushes out the oldest. */
const mostRoutes = 4096;
const goAtOnce = 512;
/** Aliases are 10.0.0.1 and up; no packet ever carries one. */
const firstAlias = 0x0a00_0001;
const lastAlias = 0x0aff_fffe;

/** Where a packet wants to go. */
export interface RouteEnds {
  readonly mac: number;
  readonly guest: number;
  readonly far: number;
  readonly farPort: number;
}

/** The routes in use. */
export interface Routes {
  /** The route of a packet, made when there is none. */
  take(ends: RouteEnds): Route;
  byAlias(alias: number): Route | null;
  count(): number;
}

/** Opens an empty table. */
export function openRoutes(clock: Clock): Routes {
  const byEnds = new Map<number, Map<number, Route>>();
  const byAlias = new Map<number, Route>();
  let nextAlias = firstAlias;

  function drop(route: Route): void {
    byAlias.delete(route.alias);
    const ofGuest = byEnds.get(route.guest);
    ofGuest?.delete(keyOf(route));
    if (ofGuest?.size === 0) byEnds.delete(route.guest);
  }
  function makeRoom(): void {
    if (byAlias.size < mostRoutes) return;
    const oldest = [...byAlias.values()].sort((one, other) => one.used - other.used);
    for (const route of oldest.slice(0, goAtOnce)) drop(route);
  }
  function freeAlias(): number {
    do {
      nextAlias = nextAlias === lastAlias ? firstAlias : nextAlias + 1;
    } while (byAlias.has(nextAlias));
    return nextAlias;
  }
  function make(ends: RouteEnds): Route {
    makeRoom();
    const route: Route = { ...ends, alias: freeAlias(), used: clock.now() };
    const ofGuest = byEnds.get(ends.guest) ?? new Map<number, Route>();
    ofGuest.set(keyOf(ends), route);
    byEnds.set(ends.guest, ofGuest);
    byAlias.set(route.alias, route);
    return route;
  }
  return {
    take(ends) {
      const route = byEnds.get(ends.guest)?.get(keyOf(ends)) ?? make(ends);
      route.mac = ends.mac;
      route.used = clock.now();
      return route;
    },
    byAlias: (alias) => byAlias.get(alias) ?? null,
    count: () => byAlias.size,
  };
}

function keyOf({ far, farPort }: Omit<RouteEnds, "mac" | "guest">): number {
  return far * 0x1_0000 + farPort;
}
