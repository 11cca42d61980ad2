import type { CimInstance } from "../../../wmi/index.ts";
import type { Call } from "../../run/machine.ts";
import { makeObject, type ObjectValue, type Value } from "../../values/value.ts";
import { invalid } from "./failures.ts";
import { askService, firstOf, query, quoted, setting, textOf, wholeOf } from "./host.ts";
import type { MachineOnHost } from "./machines.ts";

/** Kinds of drives: their numbers and names in the provider. @wmi 4.4 */
export const driveKinds = {
  disk: {
    type: 22n,
    drive: "Microsoft Synthetic Disk Drive",
    file: "Microsoft Virtual Hard Disk",
    title: "Hard Drive",
    object: "HardDiskDrive",
  },
  dvd: {
    type: 16n,
    drive: "Microsoft Synthetic DVD Drive",
    file: "Microsoft Virtual CD/DVD Disk",
    title: "DVD Drive",
    object: "DvdDrive",
  },
  floppy: {
    type: 14n,
    drive: "Microsoft Synthetic Diskette Drive",
    file: "Microsoft Virtual Floppy Disk",
    title: "Diskette Drive",
    object: "VMFloppyDiskDrive",
  },
} as const;
/** A kind of drive. */
export type DriveKind = keyof typeof driveKinds;

const mediumType = 21;
const settingClass = "Msvm_ResourceAllocationSettingData";

/** A controller of a machine. */
export interface Controller {
  readonly type: "IDE" | "SCSI" | "Floppy";
  readonly number: number;
  readonly path: string;
}

/** A drive of a machine, with what is in it. */
export interface Drive {
  readonly kind: DriveKind;
  readonly controller: Controller;
  readonly location: number;
  readonly setting: CimInstance;
  readonly medium: CimInstance | null;
  /** The file, or the device of the host; empty when there is neither. */
  readonly file: string;
}

/** Controllers and drives of a machine. */
export interface Rack {
  readonly controllers: readonly Controller[];
  readonly drives: readonly Drive[];
}

/** Settings of a machine of one class. */
export function settingsOf(
  call: Call,
  { id }: MachineOnHost,
  className: string,
): Promise<readonly CimInstance[]> {
  return query(call, `SELECT * FROM ${className} WHERE InstanceID LIKE ${quoted(`Microsoft:${id}%`)}`);
}

const controllerTypes: { readonly [type: number]: Controller["type"] } = { 5: "IDE", 6: "SCSI", 1: "Floppy" };

/** What a machine has of controllers and drives. */
export async function rackOf(call: Call, machine: MachineOnHost): Promise<Rack> {
  const all = await settingsOf(call, machine, settingClass);
  const controllers = all.flatMap((one): readonly Controller[] => {
    const type = controllerTypes[Number(wholeOf(one, "ResourceType") ?? 0n)];
    return type === undefined || one.path === null
      ? []
      : [{ type, number: Number(textOf(one, "Address")), path: one.path }];
  });
  const drives = all.flatMap((one): readonly Drive[] => {
    const kind = kindOf(one);
    const controller = controllers.find(({ path }) => samePath(path, textOf(one, "Parent")));
    if (kind === null || controller === undefined) return [];
    const medium = all.find(
      (other) =>
        wholeOf(other, "ResourceType") === BigInt(mediumType) &&
        samePath(one.path ?? "", textOf(other, "Parent")),
    );
    const file = medium === undefined ? firstOf(one, "HostResource") : firstOf(medium, "Connection");
    return [
      {
        kind,
        controller,
        location: Number(textOf(one, "Address")),
        setting: one,
        medium: medium ?? null,
        file,
      },
    ];
  });
  return { controllers, drives: drives.sort(byPlace) };
}

function kindOf(one: CimInstance): DriveKind | null {
  const type = wholeOf(one, "ResourceType");
  for (const kind of ["disk", "dvd", "floppy"] as const) if (driveKinds[kind].type === type) return kind;
  return null;
}

function samePath(one: string, other: string): boolean {
  return one !== "" && one.toLowerCase() === other.toLowerCase();
}

function byPlace(one: Drive, other: Drive): number {
  const place = ({ controller, location }: Drive): string =>
    `${controller.type}${String(controller.number).padStart(3, "0")}${String(location).padStart(3, "0")}`;
  return place(one) < place(other) ? -1 : 1;
}

