import { assemble } from "../support/index.ts";
import type { FileStore } from "./file-store.ts";

/** Most bytes that a kept text is believed to have. */
const longest = 1 << 20;
const holder = "the management service";

/** The text of a small file, or `null` where there is none. @throws what the store refuses with */
export async function loadText(store: FileStore, name: string): Promise<string | null> {
  if (!(await store.has(name))) return null;
  return assemble(async (scope) => {
    const file = scope.own(await store.open(name, { access: "read", holder }));
    const bytes = new Uint8Array(Math.min(file.size(), longest));
    file.readAt(0, bytes);
    return new TextDecoder().decode(bytes);
  });
}

/**
 * What a small file says, or `null` where there is none. One that makes no sense is put beside as `.damaged`, so that
 * nothing is lost and the next visit starts without it.
 *
 * @param parse  throws whatever is wrong with a text
 * @throws what `parse` throws, once; what the store refuses with
 */
export async function loadKept<T>(
  store: FileStore,
  name: string,
  parse: (text: string) => T,
): Promise<T | null> {
  const text = await loadText(store, name);
  if (text === null) return null;
  try {
    return parse(text);
  } catch (failure) {
    await store.rename(name, `${name}.damaged`);
    throw failure;
  }
}

/** Puts a text in place of what a file held, in one step. @throws what the store refuses with; the old text stays */
export async function saveText(store: FileStore, name: string, text: string): Promise<void> {
  const fresh = `${name}.new`;
  try {
    await assemble(async (scope) => {
      const file = scope.own(await store.open(fresh, { access: "write", holder }));
      file.resize(0);
      file.writeAt(0, new TextEncoder().encode(text));
      file.flush();
    });
    await store.rename(fresh, name);
  } catch (failure) {
    await store.remove(fresh).catch(() => {});
    throw failure;
  }
}
