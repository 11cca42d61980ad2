import { HvError } from "../../support/index.ts";
import type { DiskIntake } from "../start-messages.ts";

/** Long enough for the browser to have begun reading a file it was told to save. */
const saveMillis = 60_000;

/** What the page itself does for the library: files from and to the visitor's device. */
export interface PageDiskGate extends DiskIntake {
  save(name: string, contents: Blob): void;
  persist(): Promise<boolean>;
}

/**
 * Joins the parent's intake with what only a page can do.
 * @param intake  settles when the parent answers; `undefined` when there is no parent
 */
export function diskGate(intake: Promise<DiskIntake | undefined>): PageDiskGate {
  intake.catch(() => {});
  async function parent(): Promise<DiskIntake> {
    const found = await intake;
    if (found === undefined) throw new HvError("host.gone", "The management service is not running.");
    return found;
  }
  return {
    giveDisk: async (vm, files) => (await parent()).giveDisk(vm, files),
    importFile: async (file) => (await parent()).importFile(file),
    exportDisk: async (name) => (await parent()).exportDisk(name),
    passThrough: async (source) => (await parent()).passThrough(source),
    copyToGuest: async (vm, file, place) => (await parent()).copyToGuest(vm, file, place),
    receivedFile: async (id) => (await parent()).receivedFile(id),
    recognise: async (role, file) => (await parent()).recognise(role, file),
    makeMachine: async (plan, files) => (await parent()).makeMachine(plan, files),
    save(name, contents) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(contents);
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), saveMillis);
    },
    async persist() {
      return (await navigator.storage?.persist?.()) ?? false;
    },
  };
}