/** A drive as the Get cmdlets give it. */
export function driveObject(
  machine: MachineOnHost,
  { kind, controller, location, setting: of, file }: Drive,
): ObjectValue {
  const { title, object } = driveKinds[kind];
  const place = `${controller.type} controller number ${controller.number} at location ${location}`;
  const media: readonly (readonly [string, Value])[] = [
    ...(kind === "dvd" ? [["DvdMediaType", file === "" ? "None" : "ISO"] as const] : []),
    ...(kind === "disk" ? [["DiskNumber", null] as const] : []),
  ];
  return makeObject(
    [`Microsoft.HyperV.PowerShell.${object}`, "Microsoft.HyperV.PowerShell.Drive"],
    [
      ["VMName", machine.name],
      ["VMId", machine.id.toLowerCase()],
      ["Name", `${title} on ${place}`],
      ["ControllerType", controller.type],
      ["ControllerNumber", BigInt(controller.number)],
      ["ControllerLocation", BigInt(location)],
      ...media,
      ["Path", file === "" ? null : file],
      ["Id", textOf(of, "InstanceID")],
    ],
    { text: `${title} on ${place}` },
  );
}

/** Where a drive is to be; what is `null` is found. */
export interface WantedPlace {
  readonly type: Controller["type"] | null;
  readonly number: number | null;
  readonly location: number | null;
}

const places = { IDE: 2, SCSI: 64, Floppy: 1 } as const;

/** A place that is free. @throws ScriptError when there is none as wanted */
export function freePlace(
  { controllers, drives }: Rack,
  { type, number, location }: WantedPlace,
): { readonly controller: Controller; readonly location: number } {
  for (const controller of controllers) {
    const isWanted =
      (type === null ? controller.type !== "Floppy" : controller.type === type) &&
      (number === null || controller.number === number);
    if (!isWanted) continue;
    for (let at = 0; at < places[controller.type]; at++) {
      const isTaken = drives.some((one) => one.controller === controller && one.location === at);
      if ((location === null || location === at) && !isTaken) return { controller, location: at };
    }
  }
  const wanted = [type, number, location].map((one) => one ?? "any").join(" ");
  throw invalid(`There is no free place for the drive (controller ${wanted}).`);
}

/** Gives a machine a drive with a file in it, or none; takes the drive away again when the file is refused. */
export async function addDrive(
  call: Call,
  machine: MachineOnHost,
  {
    kind,
    place,
    file,
  }: { readonly kind: DriveKind; readonly place: ReturnType<typeof freePlace>; readonly file: string | null },
): Promise<void> {
  const made = await addResource(call, machine, {
    what: `Adding a drive to '${machine.name}'`,
    properties: {
      ResourceType: Number(driveKinds[kind].type),
      ResourceSubType: driveKinds[kind].drive,
      Parent: place.controller.path,
      Address: String(place.location),
    },
  });
  if (file === null) return;
  try {
    await addMedium(call, machine, { kind, drive: made, file });
  } catch (failure) {
    await removeResources(call, machine, { what: "Removing the drive", paths: [made] });
    throw failure;
  }
}

/** Puts a file into a drive. */
export async function addMedium(
  call: Call,
  machine: MachineOnHost,
  { kind, drive, file }: { readonly kind: DriveKind; readonly drive: string; readonly file: string },
): Promise<void> {
  await addResource(call, machine, {
    what: `Attaching '${file}' to '${machine.name}'`,
    properties: {
      ResourceType: mediumType,
      ResourceSubType: driveKinds[kind].file,
      Parent: drive,
      Connection: [file],
    },
  });
}

interface Adding {
  readonly what: string;
  readonly properties: CimInstance["properties"];
  readonly className?: string;
}

/** Gives a machine one more resource. Answers its path. */
export async function addResource(
  call: Call,
  machine: MachineOnHost,
  { what, properties, className = settingClass }: Adding,
): Promise<string> {
  const out = await askService(call, "machines", {
    method: "AddVirtualSystemResources",
    parameters: { TargetSystem: machine.path, ResourceSettingData: [setting(className, properties)] },
    what,
    target: machine.name,
  });
  return firstOf({ properties: out }, "NewResources");
}

/** Changes a resource that a machine has: only what is named. */
export async function modifyResource(
  call: Call,
  machine: MachineOnHost,
  {
    what,
    of,
    properties,
  }: { readonly what: string; readonly of: CimInstance; readonly properties: CimInstance["properties"] },
): Promise<void> {
  await askService(call, "machines", {
    method: "ModifyVirtualSystemResources",
    parameters: {
      ComputerSystem: machine.path,
      ResourceSettingData: [setting(of.className, { InstanceID: textOf(of, "InstanceID"), ...properties })],
    },
    what,
    target: machine.name,
  });
}

/** Takes resources away from a machine: all of them, or none. */
export async function removeResources(
  call: Call,
  machine: MachineOnHost,
  { what, paths }: { readonly what: string; readonly paths: readonly string[] },
): Promise<void> {
  await askService(call, "machines", {
    method: "RemoveVirtualSystemResources",
    parameters: { TargetSystem: machine.path, ResourceSettingData: paths },
    what,
    target: machine.name,
  });
}
