import { signal } from "@preact/signals";
import type {
  DiskFileSummary,
  DiskSession,
  HostNotice,
  JobId,
  JobSummary,
  StorageSpace,
} from "../hvdef/index.ts";
import type { DiskHost } from "./host.ts";

/** What crosses between the visitor's device and the library. The door joins it with the parent. */
export interface DiskGate {
  importFile(file: File): Promise<JobId>;
  /** The disk as one file, read only as it is saved. */
  exportDisk(name: string): Promise<{ readonly name: string; readonly contents: Blob }>;
  passThrough(source: File | FileSystemFileHandle): Promise<string>;
  /** Hands a file to the browser's downloads. */
  save(name: string, contents: Blob): void;
  persist(): Promise<boolean>;
}

/** The library as the views see it, with the side on which notices pour in. */
export interface LiveDisks {
  readonly host: DiskHost;
  notice(notice: Extract<HostNotice, { kind: "disks" | "job" }>): void;
}

const jobsKept = 50;

/** Opens the library's face. @param session  settles when the parent answers; actions wait for it */
export function openLiveDisks(session: Promise<DiskSession>, gate: DiskGate): LiveDisks {
  const files = signal<readonly DiskFileSummary[]>([]);
  const jobs = signal<readonly JobSummary[]>([]);
  const space = signal<StorageSpace | null>(null);

  function measure(): void {
    session
      .then((host) => host.storageSpace())
      .then((found) => {
        space.value = found;
      })
      .catch(() => {});
  }
  session.then(measure).catch(() => {});

  return {
    host: {
      files,
      jobs,
      space,
      inspect: async (name) => (await session).inspectDisk(name),
      blockMap: async (name, cells) => (await session).blockMap(name, cells),
      begin: async (request) => (await session).beginDiskJob(request),
      cancel: async (job) => (await session).cancelJob(job),
      rename: async (from, to) => (await session).renameDisk(from, to),
      remove: async (name) => (await session).removeDisk(name),
      importFile: gate.importFile,
      async download(name) {
        const file = await gate.exportDisk(name);
        gate.save(file.name, file.contents);
      },
      passThrough: gate.passThrough,
      async persist() {
        const granted = await gate.persist();
        measure();
        return granted;
      },
      addDrive: async (vm, drive) => (await session).addDrive(vm, drive),
      removeDrive: async (vm, slot) => (await session).removeDrive(vm, slot),
      setMedium: async (vm, slot, medium) => (await session).setMedium(vm, slot, medium),
      setScsiControllers: async (vm, count) => (await session).setScsiControllers(vm, count),
    },
    notice(arrived) {
      if (arrived.kind === "disks") {
        files.value = arrived.files;
        measure();
        return;
      }
      const { job } = arrived;
      const known = jobs.value.some(({ id }) => id === job.id);
      jobs.value = known
        ? jobs.value.map((old) => (old.id === job.id ? job : old))
        : [job, ...jobs.value].slice(0, jobsKept);
      if (job.state !== "running") measure();
    },
  };
}
