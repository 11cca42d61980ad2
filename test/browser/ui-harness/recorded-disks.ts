import { type Signal, signal } from "@preact/signals";
import type {
  DiskFileSummary,
  DiskJobRequest,
  JobId,
  JobSummary,
  StorageSpace,
} from "../../../src/hvdef/index.ts";
import type { DiskHost } from "../../../src/ui/host.ts";
import { file, filesOf, mapOf, reportOf } from "./recorded-files.ts";

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
const GiB = 1024 ** 3;
const refusal = "The library is being looked through at this moment. Wait a few seconds, then try again";

function titleOf(request: DiskJobRequest): string {
  const verb = request.kind === "createFloppy" ? "Create" : request.kind;
  return `${verb.charAt(0).toUpperCase()}${verb.slice(1)} ${request.kind === "convert" ? request.source : request.name}`;
}

function madeBy(request: DiskJobRequest, files: readonly DiskFileSummary[]): DiskFileSummary | null {
  switch (request.kind) {
    case "create": {
      if (request.type !== "differencing") {
        const fileBytes = request.type === "fixed" ? request.byteLength + 512 : 2560;
        return file(request.name, { format: request.type, byteLength: request.byteLength, fileBytes });
      }
      const parent = files.find((one) => one.name === request.parent);
      const byteLength = parent?.byteLength ?? 0;
      return file(request.name, {
        format: "differencing",
        parent: request.parent,
        byteLength,
        fileBytes: 3072,
      });
    }
    case "createFloppy":
      return file(request.name, { format: "floppy", byteLength: 1440 * 1024, fileBytes: 1440 * 1024 });
    case "convert":
      return file(request.name, { format: request.type });
    default:
      return null;
  }
}

function recordedJobs(scene: string): readonly JobSummary[] {
  if (scene !== "disks" && scene !== "mixed") return [];
  const startedAt = Date.now() - 21_000;
  return [
    { id: 3 as JobId, title: "Convert system.vhd", state: "running", percent: 37, startedAt, lines: [] },
    {
      id: 2 as JobId,
      title: "Merge old.avhd",
      state: "failed",
      percent: 61,
      startedAt: startedAt - 60_000,
      lines: ["The browser's storage for this site is full. Both files are as they were"],
    },
    {
      id: 1 as JobId,
      title: "Validate worn.vhd",
      state: "completed",
      percent: 100,
      startedAt: startedAt - 90_000,
      lines: ["The footer is damaged; its copy is in order", "1,024 block entries are in order"],
    },
  ];
}

/** Plays a job to its end. */
async function play(jobs: Signal<readonly JobSummary[]>, first: JobSummary): Promise<boolean> {
  jobs.value = [first, ...jobs.value];
  const change = (more: Partial<JobSummary>) => {
    jobs.value = jobs.value.map((one) => (one.id === first.id ? { ...one, ...more } : one));
  };
  for (let percent = 0; percent < 100; percent += 7) {
    await wait(200);
    if (jobs.value.find((one) => one.id === first.id)?.state === "cancelling") {
      change({ state: "cancelled", lines: ["Cancelled. Nothing was changed"] });
      return false;
    }
    change({ percent });
  }
  change({ state: "completed", percent: 100 });
  return true;
}

/** A library that plays a scene. In the scene `refusing` every action is refused. */
export function openRecordedDisks(scene: string): DiskHost {
  const files = signal(filesOf(scene));
  const jobs = signal(recordedJobs(scene));
  const space = signal<StorageSpace | null>({
    usedBytes: 2.1 * GiB,
    quotaBytes: (scene === "refusing" ? 2.2 : 12) * GiB,
    persisted: false,
  });
  const began = Date.now();
  let lastJob = 10;
  const refuse = async () => {
    await wait(300);
    if (scene === "refusing") throw new Error(refusal);
  };
  async function begin(title: string, onDone: () => void): Promise<JobId> {
    await refuse();
    lastJob += 1;
    const id = lastJob as JobId;
    const started = { id, title, state: "running", percent: 0, startedAt: Date.now(), lines: [] } as const;
    void play(jobs, started).then((done) => done && onDone());
    return id;
  }
  const change = (name: string, more: Partial<DiskFileSummary>) => {
    files.value = files.value.map((one) => (one.name === name ? { ...one, ...more } : one));
  };
  return {
    files,
    jobs,
    space,
    async inspect(name) {
      await wait(200);
      return reportOf(files.value, name);
    },
    async blockMap(name, cells) {
      if (scene === "refusing") throw new Error(refusal);
      return mapOf(files.value, name, cells, (Date.now() - began) / 1000);
    },
    begin: (request) =>
      begin(titleOf(request), () => {
        const made = madeBy(request, files.value);
        if (made !== null) files.value = [...files.value, made];
        if (request.kind === "repair") change(request.name, { trouble: null });
        if (request.kind === "expand") change(request.name, { byteLength: request.byteLength });
      }),
    async cancel(job) {
      jobs.value = jobs.value.map((one) => (one.id === job ? { ...one, state: "cancelling" } : one));
    },
    async rename(from, to) {
      await refuse();
      change(from, { name: to });
    },
    async remove(name) {
      await refuse();
      files.value = files.value.filter((one) => one.name !== name);
    },
    importFile: (picked) =>
      begin(`Import ${picked.name}`, () => {
        files.value = [...files.value, file(picked.name, { format: "raw", fileBytes: picked.size })];
      }),
    download: refuse,
    async passThrough(source) {
      await refuse();
      files.value = [...files.value, file(source.name, { format: "device" })];
      return source.name;
    },
    async persist() {
      await wait(300);
      space.value = { usedBytes: 2.1 * GiB, quotaBytes: 12 * GiB, persisted: true };
      return true;
    },
    addDrive: refuse,
    removeDrive: refuse,
    setMedium: refuse,
    setScsiControllers: refuse,
  };
}
