import {
  type BootDevice,
  type IntegrationService,
  integrationServices,
  machineMemory,
  machineNameLimit,
  type NetworkId,
  type NewAdapter,
  type NewMachine,
  type NewMachineBoot,
  type VmGuid,
} from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import { type AdapterSet, readAdapters, usualAdapter } from "../adapters/rules.ts";
import { readSet } from "../drives/kept.ts";
import type { DriveSet } from "../drives/rules.ts";

/** A machine of the visitor as it was made; what was changed since is kept beside it. */
export interface MachineConfiguration extends DriveSet {
  readonly id: VmGuid;
  readonly name: string;
  readonly memoryBytes: number;
  readonly boot: NewMachineBoot;
  readonly adapters: AdapterSet;
  readonly disabledServices: readonly IntegrationService[];
}

const megabyte = 2 ** 20;
const bootDevices: readonly BootDevice[] = ["floppy", "cd", "ide", "legacyNic"];
/** Longest command line, characters. @linux boot.rst: COMMAND_LINE_SIZE of x86 is 2048 with its end */
const commandLineLimit = 2047;

/** The form of a name by which machines are told apart. */
export function nameKey(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** A name as it is kept, without the blanks around it. @throws HvError `vm.name` with what is wrong with it */
export function checkMachineName(found: unknown): string {
  const name = typeof found === "string" ? found.trim() : "";
  if (name === "") throw wrong("vm.name", "A virtual machine needs a name.");
  if (name.length > machineNameLimit)
    throw wrong("vm.name", `The name is ${name.length} characters long; ${machineNameLimit} is the limit.`);
  return name;
}

/** @throws HvError `vm.exists` when another machine has the name */
export function checkNameFree(name: string, others: readonly string[], where = ""): void {
  const known = others.find((other) => nameKey(other) === nameKey(name));
  if (known === undefined) return;
  const text = `There is a virtual machine called ${known} already. Choose another name.${where}`;
  throw new HvError("vm.exists", text, { hresult: 0x80070050 });
}

/** Checks a machine that is to be made, whatever came over the session. @throws HvError that says what is wrong */
export function checkNewMachine(
  wanted: NewMachine,
  given: { readonly id: VmGuid; readonly network: NetworkId | null },
): MachineConfiguration {
  const { adapters } = wanted;
  if (!Array.isArray(adapters))
    throw wrong("vm.request", "It does not say which network adapters there are.");
  const made = { synthetic: 0, legacy: 0 };
  const full = adapters.map((adapter: NewAdapter) => {
    if (!Object.hasOwn(made, adapter?.type))
      throw wrong("vm.request", "A network adapter is of no known kind.");
    const network = adapter.network === undefined ? given.network : adapter.network;
    return usualAdapter({ type: adapter.type, index: made[adapter.type]++ }, network);
  });
  return readMachine({ disabledServices: [], ...wanted, adapters: full, id: given.id });
}

/** Reads a machine that was kept. @throws whatever is wrong with it */
export function parseMachine(text: string, id: VmGuid): MachineConfiguration {
  const found = JSON.parse(text) as Record<string, unknown> | null;
  if (found?.["format"] !== 1) throw new Error("its format is not known");
  if (found["id"] !== id) throw new Error("it belongs to another machine");
  return readMachine({ ...found, id });
}

/** How a machine is kept. */
export function machineText(configuration: MachineConfiguration): string {
  return JSON.stringify({ format: 1, ...configuration });
}

function readMachine(found: { readonly [key: string]: unknown; readonly id: VmGuid }): MachineConfiguration {
  const { id, name, memoryBytes, boot, drives, scsiControllers, adapters, disabledServices } = found;
  if (!Array.isArray(adapters))
    throw wrong("vm.request", "It does not say which network adapters there are.");
  if (!Array.isArray(disabledServices))
    throw wrong("vm.request", "It does not say which integration services there are.");
  return {
    id,
    name: checkMachineName(name),
    memoryBytes: checkMemory(memoryBytes),
    boot: checkBoot(boot),
    ...readSet({ drives, scsiControllers }),
    adapters: readAdapters(adapters),
    disabledServices: integrationServices.filter((service) => disabledServices.includes(service)),
  };
}

/** @throws HvError `memory.amount` */
export function checkMemory(found: unknown): number {
  const { least, most } = machineMemory;
  if (typeof found === "number" && found % megabyte === 0 && found >= least && found <= most) return found;
  throw wrong(
    "memory.amount",
    `Memory of a virtual machine is ${least / megabyte} MB to ${most / megabyte} MB, in whole MB.`,
  );
}

function checkBoot(found: unknown): NewMachineBoot {
  const boot = (found ?? {}) as Record<string, unknown>;
  switch (boot["kind"]) {
    case "bios": {
      const order: unknown = boot["bootOrder"];
      return order === undefined ? { kind: "bios" } : { kind: "bios", bootOrder: checkOrder(order) };
    }
    case "linux":
      return checkLinux(boot);
    default:
      throw wrong("vm.boot", "A virtual machine starts by its BIOS or from a kernel.");
  }
}

function checkOrder(found: unknown): readonly BootDevice[] {
  const order = Array.isArray(found) ? found : [];
  const known = bootDevices.filter((device) => order.includes(device));
  if (known.length !== order.length || order.length === 0)
    throw wrong("vm.boot", "A boot order names some of floppy, cd, ide and legacyNic, each once.");
  return [...known].sort((one, other) => order.indexOf(one) - order.indexOf(other));
}

function checkLinux(boot: Record<string, unknown>): NewMachineBoot {
  const { kernel, initrd, commandLine } = boot;
  if (typeof kernel !== "string" || kernel === "")
    throw wrong("vm.boot", "Choose the kernel that the machine starts from.");
  if (initrd !== null && typeof initrd !== "string")
    throw wrong("vm.boot", "The initial file system is a file, or none.");
  if (typeof commandLine !== "string" || /\p{Cc}/u.test(commandLine))
    throw wrong("vm.boot", "The kernel command line is one line of text.");
  if (commandLine.length > commandLineLimit)
    throw wrong("vm.boot", `The kernel command line has at most ${commandLineLimit} characters.`);
  return { kind: "linux", kernel, initrd, commandLine };
}

function wrong(code: string, text: string): HvError {
  return new HvError(code, text, { hresult: 0x80070057 });
}
