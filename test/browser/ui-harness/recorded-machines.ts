import { signal } from "@preact/signals";
import {
  type CatalogueEntry,
  integrationServices,
  type RecognisedFile,
  type StartReport,
  type VmGuid,
} from "../../../src/hvdef/index.ts";
import type { MachineHost, VmView } from "../../../src/ui/host.ts";

const sources = [
  { name: "bash", version: "5.2.15-2+b13", licence: "GPL-3.0-or-later" },
  { name: "busybox-static", version: "1:1.35.0-4+deb12u1+b1", licence: "GPL-2.0-only" },
  { name: "linux-image-6.1.0-50-686", version: "6.1.176-1", licence: "GPL-2.0-only" },
];

function entry(vm: VmView, place: number): CatalogueEntry {
  const picture = (["enlightened", "disk", "legacy", "own"] as const)[place % 4] ?? "enlightened";
  return {
    vm: vm.id,
    name: vm.name,
    description: vm.description,
    memoryBytes: vm.memoryBytes,
    picture,
    emulated: ["processor and chipset", "serial port", "DVD drive"],
    synthetic: picture === "legacy" ? [] : ["disks (hv_storvsc)", "network (hv_netvsc)"],
    download: place === 3 ? null : { firstBytes: 12_654_000, diskBytes: place === 1 ? 16_300_000 : 8_200 },
    bootTime: place === 0 ? { millis: 6160, date: "2026-11-22", where: "two processors" } : null,
    prompt: null,
    sources: place === 3 ? [] : sources,
  };
}

interface Scene {
  readonly name: string;
  vms(): readonly VmView[];
  set(vms: readonly VmView[]): void;
}

/** A machine of the visitor, as the host would make it. */
function made(name: string, memoryBytes: number, count: number): VmView {
  return {
    id: `own ${count}` as VmGuid,
    name,
    description: "Your own machine: started by its BIOS",
    state: "off",
    memoryBytes,
    drives: [],
    scsiControllers: 1,
    adapters: [],
    integration: integrationServices.map((service) => ({
      service,
      enabled: true,
      status: "off",
      version: null,
    })),
    shutdown: "none",
    freeze: "thawed",
    input: { keyboard: "none", mouse: "none", layout: "us", typing: null },
    own: true,
    partition: null,
    trouble: null,
    processor: 0,
    notResponding: false,
  };
}

/** Machines that are made and removed at once; a file whose name has "bad" in it is refused. */
export function openRecordedMachines(scene: Scene): MachineHost {
  let count = 1;
  if (scene.name === "mixed") scene.set([...scene.vms(), made("My FreeDOS with a long name", 32 << 20, 0)]);
  const stock = scene.vms().filter(({ own }) => own !== true);
  const times = stock[1] === undefined ? [] : [[stock[1].id, { millis: 9340, at: Date.now() }] as const];
  const reports: readonly StartReport[] = [
    { kind: "warm", downloadBytes: 13_400_000 },
    { kind: "warm", downloadBytes: 0 },
    { kind: "cold", reason: "Its disk system.vhd has been used since, and a warm start needs it as new." },
  ];
  const reportOf = (vm: VmGuid): StartReport =>
    (scene.name === "fresh" ? reports[stock.findIndex(({ id }) => id === vm)] : undefined) ?? {
      kind: "cold",
      reason: null,
    };
  return {
    catalogue: signal(scene.name === "loading" ? null : stock.map(entry)),
    bootTimes: signal(new Map(times)),
    startReport: (vm) => signal(reportOf(vm)),
    describeStart: async (vm) => reportOf(vm),
    async recognise(role, file): Promise<RecognisedFile> {
      if (file.name.includes("bad"))
        return {
          title: "No kernel for this machine",
          refusal: `${file.name} is a 64-bit kernel. This machine has a 32-bit x86 processor: take a 32-bit kernel (i386, i686; Debian: linux-image-686).`,
          notes: [],
        };
      return { title: `A fine ${role}`, refusal: null, notes: ["It has no boot sector."] };
    },
    async make(plan) {
      const vm = made(plan.name, plan.memoryBytes, count++);
      scene.set([...scene.vms(), vm]);
      return vm.id;
    },
    async rename(vm, name) {
      scene.set(scene.vms().map((one) => (one.id === vm ? { ...one, name } : one)));
    },
    async remove(vm) {
      scene.set(scene.vms().filter(({ id }) => id !== vm));
    },
    bootFiles: async () =>
      scene.name === "mixed" ? [{ name: "vmlinuz-6.1.0-50-686", bytes: 5_707_712, usedBy: [] }] : [],
    removeBootFile: () => Promise.reject(new Error("vmlinuz-6.1.0-50-686 is in use by another tab.")),
  };
}
