import { type Signal, signal } from "@preact/signals";
import {
  type DriveSummary,
  type HostEvent,
  type InspectSample,
  integrationServices,
  type PartitionId,
  type PlatformReport,
  type VmGuid,
  type VmState,
} from "../../../src/hvdef/index.ts";
import { isAtRest } from "../../../src/ui/actions.ts";
import type { ConsoleSession, ScreenSession, UiHost, VmView } from "../../../src/ui/index.ts";
import { quietGuestFiles, quietSockets } from "../../lab/quiet-sockets.ts";
import { architectureTree, openRecordedArchitecture, speechOf } from "./recorded-architecture.ts";
import { bootText, loginText } from "./recorded-boot.ts";
import { openRecordedDisks } from "./recorded-disks.ts";
import { openRecordedInput, recordedInputOf } from "./recorded-input.ts";
import { openRecordedIntegration } from "./recorded-integration.ts";
import { openRecordedMachines } from "./recorded-machines.ts";
import { openRecordedNetworks } from "./recorded-networks.ts";
import { recordedAdapters } from "./recorded-ports.ts";
import { openRecordedScreen } from "./recorded-screen.ts";
import { legacyTree, vmbusTree } from "./recorded-tree.ts";

const MiB = 1024 * 1024;

/** What a guest has sent. */
const recordedFiles = (vm: VmGuid) =>
  ["dmesg.txt", "core of a program with a rather long name that somebody generated.gz"].map((name, id) => ({
    id,
    vm,
    vmName: "Debian",
    name,
    byteLength: (id + 1) * 40_960,
    at: Date.now() - id * 60_000,
  }));

interface Console extends ConsoleSession {
  print(text: string): void;
}

