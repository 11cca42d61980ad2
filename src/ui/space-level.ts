import type { StorageSpace } from "../hvdef/index.ts";

/** How near the end of the browser's storage is. */
export type SpaceLevel = "plenty" | "short" | "critical" | "unknown";

/** From these shares on a person is warned, and warned strongly. */
const shortFrom = 0.8;
const criticalFrom = 0.95;

/** Share of the storage that is used, 0 to 1; `null` when the browser names no quota. */
export function usedShare(space: StorageSpace): number | null {
  if (!(space.quotaBytes > 0) || !(space.usedBytes >= 0)) return null;
  return Math.min(1, space.usedBytes / space.quotaBytes);
}

/** How much of a worry that is. */
export function spaceLevel(space: StorageSpace): SpaceLevel {
  const share = usedShare(space);
  if (share === null) return "unknown";
  if (share >= criticalFrom) return "critical";
  return share >= shortFrom ? "short" : "plenty";
}
