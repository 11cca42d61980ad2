import { signal } from "@preact/signals";
import type { DiskFileSummary, JobId, VmGuid } from "../../../src/hvdef/index.ts";
import type { DiskHost } from "../../../src/ui/host.ts";

/** A file of a library: a small fixed disk where nothing else is said. */
export function file(name: string, more: Partial<DiskFileSummary> = {}): DiskFileSummary {
  return {
    name,
    format: "fixed",
    fileBytes: 1024 * 1024 + 512,
    byteLength: 1024 * 1024,
    parent: null,
    children: [],
    usedBy: [],
    inUse: false,
    fetched: null,
    trouble: null,
    ...more,
  };
}

/** A machine that holds a file. */
export const user = (name: string) => ({ vm: name as VmGuid, name });

/** A library that does what it is asked at once, and changes nothing. */
export function quietDisks(files: readonly DiskFileSummary[] = [], more: Partial<DiskHost> = {}): DiskHost {
  const nothing = () => Promise.resolve();
  const noJob = () => Promise.resolve(1 as JobId);
  return {
    files: signal(files),
    jobs: signal([]),
    space: signal(null),
    inspect: () => Promise.reject(new Error("nothing to inspect")),
    blockMap: () => Promise.reject(new Error("nothing to show")),
    begin: noJob,
    cancel: nothing,
    rename: nothing,
    remove: nothing,
    importFile: noJob,
    download: nothing,
    passThrough: () => Promise.resolve(""),
    persist: () => Promise.resolve(false),
    addDrive: nothing,
    removeDrive: nothing,
    setMedium: nothing,
    setScsiControllers: nothing,
    ...more,
  };
}