function openConsole(before: string): Console {
  let all = before;
  const handlers = new Set<(text: string) => void>();
  const print = (text: string) => {
    all = (all + text).slice(-256 * 1024);
    for (const handler of handlers) handler(text);
  };
  return {
    text: () => all,
    print,
    send: (text) => print(text.replaceAll("\r", "\r\n~ # ")),
    onOutput(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}

function drive(name: string, controller: "IDE" | "SCSI", byteLength: number): DriveSummary {
  const slot = { controller, number: 0, location: 0 };
  const medium = { kind: "file", name } as const;
  return { slot, kind: "disk", medium, title: name, byteLength, kept: "browser storage" };
}

const drives: readonly DriveSummary[] = [drive("data.vhd", "SCSI", 256 * MiB)];

function vm(name: string, state: VmState, more: Partial<VmView> = {}): VmView {
  const on = !isAtRest(state);
  return {
    id: `id of ${name}` as VmGuid,
    name,
    description: "Debian's kernel with a small userland, started directly",
    state,
    memoryBytes: 128 * MiB,
    drives,
    scsiControllers: 1,
    adapters: recordedAdapters,
    integration: integrationServices.map((service) => ({
      service,
      enabled: true,
      status: state === "running" ? "ok" : "off",
      version: state === "running" ? "3.0" : null,
    })),
    shutdown: "none",
    freeze: "thawed",
    input: recordedInputOf(state, name),
    partition: on ? (2 as PartitionId) : null,
    trouble: null,
    processor: state === "running" ? 0.37 : 0,
    notResponding: false,
    ...more,
  };
}

const system = {
  description: "Boots its own disk through the BIOS",
  memoryBytes: 192 * MiB,
  drives: [drive("system.vhd", "IDE", 512 * MiB), ...drives],
};

const scenes: { readonly [name: string]: readonly VmView[] } = {
  running: [vm("Debian", "running"), vm("Debian system disk", "off", system)],
  mixed: [
    vm("Debian", "running", { processor: 0.62 }),
    vm("Debian system disk", "starting", { ...system, processor: 0.98 }),
    vm("Bench", "paused"),
    vm("Scratch", "off"),
  ],
  fresh: [vm("Debian", "off"), vm("Debian system disk", "off", system)],
  memory: [
    vm("Debian", "running", { drives: drives.map((one) => ({ ...one, kept: "memory" })) }),
    vm("Debian system disk", "off", system),
  ],
  legacy: [vm("DOS", "running", { description: "No drivers for anything newer than 1994", drives: [] })],
  saved: [vm("Debian", "saved"), vm("Debian system disk", "saved", system)],
  trouble: [
    vm("Debian", "off", {
      trouble:
        "The guest's kernel panicked: Attempted to kill init! exitcode=0x00000100. Its last lines are in the console",
    }),
    vm("build-agent-with-a-name-that-somebody-generated-0123456789", "running", { notResponding: true }),
    vm("Debian system disk", "off", system),
  ],
  many: Array.from({ length: 40 }, (_, place) =>
    vm(`node-${String(place + 1).padStart(2, "0")}`, place % 3 === 0 ? "off" : "running", {
      processor: (place % 10) / 10,
    }),
  ),
  own: [
    vm("own-disk", "off", {
      description: "Your own disk image, started from its boot sector: 32-bit systems, raw or fixed VHD",
      drives: [],
      takesDisk: true,
    }),
  ],
  architecture: [
    vm("Debian", "running", { processor: 0.31 }),
    vm("DOS", "running", { id: "id of DOS" as VmGuid, partition: 3 as PartitionId, processor: 0.88 }),
    vm("Legacy Debian, after installation", "running", { partition: 4 as PartitionId, processor: 0.12 }),
    vm("Scratch", "off"),
  ],
  empty: [],
  loading: [],
  failure: [],
};

function eventsOf(scene: string, vms: readonly VmView[]): readonly HostEvent[] {
  if (scene === "loading" || scene === "empty" || scene === "fresh") return [];
  const first = vms[0]?.id ?? null;
  const start = Date.now() - 60_000;
  const rows: readonly (readonly [HostEvent["level"], VmGuid | null, string])[] = [
    ["info", null, "The host is up: 2 logical processors, 2.0 GB for guests"],
    ["info", first, "Started in partition 2"],
    ["info", first, "The guest connected to VMBus, version 5.3"],
    ["info", first, "Channel 1 opened: SCSI controller"],
    ["warning", first, "The guest asked for a hypercall we do not offer (0x005c); it was told so"],
    ...(scene === "trouble"
      ? ([
          ["error", first, "The guest's kernel panicked: Attempted to kill init! exitcode=0x00000100"],
        ] as const)
      : []),
  ];
  return rows
    .map(([level, owner, text], place) => ({ at: start + place * 1700, level, vm: owner, text }))
    .reverse();
}

function platformOf(scene: string): PlatformReport | null {
  if (scene === "loading") return null;
  const storage =
    scene === "memory"
      ? ({
          kind: "memory",
          reason: "this window is private, and the browser refuses to keep files for it",
        } as const)
      : ({ kind: "kept" } as const);
  return { isolated: scene !== "legacy", storage, logicalProcessors: 2, guestMemoryBytes: 2048 * MiB };
}

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A host that plays a scene: it moves and answers, but nothing runs. */
export function openRecordedHost(scene: string): UiHost {
  const vms = signal(scenes[scene] ?? scenes["running"] ?? []);
  const events = signal(eventsOf(scene, vms.value));
  const consoles = new Map<VmGuid, Console>();
  const screens = new Map<VmGuid, ScreenSession>();
  const samples = new Map<VmGuid, Signal<InspectSample | null>>();
  const change = (id: VmGuid, more: Partial<VmView>) => {
    vms.value = vms.value.map((one) => (one.id === id ? { ...one, ...more } : one));
  };
  const tell = (id: VmGuid, text: string) => {
    events.value = [{ at: Date.now(), level: "info", vm: id, text } as const, ...events.value].slice(0, 500);
  };
  const consoleOf = (id: VmGuid) => {
    const known = consoles.get(id);
    if (known !== undefined) return known;
    const machine = vms.value.find((one) => one.id === id);
    const silent = machine !== undefined && isAtRest(machine.state) && machine.trouble === null;
    const opened = openConsole(silent ? "" : bootText + loginText);
    consoles.set(id, opened);
    return opened;
  };
  const screenOf = (id: VmGuid) => {
    const known =
      screens.get(id) ?? openRecordedScreen(vms.value.find((one) => one.id === id)?.state !== "off");
    screens.set(id, known);
    return known;
  };
  async function through(id: VmGuid, between: VmState, after: VmState, text: string): Promise<void> {
    if (vms.value.find((one) => one.id === id)?.name === "Bench")
      throw new Error(
        "Not enough memory: the host has 96 MB left and this machine wants 128 MB. Turn off another machine, or give this one less",
      );
    change(id, { state: between, trouble: null });
    await wait(1500);
    change(id, { state: after, partition: isAtRest(after) ? null : (3 as PartitionId) });
    tell(id, text);
  }
  const began = Date.now();
  const treeOf = (name: string, seconds: number) => {
    if (scene === "architecture") return architectureTree(speechOf(name), seconds);
    return scene === "legacy" ? legacyTree() : vmbusTree(seconds);
  };
  setInterval(() => {
    const at = Date.now();
    for (const [id, sample] of samples) {
      if (vms.value.find((one) => one.id === id)?.state !== "running") continue;
      const seconds = (at - began) / 1000;
      sample.value = { at, tree: treeOf(vms.value.find((one) => one.id === id)?.name ?? "", seconds) };
    }
  }, 500);
  return {
    version: "0.1.0",
    hostName: "TABVISOR-01",
    platform: signal(platformOf(scene)),
    vms,
    events,
    failure: signal(
      scene === "failure"
        ? {
            title: "This browser cannot run WebAssembly",
            wayOut:
              "Virtual machines need it. It is switched off in some hardened browsers: allow it for this site, or open the page in a current version of Chrome, Edge, Firefox or Safari",
          }
        : null,
    ),
    setProcessorShare: () => Promise.resolve(),
    coldBoot: (id) => through(id, "starting", "running", "Started in partition 3"),
    start: async (id) => {
      consoleOf(id).print(bootText);
      await through(id, "starting", "running", "Started in partition 3");
      consoleOf(id).print(loginText);
    },
    pause: (id) => through(id, "pausing", "paused", "Paused"),
    resume: (id) => through(id, "resuming", "running", "Resumed"),
    reset: (id) => through(id, "resetting", "running", "Reset"),
    shutDown: async (id) => {
      change(id, { shutdown: "asked" });
      await wait(3000);
      change(id, { shutdown: "overdue" });
    },
    turnOff: (id) => through(id, "stopping", "off", "Turned off"),
    save: (id) => through(id, "saving", "saved", "Saved"),
    deleteSavedState: async (id) => change(id, { state: "off" }),
    giveDisk: async (_, files) => {
      await wait(2000);
      if (files.some((file) => file.size % 512 !== 0))
        throw new Error("The image is no multiple of 512 bytes");
    },
    console: consoleOf,
    screen: screenOf,
    saveFile: () => undefined,
    integration: openRecordedIntegration((id, more) => change(id, more), vms),
    machines: openRecordedMachines({
      name: scene,
      vms: () => vms.value,
      set: (next) => {
        vms.value = next;
      },
    }),
    input: openRecordedInput((id, more) => change(id, more), vms),
    architecture: openRecordedArchitecture(() => vms.value),
    disks: openRecordedDisks(scene),
    guestFiles: quietGuestFiles(scene === "running" ? recordedFiles("id of Debian" as VmGuid) : []),
    sockets: quietSockets,
    networks: openRecordedNetworks(scene, {
      of: (id) => vms.value.find((one) => one.id === id)?.adapters ?? [],
      set: (id, adapters) => change(id, { adapters }),
    }),
    inspect(id) {
      const sample = samples.get(id) ?? signal<InspectSample | null>(null);
      samples.set(id, sample);
      return sample;
    },
  };
}
