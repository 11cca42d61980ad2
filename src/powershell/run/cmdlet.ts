import type { Cmdlet } from "./machine.ts";

/** A cmdlet, with what is usual for the rest. */
export function cmdlet(source: Pick<Cmdlet, "name" | "synopsis" | "open"> & Partial<Cmdlet>): Cmdlet {
  return { module: "Core", parameters: [], standardSet: null, confirms: "never", outputs: null, ...source };
}
