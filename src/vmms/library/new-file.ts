import type { BlockFile } from "../../storage/index.ts";
import { assemble, HvError } from "../../support/index.ts";
import { checkName, unfinishedName } from "./names.ts";
import type { Shelf } from "./shelf.ts";

/** @throws HvError `disk.exists` when a file of that name is there, `disk.name` when it cannot be one */
export async function checkNewName(shelf: Shelf, name: string): Promise<void> {
  checkName(name);
  const known = await shelf.find(name);
  if (known !== null)
    throw new HvError(
      "disk.exists",
      `There is a file ${known} already. Choose another name, or remove it first.`,
      {
        hresult: 0x80070050,
      },
    );
}

/**
 * Makes a file that gets its name only when all of it is there. Nothing stays of one whose making fails.
 *
 * @param make  fills the file; it is flushed and closed afterwards. May answer another name for it
 */
export async function makeFile<T>(
  shelf: Shelf,
  wanted: { readonly name: string; readonly holder: string },
  make: (file: BlockFile) => Promise<T>,
): Promise<T> {
  const { name, holder } = wanted;
  await checkNewName(shelf, name);
  const release = await shelf.take(name, { holder, access: "write", disk: null });
  try {
    // Again: somebody may have made it before this name was ours.
    await checkNewName(shelf, name);
    return await fillAndName(shelf, { from: unfinishedName(name), to: name, holder }, make);
  } finally {
    release();
  }
}

/**
 * Makes a file that takes the place of another in one step. The old one is untouched until then.
 * @param wanted  `ready` is called before that step: whoever reads the old one closes it
 */
export async function replaceFile<T>(
  shelf: Shelf,
  wanted: { readonly name: string; readonly holder: string; readonly ready: () => void },
  make: (file: BlockFile) => Promise<T>,
): Promise<T> {
  const { name, holder, ready } = wanted;
  const made = await fillAndName(shelf, { from: unfinishedName(name), to: name, holder }, async (file) => {
    const result = await make(file);
    ready();
    return result;
  });
  shelf.forget(name);
  return made;
}

async function fillAndName<T>(
  shelf: Shelf,
  way: { readonly from: string; readonly to: string; readonly holder: string },
  make: (file: BlockFile) => Promise<T>,
): Promise<T> {
  const { store } = shelf;
  try {
    const made = await assemble(async (scope) => {
      const file = scope.own(await shelf.open(way.from, { access: "write", holder: way.holder }));
      file.resize(0);
      const result = await make(file);
      file.flush();
      return result;
    });
    await store.rename(way.from, way.to);
    return made;
  } catch (failure) {
    await store.remove(way.from).catch(() => {});
    throw failure;
  }
}

/** Removes what a tab that ended in the middle of a job has left. Files another tab is making now stay. */
export async function sweep(shelf: Shelf, isLeftOver: (name: string) => boolean): Promise<void> {
  for (const { name } of await shelf.store.list()) {
    if (isLeftOver(name)) await shelf.store.remove(name).catch(() => {});
  }
}
