import { reasonOf } from "../support/index.ts";
import { type AdapterSet, parseAdapters } from "./adapters/rules.ts";
import type { StockVm } from "./catalogue.ts";
import type { KeptDrives } from "./drives/kept.ts";
import type { DriveSet } from "./drives/rules.ts";
import type { FileStore } from "./file-store.ts";
import { type InputSettings, parseInput, usualInput } from "./input/rules.ts";
import { type IntegrationSettings, parseIntegration, usualIntegration } from "./integration/rules.ts";
import { loadKept, saveText } from "./kept-text.ts";
import type { MachineSaved } from "./saved/machine-saved.ts";

/** What a machine was given last. */
export interface KeptMachine {
  readonly drives: DriveSet;
  readonly adapters: AdapterSet;
  readonly integration: IntegrationSettings;
  readonly input: InputSettings;
  /** Its guest was saved. */
  readonly saved: boolean;
}

/** Takes down what was changed and should be so again after a reload. Each rejects with what the store refuses with. */
export interface MachineKeeping {
  keepDrives(set: DriveSet): Promise<void>;
  keepAdapters(set: AdapterSet): Promise<void>;
  keepIntegration(settings: IntegrationSettings): Promise<void>;
  keepInput(settings: InputSettings): Promise<void>;
}

/** Where it is kept. */
export interface KeptIn {
  readonly machines: FileStore;
  readonly drives: KeptDrives;
}

const adaptersName = (vm: string): string => `${vm}.adapters.json`;
const integrationName = (vm: string): string => `${vm}.integration.json`;
const inputName = (vm: string): string => `${vm}.input.json`;

/** Takes down what changes of one machine. */
export function keepMachine(vm: string, { machines, drives }: KeptIn): MachineKeeping {
  const keep = (name: string, settings: object): Promise<void> =>
    saveText(machines, name, JSON.stringify({ format: 1, ...settings }));
  return {
    keepDrives: (set) => drives.save(vm, set),
    keepAdapters: (adapters) => keep(adaptersName(vm), { adapters }),
    keepIntegration: (settings) => keep(integrationName(vm), settings),
    keepInput: (settings) => keep(inputName(vm), settings),
  };
}

/** What is needed to load a machine. */
export interface LoadFrom extends KeptIn {
  readonly saved: Pick<MachineSaved, "has">;
  tell(level: "warning", text: string): void;
}

/** What the machine was given last, or came with. What cannot be used is told, and is as it came. */
export async function loadMachine(stock: StockVm, from: LoadFrom): Promise<KeptMachine> {
  const { machines, drives, saved, tell } = from;
  const orAsItCame = async <Kept>(loading: Promise<Kept | null>, words: (reason: string) => string) => {
    try {
      return await loading;
    } catch (failure) {
      tell("warning", `${stock.name}: ${words(reasonOf(failure))}`);
      return null;
    }
  };
  const given = await orAsItCame(drives.load(stock.id), (reason) => reason);
  const integration = await orAsItCame(
    loadKept(machines, integrationName(stock.id), parseIntegration),
    (reason) => `its kept integration services cannot be used (${reason}). All are enabled.`,
  );
  const adapters = await orAsItCame(
    loadKept(machines, adaptersName(stock.id), parseAdapters),
    (reason) => `its kept network adapters cannot be used (${reason}). It has those it came with.`,
  );
  const input = await orAsItCame(
    loadKept(machines, inputName(stock.id), parseInput),
    (reason) => `its kept keyboard layout cannot be used (${reason}). It is US.`,
  );
  return {
    drives: given ?? { drives: stock.drives, scsiControllers: stock.scsiControllers },
    adapters: adapters ?? stock.adapters,
    integration: integration ?? { ...usualIntegration, disabled: stock.disabledServices ?? [] },
    input: input ?? usualInput,
    saved: await saved.has().catch(() => false),
  };
}
