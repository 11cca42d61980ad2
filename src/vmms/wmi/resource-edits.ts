import { sameSlot } from "../../hvdef/index.ts";
import type { CimInstance } from "../../wmi/index.ts";
import { samePlace } from "../adapters/rules.ts";
import { type ResourceName, resourceNamed } from "./names.ts";
import {
  adapterOf,
  type Change,
  type ChangeSurroundings,
  driveAt,
  percentOf,
  putMedium,
  unsupported,
  wrongSetting,
} from "./resource-changes.ts";
import { megabyte } from "./resource-kinds.ts";
import type { WorldMachine } from "./world.ts";

/** Changes a resource that a machine has; what the setting leaves out stays. @throws HvError what refuses it */
export async function editResource(around: ChangeSurroundings, setting: CimInstance): Promise<Change> {
  const name = resourceNamed(around.machine.vm, String(setting.properties["InstanceID"]));
  if (name === null) throw wrongSetting("InstanceID names nothing that the machine has.");
  switch (name.kind) {
    case "processor":
      return editShare(around, setting);
    case "memory":
      return editMemory(around, setting);
    case "medium": {
      const [file] = listOf(setting.properties["Connection"]);
      if (typeof file !== "string") throw wrongSetting("Connection must name the file.");
      return putMedium(around, driveAt(around.machine, name.slot), { kind: "file", name: file });
    }
    case "adapter":
      return editAdapter(around, setting, name);
    case "integration":
      return editService(around, setting, name);
    case "controller":
    case "drive":
      throw unsupported("Controllers and drives are removed and added, not changed.");
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

async function editShare(
  { session, machine }: ChangeSurroundings,
  { properties }: CimInstance,
): Promise<Change> {
  const { vm, share: before } = machine;
  const { Reservation, Limit, Weight, VirtualQuantity: count = null } = properties;
  if (count !== null && count !== 1n) throw unsupported("A machine of this host has one virtual processor.");
  await session.setProcessorShare(vm.id, {
    reserve: percentOf(Reservation, before.reserve),
    limit: percentOf(Limit, before.limit),
    weight: typeof Weight === "number" ? Weight : before.weight,
  });
  return { name: { kind: "processor" }, undo: () => session.setProcessorShare(vm.id, before) };
}

/** Memory is as the catalogue has it: only what changes nothing is accepted. */
async function editMemory({ machine }: ChangeSurroundings, { properties }: CimInstance): Promise<Change> {
  const now = BigInt(Math.floor(machine.vm.memoryBytes / megabyte));
  const { VirtualQuantity: wanted = null, DynamicMemoryEnabled: dynamic = null } = properties;
  if ((wanted !== null && wanted !== now) || dynamic === true)
    throw unsupported("The memory of this machine cannot be changed.");
  return { name: { kind: "memory" }, undo: async () => {} };
}

type Named<K extends ResourceName["kind"]> = Extract<ResourceName, { kind: K }>;

async function editAdapter(
  around: ChangeSurroundings,
  setting: CimInstance,
  name: Named<"adapter">,
): Promise<Change> {
  const { session, machine } = around;
  const before = machine.vm.adapters.find((one) => samePlace(one, name.adapter));
  if (before === undefined) throw wrongSetting("There is no such network adapter.");
  await session.changeAdapter(machine.vm.id, adapterOf(around, before, setting));
  return { name, undo: () => session.changeAdapter(machine.vm.id, before) };
}

async function editService(
  { session, machine }: ChangeSurroundings,
  { properties }: CimInstance,
  name: Named<"integration">,
): Promise<Change> {
  const { id, integration } = machine.vm;
  const state = properties["EnabledState"] ?? null;
  if (state !== null && state !== 2 && state !== 3)
    throw wrongSetting("EnabledState must be 2, enabled, or 3, disabled.");
  const before = integration.find(({ service }) => service === name.service)?.enabled === true;
  if (state !== null) await session.setIntegrationService(id, name.service, state === 2);
  return { name, undo: () => session.setIntegrationService(id, name.service, before) };
}

/** Takes a resource away from a machine. @throws HvError what refuses it */
export async function removeResource(around: ChangeSurroundings, name: ResourceName): Promise<Change> {
  const { session, machine } = around;
  const { vm } = machine;
  switch (name.kind) {
    case "medium":
      return putMedium(around, driveAt(machine, name.slot), { kind: "empty" });
    case "drive":
      return removeDrive(around, name);
    case "adapter": {
      const before = vm.adapters.find((one) => samePlace(one, name.adapter));
      if (before === undefined) throw wrongSetting("There is no such network adapter.");
      await session.removeAdapter(vm.id, before.type, before.index);
      return { name, undo: () => session.addAdapter(vm.id, before) };
    }
    case "controller":
      return removeController(around, name);
    case "processor":
    case "memory":
    case "integration":
      throw unsupported("Every machine has one of these.");
  }
}

async function removeDrive(around: ChangeSurroundings, name: Named<"drive" | "medium">): Promise<Change> {
  const { session, machine, emptyDrives } = around;
  const { id } = machine.vm;
  const { slot, kind, medium } = driveAt(machine, name.slot);
  if (emptyDrives.remove(id, slot)) return { name, undo: async () => emptyDrives.add(id, slot) };
  await session.removeDrive(id, slot);
  return { name, undo: () => session.addDrive(id, { slot, kind, medium }) };
}

/** The guest counts its controllers: only the last one goes. */
async function removeController(around: ChangeSurroundings, name: Named<"controller">): Promise<Change> {
  const { session, machine } = around;
  const { id, scsiControllers, drives } = machine.vm;
  if (name.slot.controller !== "SCSI") throw unsupported("Every machine has these controllers.");
  if (name.slot.number !== scsiControllers - 1)
    throw unsupported("Only the last SCSI controller of a machine can be removed.");
  if (hasDrives(drives, name)) throw wrongSetting("Remove the drives of the controller first.");
  await session.setScsiControllers(id, scsiControllers - 1);
  return { name, undo: () => session.setScsiControllers(id, scsiControllers) };
}

function hasDrives(drives: WorldMachine["vm"]["drives"], { slot }: Named<"controller">): boolean {
  return drives.some((drive) => sameSlot(drive.slot, { ...slot, location: drive.slot.location }));
}
