import {
  type AdapterConfiguration,
  type DriveKind,
  type DriveSlot,
  legacyAdapterLimit,
  type Medium,
  type ParentSession,
  sameSlot,
  syntheticAdapterLimit,
} from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import type { CimInstance, MethodCall } from "../../wmi/index.ts";
import { usualAdapter } from "../adapters/rules.ts";
import { withDrive } from "../drives/rules.ts";
import type { EmptyDrives } from "./empty-drives.ts";
import { driveOf, type ResourceName, resourceNamed } from "./names.ts";
import { resourceTypes, subTypes, wholeProcessor } from "./resource-kinds.ts";
import { networkAt } from "./switch-methods.ts";
import type { World, WorldMachine } from "./world.ts";

/** A change of one resource, and what takes it back. */
export interface Change {
  readonly name: ResourceName;
  undo(): Promise<void>;
}

/** What changes are made with. */
export interface ChangeSurroundings {
  readonly session: ParentSession;
  readonly world: World;
  readonly machine: WorldMachine;
  readonly emptyDrives: EmptyDrives;
  readonly resolve: MethodCall["resolve"];
}

/** Refusals of the settings themselves. */
export const wrongSetting = (text: string): HvError =>
  new HvError("wmi.setting", text, { hresult: 0x80070057 });
/** What Hyper-V has and this host has not. */
export const unsupported = (text: string): HvError => new HvError("wmi.notSupported", text);

/** Gives a machine one more resource. @throws HvError what refuses it */
export async function addResource(around: ChangeSurroundings, setting: CimInstance): Promise<Change> {
  const { properties } = setting;
  switch (properties["ResourceType"]) {
    case resourceTypes.scsi:
      return addController(around);
    case resourceTypes.diskDrive:
      return addDrive(around, setting, "disk");
    case resourceTypes.dvdDrive:
      return addDrive(around, setting, "dvd");
    case resourceTypes.floppyDrive:
      return addDrive(around, setting, "floppy");
    case resourceTypes.storage:
      return addMedium(around, setting);
    case resourceTypes.ethernet:
      return addAdapter(around, setting);
    default:
      throw wrongSetting("A resource of this type cannot be added.");
  }
}

async function addController({ session, machine }: ChangeSurroundings): Promise<Change> {
  const { id, scsiControllers } = machine.vm;
  await session.setScsiControllers(id, scsiControllers + 1);
  return {
    name: { kind: "controller", slot: { controller: "SCSI", number: scsiControllers } },
    undo: () => session.setScsiControllers(id, scsiControllers),
  };
}

async function addDrive(around: ChangeSurroundings, setting: CimInstance, kind: DriveKind): Promise<Change> {
  const { session, machine, emptyDrives } = around;
  const { id } = machine.vm;
  const slot = slotOf(around, setting);
  const device = deviceOf(setting);
  const name = { kind: "drive", slot } as const;
  if (kind !== "disk" || device !== null) {
    await session.addDrive(id, { slot, kind, medium: device ?? { kind: "empty" } });
    return { name, undo: () => session.removeDrive(id, slot) };
  }
  // The place must be one for a disk; which one comes with the medium.
  const stand = { slot, kind, medium: { kind: "memory", byteLength: 512 } } as const;
  withDrive(machine.vm, stand, machine.vm.state === "off" ? "off" : "on");
  emptyDrives.add(id, slot);
  return { name, undo: async () => void emptyDrives.remove(id, slot) };
}

/** The pass-through disk or disc of a drive; `null`: it takes files. */
function deviceOf({ properties }: CimInstance): Medium | null {
  const subType = properties["ResourceSubType"];
  if (subType !== subTypes.physicalDisk && subType !== subTypes.physicalDvd) return null;
  const [name] = textsOf(properties["HostResource"]);
  if (name === undefined) throw wrongSetting("A physical drive needs its device in HostResource.");
  return { kind: "device", name };
}

/** Where a drive hangs: Parent is its controller, Address its place there. */
function slotOf(around: ChangeSurroundings, { properties }: CimInstance): DriveSlot {
  const parent = resourceAt(around, properties["Parent"]);
  if (parent?.kind !== "controller")
    throw wrongSetting("Parent must be the path of a controller of the machine.");
  const { controller, number } = parent.slot;
  const address = properties["Address"] ?? "0";
  if (typeof address !== "string" || !/^\d{1,3}$/.test(address))
    throw wrongSetting("Address must be the number of a place on the controller.");
  return { controller, number, location: Number(address) };
}

function resourceAt({ machine, resolve }: ChangeSurroundings, path: unknown): ResourceName | null {
  const found = typeof path === "string" ? resolve(path) : null;
  return found === null ? null : resourceNamed(machine.vm, String(found.properties["InstanceID"]));
}

