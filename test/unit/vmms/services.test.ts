import { expect, test } from "vitest";
import {
  firstInternalChannel,
  SrbDirection,
  SrbStatus,
  StorFlag,
  StorHeader,
  StorOperation,
  StorSrbPacket,
} from "../../../src/hvdef/index.ts";
import { ramDisk } from "../../../src/storage/index.ts";
import {
  type AttachedDisk,
  catalogue,
  describeIde,
  planServices,
  type ServicePlan,
  type StockDisk,
  type StockVm,
} from "../../../src/vmms/index.ts";
import { type LabChannel, labChannel } from "../../lab/channel.ts";

type Place = Pick<StockDisk, "controller" | "slot">;

function attach(places: readonly Place[]): readonly AttachedDisk[] {
  return places.map(({ controller, slot }) => ({
    disk: ramDisk(512 * 100 * (slot + 1)),
    kept: "memory",
    writeBack() {},
    stock: { name: `${controller} ${slot}`, controller, slot, source: { kind: "own" } },
  }));
}
function machine(index: number): StockVm {
  const vm = catalogue[index];
  if (vm === undefined) throw new Error("the catalogue is too short");
  return vm;
}

/** Opens the plan's channel as the relay does; a SCSI controller is initialised as its driver does. */
function open(plan: ServicePlan, channel: number): LabChannel {
  const owner = plan.owners.find((one) => one.channel === channel)?.owner;
  if (owner === undefined) throw new Error(`nobody owns channel ${channel}`);
  const lab = labChannel(owner);
  lab.open();
  if (channel >= firstInternalChannel) return lab;
  const steps = [
    { operation: StorOperation.beginInitialization, value: 0 },
    { operation: StorOperation.queryProtocolVersion, value: 0x0602 },
    { operation: StorOperation.queryProperties, value: 0 },
    { operation: StorOperation.endInitialization, value: 0 },
  ];
  for (const { operation, value } of steps) {
    const payload = new Uint8Array(64);
    const view = new DataView(payload.buffer);
    StorHeader.write(view, 0, { operation, flags: StorFlag.completionRequested, status: 0 });
    view.setUint16(12, value, true);
    expect(new DataView(lab.ask({ payload }).payload.buffer).getUint32(8, true)).toBe(0);
  }
  return lab;
}

/** INQUIRY of a vital product data page. */
function inquire(lab: LabChannel, lun: number, page: number): Uint8Array | null {
  const cdbOrSense = new Uint8Array(20);
  cdbOrSense.set([0x12, 1, page, 0, 252, 0]);
  const payload = StorSrbPacket.bytes({
    operation: StorOperation.executeSrb,
    flags: StorFlag.completionRequested,
    status: 0,
    length: 52,
    srbStatus: 0,
    scsiStatus: 0,
    port: 0,
    path: 0,
    target: 0,
    lun,
    cdbLength: 6,
    senseLength: 20,
    direction: SrbDirection.read,
    reserved1: 0,
    transferLength: 252,
    cdbOrSense,
    reserved2: 0,
    queueTag: 0,
    queueAction: 0,
    srbFlags: 0,
    timeout: 60,
    sortKey: 0,
  });
  const answer = lab.ask({ payload, dataRoom: 252 });
  const isGood = (answer.payload[StorSrbPacket.at.srbStatus] ?? 0) % 64 === SrbStatus.success;
  return isGood ? answer.data : null;
}
const idOf = (lab: LabChannel, lun: number): string =>
  Buffer.from(inquire(lab, lun, 0x83) ?? []).toString("hex");

test("emulated disks hang at internal channels by slot and are offered to nobody", () => {
  const plan = planServices(
    machine(0),
    attach([
      { controller: "IDE", slot: 1 },
      { controller: "IDE", slot: 0 },
    ]),
  );
  expect(plan.offers).toEqual([]);
  expect(plan.owners.map(({ channel }) => channel).sort()).toEqual([
    firstInternalChannel,
    firstInternalChannel + 1,
  ]);
});

test("synthetic disks share one controller, which is offered once", () => {
  const plan = planServices(
    machine(0),
    attach([
      { controller: "SCSI", slot: 0 },
      { controller: "SCSI", slot: 5 },
      { controller: "IDE", slot: 0 },
    ]),
  );
  expect(plan.offers).toHaveLength(1);
  const [offer] = plan.offers;
  expect(offer).toMatchObject({
    channel: 1,
    interfaceType: "ba6163d9-04a1-4d29-b605-72e2ffb1dc7f",
    gather: "storvsc",
  });
  expect(plan.owners.map(({ channel }) => channel).sort()).toEqual([1, firstInternalChannel]);
  const lab = open(plan, 1);
  expect(inquire(lab, 0, 0x83)).not.toBeNull();
  expect(inquire(lab, 5, 0x83)).not.toBeNull();
});

test("a machine without disks offers nothing and serves nothing", () => {
  expect(planServices(machine(0), [])).toEqual({ owners: [], offers: [] });
});

test("every disk of every machine has a name of its own, which never changes", () => {
  const places: readonly Place[] = [
    { controller: "IDE", slot: 0 },
    { controller: "IDE", slot: 1 },
    { controller: "SCSI", slot: 0 },
    { controller: "SCSI", slot: 1 },
  ];
  const names = () =>
    catalogue.flatMap((vm) => {
      const plan = planServices(vm, attach(places));
      const scsi = open(plan, 1);
      return [
        idOf(open(plan, firstInternalChannel), 0),
        idOf(open(plan, firstInternalChannel + 1), 0),
        idOf(scsi, 0),
        idOf(scsi, 1),
      ];
    });
  const first = names();
  expect(first.every((name) => name.length > 16)).toBe(true);
  expect(new Set(first).size).toBe(catalogue.length * places.length);
  expect(names()).toEqual(first);
});

test("an emulated disk is described with its place, its size and its first sector", async () => {
  const [disk] = attach([{ controller: "IDE", slot: 1 }]);
  if (disk === undefined) throw new Error("no disk");
  const sector = new Uint8Array(512).fill(0xa5);
  disk.disk.write(0, sector);
  expect(await describeIde(disk)).toEqual({ channel: 1, byteLength: 102_400, firstSector: sector });
  const slow: AttachedDisk = {
    ...disk,
    disk: { ...disk.disk, prepare: () => Promise.resolve(), read: () => "mediumError" },
  };
  expect((await describeIde(slow)).firstSector).toEqual(new Uint8Array(512));
});
