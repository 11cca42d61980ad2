const openSource: ReadonlyMap<bigint, string> = new Map([
  [1n, "Linux"],
  [2n, "FreeBSD"],
  [3n, "Xen"],
  [4n, "Illumos"],
]);
const microsoft: ReadonlyMap<bigint, string> = new Map([
  [1n, "MS-DOS"],
  [2n, "Windows 3.x"],
  [3n, "Windows 9x"],
  [4n, "Windows NT"],
  [5n, "Windows CE"],
]);

/** What a guest calls itself in GUEST_OS_ID, for a person. @tlfs 3.2 */
export function guestName(id: bigint): string {
  if (id === 0n) return "none";
  const field = (low: bigint, bits: bigint) => (id >> low) & ((1n << bits) - 1n);
  if (field(63n, 1n) === 1n) {
    const name = openSource.get(field(56n, 7n)) ?? "open source";
    return `${name} ${field(32n, 16n)}.${field(24n, 8n)}.${field(16n, 8n)}`;
  }
  const vendor = field(48n, 15n) === 1n ? microsoft : undefined;
  const name = vendor?.get(field(40n, 8n)) ?? "unknown system";
  return `${name} ${field(32n, 8n)}.${field(24n, 8n)} build ${field(0n, 16n)}`;
}
