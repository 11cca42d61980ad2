import { cmdlet } from "../../run/cmdlet.ts";
import type { Call, Cmdlet, Given } from "../../run/machine.ts";
import { type Parameter, parameter } from "../../run/parameter.ts";
import { toText } from "../../values/text.ts";
import { makeObject, propertyOf } from "../../values/value.ts";
import {
  addDrive,
  addMedium,
  addResource,
  type Controller,
  type Drive,
  type DriveKind,
  driveKinds,
  driveObject,
  freePlace,
  modifyResource,
  type Rack,
  rackOf,
  removeResources,
} from "./drives.ts";
import { invalid } from "./failures.ts";
import {
  allMachines,
  byNames,
  eachMachine,
  enabledStates,
  type MachineOnHost,
  ownerParameters,
  passthru,
} from "./machines.ts";

const module = "Hyper-V";

/** Nouns of drives, with what may stand in their places. */
const nouns: {
  readonly [K in DriveKind]: {
    readonly noun: string;
    readonly types: readonly Controller["type"][];
    readonly what: string;
  };
} = {
  disk: { noun: "VMHardDiskDrive", types: ["IDE", "SCSI"], what: "hard disk drives" },
  dvd: { noun: "VMDvdDrive", types: ["IDE", "SCSI"], what: "DVD drives" },
  floppy: { noun: "VMFloppyDiskDrive", types: ["Floppy"], what: "diskette drives" },
};

function placeParameters(kind: DriveKind): readonly Parameter[] {
  if (kind === "floppy") return [];
  return [
    parameter("ControllerType", "text", "IDE or SCSI.", { values: ["IDE", "SCSI"] }),
    parameter("ControllerNumber", "whole", "Which controller of the type, from 0.", { pipeline: "name" }),
    parameter("ControllerLocation", "whole", "The place on the controller, from 0.", { pipeline: "name" }),
  ];
}

/** Machines by name or object, or the drive itself as the Get cmdlet gives it. */
function driveParameters(kind: DriveKind): readonly Parameter[] {
  const { noun } = nouns[kind];
  return [
    ...ownerParameters,
    parameter(noun, "list", "The drives, as the Get cmdlet gives them.", {
      position: 0,
      mandatory: true,
      pipeline: "value",
      of: driveKinds[kind].object,
      sets: ["Object"],
    }),
  ];
}

function isPlace({ controller, location }: Drive, given: Given): boolean {
  const type = given.text("ControllerType");
  const number = given.whole("ControllerNumber");
  const at = given.whole("ControllerLocation");
  return (
    (type === null || controller.type === type) &&
    (number === null || BigInt(controller.number) === number) &&
    (at === null || BigInt(location) === at)
  );
}

function getDrives(kind: DriveKind): Cmdlet {
  const { noun, what } = nouns[kind];
  return cmdlet({
    name: `Get-${noun}`,
    module,
    outputs: driveKinds[kind].object,
    synopsis: `Lists ${what} of virtual machines.`,
    standardSet: "VMName",
    parameters: [...ownerParameters, ...placeParameters(kind)],
    open: (call) => ({
      process: (given) =>
        eachMachine(call, given, async (machine) => {
          for (const drive of (await rackOf(call, machine)).drives)
            if (drive.kind === kind && isPlace(drive, given)) await call.out(driveObject(machine, drive));
        }),
    }),
  });
}

/** Does something with each drive that is meant. A place where there is none is told as a failure. */
async function eachDrive(
  call: Call,
  given: Given,
  {
    kind,
    work,
  }: { readonly kind: DriveKind; readonly work: (machine: MachineOnHost, drive: Drive) => Promise<void> },
): Promise<void> {
  const { noun, what } = nouns[kind];
  const select = async (machine: MachineOnHost, fits: (drive: Drive) => boolean): Promise<void> => {
    const found = (await rackOf(call, machine)).drives.filter((drive) => drive.kind === kind && fits(drive));
    if (found.length === 0)
      throw invalid(`'${machine.name}' has no such drive among its ${what}.`, machine.name);
    for (const drive of found) await work(machine, drive);
  };
  if (!given.has(noun))
    return eachMachine(call, given, (machine) => select(machine, (drive) => isPlace(drive, given)));
  const all = await allMachines(call);
  for (const item of given.items(noun)) {
    const id = toText(propertyOf(item, "Id")).toLowerCase();
    try {
      const [machine] = await byNames(call, all, [toText(propertyOf(item, "VMName"))]);
      if (machine !== undefined)
        await select(machine, ({ setting }) => String(setting.properties["InstanceID"]).toLowerCase() === id);
    } catch (failure) {
      await call.error(failure);
    }
  }
}