async function addMedium(around: ChangeSurroundings, setting: CimInstance): Promise<Change> {
  const { machine } = around;
  const parent = resourceAt(around, setting.properties["Parent"]);
  const drive = parent?.kind === "drive" ? driveOf(machine.vm, parent.slot) : undefined;
  if (drive === undefined) throw wrongSetting("Parent must be the path of a drive of the machine.");
  if (drive.medium.kind !== "empty")
    throw new HvError("drive.taken", "There is something in the drive already.", { hresult: 0x80070020 });
  return putMedium(around, drive, mediumOf(setting));
}

function mediumOf({ properties }: CimInstance): Medium {
  const [name] = textsOf(properties["Connection"]);
  if (name === undefined) throw wrongSetting("Connection must name the file.");
  return { kind: "file", name };
}

/** Puts a medium into a drive, or takes it out. A hard disk drive without a disk is known to WMI alone. */
export async function putMedium(
  { session, machine, emptyDrives }: ChangeSurroundings,
  { slot, kind, medium: before }: WorldMachine["vm"]["drives"][number],
  medium: Medium,
): Promise<Change> {
  const { id } = machine.vm;
  async function put(from: Medium, to: Medium): Promise<void> {
    if (kind !== "disk") await session.setMedium(id, slot, to);
    else if (to.kind === "empty") {
      await session.removeDrive(id, slot);
      emptyDrives.add(id, slot);
    } else if (from.kind === "empty") {
      await session.addDrive(id, { slot, kind, medium: to });
      emptyDrives.remove(id, slot);
    } else await session.setMedium(id, slot, to);
  }
  await put(before, medium);
  return { name: { kind: "medium", slot }, undo: () => put(medium, before) };
}

async function addAdapter(around: ChangeSurroundings, setting: CimInstance): Promise<Change> {
  const { session, machine } = around;
  const isSynthetic = setting.className === "Msvm_SyntheticEthernetPortSettingData";
  const type = isSynthetic ? "synthetic" : "legacy";
  const taken = machine.vm.adapters.filter((one) => one.type === type).map(({ index }) => index);
  const limit = isSynthetic ? syntheticAdapterLimit : legacyAdapterLimit;
  const index = Array.from({ length: limit }, (_none, place) => place).find(
    (place) => !taken.includes(place),
  );
  if (index === undefined) throw wrongSetting(`A machine has at most ${limit} ${type} network adapters.`);
  const adapter = adapterOf(around, usualAdapter({ type, index }, null), setting);
  await session.addAdapter(machine.vm.id, adapter);
  return {
    name: { kind: "adapter", adapter },
    undo: () => session.removeAdapter(machine.vm.id, type, index),
  };
}

/** An adapter as a setting wants it; what the setting leaves out stays. */
export function adapterOf(
  around: ChangeSurroundings,
  before: AdapterConfiguration,
  { properties }: CimInstance,
): AdapterConfiguration {
  const { StaticMacAddress: wanted = null, Address: address = null, Connection: connection } = properties;
  const staticMac = typeof wanted === "boolean" ? wanted : before.staticMac;
  const given = typeof address === "string" && address !== "" ? dashed(address) : null;
  const network = connection === undefined ? before.network : networkOf(around, textsOf(connection));
  return { ...before, staticMac, mac: staticMac ? (given ?? before.mac) : before.mac, network };
}

function networkOf(
  { resolve, world }: ChangeSurroundings,
  [path]: readonly string[],
): AdapterConfiguration["network"] {
  if (path === undefined || path === "") return null;
  const network = networkAt({ resolve }, world, path);
  if (network === null) throw wrongSetting("Connection must be the path of a switch port or of a switch.");
  return network.id;
}

/** `00155D010A03` as the host writes it. What is none is refused where adapters are checked. */
function dashed(address: string): string {
  return /^[0-9a-fA-F]{12}$/.test(address) ? (address.match(/../g) ?? []).join("-").toUpperCase() : address;
}

/** The percent that a number of Hyper-V's is. */
export function percentOf(found: unknown, otherwise: number): number {
  return typeof found === "bigint" ? (Number(found) * 100) / wholeProcessor : otherwise;
}

/** The texts of an array; nothing else is in it. */
function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** The drive of a place, also one without a disk. @throws HvError */
export function driveAt({ vm }: WorldMachine, slot: DriveSlot): WorldMachine["vm"]["drives"][number] {
  const drive = vm.drives.find((one) => sameSlot(one.slot, slot));
  if (drive === undefined) throw wrongSetting("There is no such drive.");
  return drive;
}
