const prefix = "tabvisor file ";
const separator = " held by ";

/**
 * Tells other tabs who holds a file, for as long as it is held: file handles exclude, but do not say whom.
 * @returns lets go of it; twice is harmless
 */
export function holdLabel(file: string, holder: string): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  // Absent on pages that did not come over HTTPS, whatever its type says; those have no files to share either.
  const locks: LockManager | undefined = navigator.locks;
  locks?.request(`${prefix}${file}${separator}${holder}`, { mode: "shared" }, () => promise).catch(() => {});
  return resolve;
}

/** Who holds a file in any tab, or `null` when nobody has said. */
export async function holderOf(file: string): Promise<string | null> {
  const locks: LockManager | undefined = navigator.locks;
  const found = (await locks?.query())?.held ?? [];
  const start = `${prefix}${file}${separator}`;
  const label = found.find(({ name }) => name?.startsWith(start))?.name;
  return label === undefined ? null : label.slice(start.length);
}