function wantedOf(
  given: Given,
  { types }: { readonly types: readonly Controller["type"][] },
  machine: MachineOnHost,
) {
  const whole = (name: string): number | null => {
    const found = given.whole(name);
    return found === null ? null : Number(found);
  };
  const told = types.find((one) => one === given.text("ControllerType"));
  // A machine that runs has no hands free on its IDE controllers.
  const usual = types.length === 1 ? types[0] : machine.state === enabledStates.off ? undefined : "SCSI";
  return {
    type: told ?? usual ?? null,
    number: whole("ControllerNumber"),
    location: whole("ControllerLocation"),
  };
}

function addDrives(kind: DriveKind): Cmdlet {
  const { noun, what } = nouns[kind];
  return cmdlet({
    name: `Add-${noun}`,
    module,
    outputs: driveKinds[kind].object,
    synopsis: `Gives virtual machines ${what}.`,
    standardSet: "VMName",
    confirms: "asked",
    parameters: [
      ...ownerParameters,
      ...placeParameters(kind),
      parameter("Path", "text", "The file that is put in.", { position: 4, completes: "file" }),
      passthru,
    ],
    open: (call) => ({
      process: (given) =>
        eachMachine(call, given, async (machine) => {
          const file = given.text("Path");
          if (!(await call.shouldProcess(machine.name, `Add-${noun}`))) return;
          const rack: Rack = await rackOf(call, machine);
          const place = freePlace(rack, wantedOf(given, nouns[kind], machine));
          await addDrive(call, machine, { kind, place, file });
          if (!given.flag("Passthru")) return;
          const made = (await rackOf(call, machine)).drives.find(
            ({ controller, location }) =>
              controller.path === place.controller.path && location === place.location,
          );
          if (made !== undefined) await call.out(driveObject(machine, made));
        }),
    }),
  });
}

function removeDrives(kind: DriveKind): Cmdlet {
  const { noun, what } = nouns[kind];
  return cmdlet({
    name: `Remove-${noun}`,
    module,
    synopsis: `Takes ${what} away from virtual machines; files stay.`,
    standardSet: "VMName",
    confirms: "asked",
    parameters: [
      ...driveParameters(kind),
      ...placeParameters(kind).map((one) => ({
        ...one,
        mandatory: true,
        sets: ["VMName", "VMObject"],
        pipeline: null,
      })),
    ],
    open: (call) => ({
      process: (given) =>
        eachDrive(call, given, {
          kind,
          async work(machine, drive) {
            if (!(await call.shouldProcess(machine.name, `Remove-${noun}`))) return;
            const paths = [drive.medium?.path, drive.setting.path].filter(
              (path) => path !== null && path !== undefined,
            );
            await removeResources(call, machine, { what: `Removing a drive of '${machine.name}'`, paths });
          },
        }),
    }),
  });
}

function setDrives(kind: DriveKind): Cmdlet {
  const { noun, what } = nouns[kind];
  const isRemovable = kind !== "disk";
  return cmdlet({
    name: `Set-${noun}`,
    module,
    synopsis: `Puts a file into ${what}${isRemovable ? ", or takes it out" : ""}.`,
    standardSet: "VMName",
    confirms: "asked",
    parameters: [
      ...driveParameters(kind),
      ...placeParameters(kind).map((one) => ({ ...one, pipeline: null, sets: ["VMName", "VMObject"] })),
      parameter(
        "Path",
        isRemovable ? "any" : "text",
        isRemovable ? "The file; $null takes it out." : "The file.",
        {
          position: 4,
          mandatory: true,
          completes: "file",
        },
      ),
      passthru,
    ],
    open: (call) => ({
      process: (given) =>
        eachDrive(call, given, {
          kind,
          async work(machine, drive) {
            if (!(await call.shouldProcess(machine.name, `Set-${noun}`))) return;
            await putFile(call, { machine, drive, file: given.text("Path") });
            const after = (await rackOf(call, machine)).drives.find(
              ({ setting }) => setting.path === drive.setting.path,
            );
            if (given.flag("Passthru") && after !== undefined) await call.out(driveObject(machine, after));
          },
        }),
    }),
  });
}

interface Putting {
  readonly machine: MachineOnHost;
  readonly drive: Drive;
  readonly file: string | null;
}

