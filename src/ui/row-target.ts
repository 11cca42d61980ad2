/** The row a key leads to in a list; `null` for any other key. */
export function rowTarget(key: string, here: number, count: number): number | null {
  if (key === "ArrowDown") return Math.min(here + 1, count - 1);
  if (key === "ArrowUp") return Math.max(here - 1, 0);
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}
