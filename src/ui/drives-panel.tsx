import type { DiskHost, VmView } from "./host.ts";

/** The controllers and drives of a machine, with what can be done about them. */
export function DrivesPanel(props: { readonly vm: VmView; readonly disks: DiskHost }) {
  return <section class="drives" aria-label={`Drives of ${props.vm.name}`} />;
}
