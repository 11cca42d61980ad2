import type {
  BlockMap,
  DiskFileSummary,
  DiskJobRequest,
  DiskReport,
  DriveConfiguration,
  DriveSlot,
  JobId,
  Medium,
  VmGuid,
} from "../hvdef/index.ts";
import type { DiskHost } from "./host.ts";

/** The library of disk files and the drives of machines, as scripts use them. Calls reject with a sentence. */
export interface AutomationDisks {
  list(): readonly DiskFileSummary[];
  inspect(name: string): Promise<DiskReport>;
  blockMap(name: string, cells: number): Promise<BlockMap>;
  /** Does a job and waits for it; answers what it says. */
  run(request: DiskJobRequest): Promise<readonly string[]>;
  /** Takes in a file and waits until it is there. */
  importFile(file: File): Promise<readonly string[]>;
  /** Saves a disk to the browser's downloads. */
  download(name: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  addDrive(vm: string, drive: DriveConfiguration): Promise<void>;
  removeDrive(vm: string, slot: DriveSlot): Promise<void>;
  setMedium(vm: string, slot: DriveSlot, medium: Medium): Promise<void>;
  passThrough(source: File | FileSystemFileHandle): Promise<string>;
}

/** Builds the object. @param find  the machine of a name, or throws */
export function automationDisks(host: DiskHost, find: (name: string) => VmGuid): AutomationDisks {
  /** A job's end, told by the list that the views watch too. */
  function finished(id: JobId): Promise<readonly string[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    const stop = host.jobs.subscribe((jobs) => {
      const job = jobs.find((one) => one.id === id);
      if (job === undefined || job.state === "running" || job.state === "cancelling") return;
      if (job.state === "completed") resolve(job.lines);
      else reject(new Error(`${job.title}: ${job.lines.join(" ") || job.state}`));
    });
    return promise.finally(stop);
  }
  return {
    list: () => host.files.value,
    inspect: host.inspect,
    blockMap: host.blockMap,
    run: async (request) => finished(await host.begin(request)),
    importFile: async (file) => finished(await host.importFile(file)),
    download: host.download,
    rename: host.rename,
    remove: host.remove,
    addDrive: async (vm, drive) => host.addDrive(find(vm), drive),
    removeDrive: async (vm, slot) => host.removeDrive(find(vm), slot),
    setMedium: async (vm, slot, medium) => host.setMedium(find(vm), slot, medium),
    passThrough: host.passThrough,
  };
}