async function putFile(call: Call, { machine, drive, file }: Putting): Promise<void> {
  const { kind, medium, setting } = drive;
  const what = `Changing what is in a drive of '${machine.name}'`;
  if (file === null || file === "") {
    if (medium?.path !== null && medium?.path !== undefined)
      await removeResources(call, machine, { what, paths: [medium.path] });
  } else if (medium === null) await addMedium(call, machine, { kind, drive: setting.path ?? "", file });
  else await modifyResource(call, machine, { what, of: medium, properties: { Connection: [file] } });
}

function getControllers(type: "IDE" | "SCSI"): Cmdlet {
  const noun = type === "IDE" ? "VMIdeController" : "VMScsiController";
  return cmdlet({
    name: `Get-${noun}`,
    module,
    outputs: noun,
    synopsis: `Lists ${type} controllers of virtual machines.`,
    standardSet: "VMName",
    parameters: [
      ...ownerParameters,
      parameter("ControllerNumber", "whole", "Which, from 0.", { position: 1 }),
    ],
    open: (call) => ({
      process: (given) =>
        eachMachine(call, given, async (machine) => {
          const { controllers, drives } = await rackOf(call, machine);
          for (const one of controllers) {
            const number = given.whole("ControllerNumber");
            if (one.type !== type || (number !== null && BigInt(one.number) !== number)) continue;
            const own = drives
              .filter(({ controller }) => controller === one)
              .map((drive) => driveObject(machine, drive));
            await call.out(
              makeObject(
                [`Microsoft.HyperV.PowerShell.${noun}`],
                [
                  ["VMName", machine.name],
                  ["ControllerNumber", BigInt(one.number)],
                  ["Drives", { kind: "list", items: own }],
                ],
                { text: `${type} controller ${one.number}` },
              ),
            );
          }
        }),
    }),
  });
}

/** @cmdlet Add-VMScsiController partial: no -Passthru */
const addScsi: Cmdlet = cmdlet({
  name: "Add-VMScsiController",
  module,
  synopsis: "Gives virtual machines one more SCSI controller.",
  standardSet: "VMName",
  confirms: "asked",
  parameters: ownerParameters,
  open: (call) => ({
    process: (given) =>
      eachMachine(call, given, async (machine) => {
        if (!(await call.shouldProcess(machine.name, "Add-VMScsiController"))) return;
        await addResource(call, machine, {
          what: `Adding a SCSI controller to '${machine.name}'`,
          properties: { ResourceType: 6, ResourceSubType: "Microsoft Synthetic SCSI Controller" },
        });
      }),
  }),
});

/** @cmdlet Remove-VMScsiController partial: the last one, by its machine and number */
const removeScsi: Cmdlet = cmdlet({
  name: "Remove-VMScsiController",
  module,
  synopsis: "Takes a SCSI controller away from virtual machines.",
  standardSet: "VMName",
  confirms: "asked",
  parameters: [
    ...ownerParameters,
    parameter("ControllerNumber", "whole", "Which, from 0.", { position: 1, mandatory: true }),
  ],
  open: (call) => ({
    process: (given) =>
      eachMachine(call, given, async (machine) => {
        const { controllers } = await rackOf(call, machine);
        const found = controllers.find(
          ({ type, number }) => type === "SCSI" && BigInt(number) === given.whole("ControllerNumber"),
        );
        if (found === undefined)
          throw invalid(`'${machine.name}' has no such SCSI controller.`, machine.name);
        if (!(await call.shouldProcess(machine.name, "Remove-VMScsiController"))) return;
        await removeResources(call, machine, {
          what: `Removing a SCSI controller of '${machine.name}'`,
          paths: [found.path],
        });
      }),
  }),
});

/**
 * Cmdlets for drives and controllers.
 * @cmdlet Get-VMHardDiskDrive full
 * @cmdlet Set-VMHardDiskDrive partial: no other place
 * @cmdlet Get-VMDvdDrive full
 * @cmdlet Set-VMDvdDrive partial: no other place
 */
export const driveCmdlets: readonly Cmdlet[] = [
  ...(["disk", "dvd", "floppy"] as const).flatMap((kind) => [getDrives(kind), setDrives(kind)]),
  ...(["disk", "dvd"] as const).flatMap((kind) => [addDrives(kind), removeDrives(kind)]),
  getControllers("IDE"),
  getControllers("SCSI"),
  addScsi,
  removeScsi,
];
