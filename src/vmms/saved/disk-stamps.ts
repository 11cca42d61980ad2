import type { DriveConfiguration } from "../../hvdef/index.ts";
import type { FileStore, StoredFile } from "../file-store.ts";
import { sameName } from "../library/names.ts";

/** How a file of a drive was when its machine was saved. */
export interface DiskStamp {
  readonly name: string;
  readonly bytes: number;
  /** As {@link StoredFile}. */
  readonly modified: number;
}

/** The files of these drives as they are now. Images of the site never change and are left out. */
export async function stampDisks(
  store: FileStore,
  drives: readonly DriveConfiguration[],
): Promise<readonly DiskStamp[]> {
  const files = await store.list();
  return drives.flatMap(({ medium }) => {
    const file = medium.kind === "file" ? fileNamed(files, medium.name) : undefined;
    return file === undefined ? [] : [{ name: file.name, bytes: file.bytes, modified: file.modified }];
  });
}

/** What has become of the files since; `null`: they are as they were. */
export async function changedDisk(store: FileStore, stamps: readonly DiskStamp[]): Promise<string | null> {
  const files = await store.list();
  for (const { name, bytes, modified } of stamps) {
    const file = fileNamed(files, name);
    if (file === undefined) return `${name} is not there any more`;
    if (file.bytes !== bytes || file.modified !== modified) return `${name} has changed since`;
  }
  return null;
}

function fileNamed(files: readonly StoredFile[], name: string): StoredFile | undefined {
  return files.find((file) => sameName(file.name, name));
}

/** Reads what was kept of them. @throws whatever is wrong with it */
export function parseStamps(text: string): readonly DiskStamp[] {
  const found: unknown = JSON.parse(text);
  const list = isRecord(found) && found["format"] === 1 ? found["disks"] : null;
  if (!Array.isArray(list)) throw new Error("its format is not known");
  return list.map((one: unknown) => {
    const { name, bytes, modified } = isRecord(one) ? one : {};
    if (typeof name !== "string" || typeof bytes !== "number" || typeof modified !== "number")
      throw new Error("one of its disks makes no sense");
    return { name, bytes, modified };
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
