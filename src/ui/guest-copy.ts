import { effect } from "@preact/signals";
import {
  type GuestPlace,
  type JobId,
  type JobSummary,
  usualGuestFolder,
  type VmGuid,
} from "../hvdef/index.ts";
import { HvError } from "../support/index.ts";
import type { UiHost } from "./host.ts";

/** Where a path leads: a folder when it ends in a slash or is empty, else a folder and a name. */
export function placeOf(path: string, fileName: string): GuestPlace {
  const at = path.lastIndexOf("/");
  const name = path.slice(at + 1);
  // The folder of "/file" is "/".
  const folder = at > 0 ? path.slice(0, at) : at === 0 ? "/" : usualGuestFolder;
  return { folder, name: name === "" ? fileName : name };
}

/** Copies a file and waits until that is over. @throws HvError what it failed with */
export async function copyFile(
  host: Pick<UiHost, "guestFiles" | "disks">,
  wanted: { readonly vm: VmGuid; readonly file: File; readonly path: string },
): Promise<void> {
  const { vm, file, path } = wanted;
  const job = await host.guestFiles.copy(vm, file, placeOf(path, file.name));
  const { state, lines } = await over(host, job);
  if (state !== "completed") throw new HvError("guestFile.failed", lines.join(" "));
}

function over({ disks }: Pick<UiHost, "disks">, id: JobId): Promise<JobSummary> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      const job = disks.jobs.value.find((one) => one.id === id);
      if (job === undefined || job.state === "running" || job.state === "cancelling") return;
      resolve(job);
      queueMicrotask(() => stop());
    });
  });
}
