import { type Signal, signal } from "@preact/signals";
import type {
  ByRole,
  CatalogueEntry,
  FileRole,
  MachineSession,
  NewMachine,
  RecognisedFile,
  StartReport,
  VmGuid,
} from "../hvdef/index.ts";
import { type BootTimes, openBootTimes } from "./boot-times.ts";
import type { ConsoleSession, MachineHost } from "./host.ts";

/** What crosses between the visitor's device and the machines. The door joins it with the parent. */
export interface MachineGate {
  recognise(role: FileRole, file: File): Promise<RecognisedFile>;
  makeMachine(plan: NewMachine, files: ByRole<File>): Promise<VmGuid>;
}

/** The machines as the views see them, with the side on which starts are told of. */
export interface LiveMachines {
  readonly host: MachineHost;
  /** A cold boot begins. */
  starting(vm: VmGuid, console: ConsoleSession): void;
  /** A machine is off, or something of one that is off has changed. */
  isOff(vm: VmGuid): void;
  /** A machine is off, or is no more. */
  over(vm: VmGuid): void;
}

const bootTimesKey = "tabvisor.boot-times";

/** Opens the face of the machines. @param session  settles when the parent answers; actions wait for it */
export function openLiveMachines(session: Promise<MachineSession>, gate: MachineGate): LiveMachines {
  const catalogue = signal<readonly CatalogueEntry[] | null>(null);
  const boots: BootTimes = openBootTimes({
    store: keptText(bootTimesKey),
    now: () => performance.now(),
    wallClock: () => Date.now(),
    isHidden: () => document.hidden,
  });
  const reports = new Map<VmGuid, Signal<StartReport | null>>();
  function askReport(vm: VmGuid, into: Signal<StartReport | null>): void {
    session
      .then((host) => host.describeStart(vm))
      .then((report) => {
        const same = JSON.stringify(report) === JSON.stringify(into.peek());
        if (!same) into.value = report;
      })
      // One that is no more.
      .catch(() => {});
  }
  function startReport(vm: VmGuid): Signal<StartReport | null> {
    const known = reports.get(vm);
    if (known !== undefined) return known;
    const fresh = signal<StartReport | null>(null);
    reports.set(vm, fresh);
    askReport(vm, fresh);
    return fresh;
  }
  session
    .then((host) => host.catalogue())
    .then((entries) => {
      catalogue.value = entries;
    })
    // The page says itself that the parent is not there.
    .catch(() => {});
  return {
    host: {
      catalogue,
      bootTimes: boots.times,
      startReport,
      describeStart: async (vm) => (await session).describeStart(vm),
      recognise: gate.recognise,
      make: gate.makeMachine,
      rename: async (vm, name) => (await session).renameMachine(vm, name),
      remove: async (vm) => (await session).removeMachine(vm),
      bootFiles: async () => (await session).listBootFiles(),
      removeBootFile: async (name) => (await session).removeBootFile(name),
    },
    starting(vm, console) {
      const prompt = catalogue.value?.find((entry) => entry.vm === vm)?.prompt ?? null;
      if (prompt !== null) boots.begin(vm, prompt, console);
    },
    isOff(vm) {
      const shown = reports.get(vm);
      if (shown !== undefined) askReport(vm, shown);
    },
    over: boots.end,
  };
}

/** A text in the browser's store for small things; reading or writing throws where the visitor forbids it. */
function keptText(key: string): { read(): string | null; write(text: string): void } {
  return {
    read() {
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    write(text) {
      try {
        localStorage.setItem(key, text);
      } catch {
        // It is measured again.
      }
    },
  };
}
