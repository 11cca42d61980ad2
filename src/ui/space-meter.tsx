import type { DiskHost } from "./host.ts";

/** How much of the browser's storage is used, and whether the browser keeps it. */
export function SpaceMeter(props: { readonly disks: Pick<DiskHost, "space" | "persist"> }) {
  return props.disks.space.value === null ? null : <section class="space" />;
}
