import { describe, expect, test } from "vitest";
import {
  DeviceClass,
  firstInternalChannel,
  SrbStatus,
  StorOperation,
  StorSrbPacket,
} from "../../../src/hvdef/index.ts";
import { type Disk, ramDisk } from "../../../src/storage/index.ts";
import { type AttachedDrive, catalogue, describeEmulated, openServices } from "../../../src/vmms/index.ts";
import { type LabChannel, labChannel } from "../../lab/channel.ts";
import { slotOf, web01 } from "../../lab/memory-host.ts";
import { ready, srb } from "../../lab/storvsc.ts";
import { labSectors } from "../../lab/vhd.ts";

type Kind = "disk" | "dvd" | "floppy";
const driveOf = (place: string, kind: Kind = "disk") => ({ slot: slotOf(place), kind });

function open(wanted: { vm?: string; drives?: ReturnType<typeof driveOf>[]; scsiControllers?: number }) {
  return openServices({ vm: web01, drives: [], scsiControllers: 0, onStalled() {}, ...wanted });
}
/** Opens a channel as the relay does; a synthetic controller is initialised as its driver does. */
function channelOf(services: ReturnType<typeof open>, channel: number): LabChannel {
  const owner = services.owners.find((one) => one.channel === channel)?.owner;
  if (owner === undefined) throw new Error(`nobody owns channel ${channel}`);
  if (channel < firstInternalChannel) return ready(owner);
  const lab = labChannel(owner);
  lab.open();
  return lab;
}
/** The page that names a disk, as hex; `null` when nothing is there. */
function idOf(lab: LabChannel, lun = 0, target = 0): string | null {
  const cdb = [0x12, 1, 0x83, 0, 252, 0];
  const answer = lab.ask({ payload: srb({ cdb, lun, target, length: 252 }), dataRoom: 252 });
  const good =
    ((answer.payload[StorSrbPacket.at.srbStatus] ?? 0) & 0x3f) === SrbStatus.success &&
    (answer.data[0] ?? 0xff) >> 5 === 0;
  return good ? Buffer.from(answer.data).toString("hex") : null;
}

describe("who serves what", () => {
  test("emulated drives hang at internal channels by place; IDE disks are offered to the guest as well", () => {
    const drives = [
      driveOf("IDE 0:0"),
      driveOf("IDE 0:1"),
      driveOf("IDE 1:0", "dvd"),
      driveOf("IDE 1:1"),
      driveOf("floppy", "floppy"),
    ];
    const services = open({ drives });
    expect(services.owners.map(({ channel }) => channel)).toEqual([
      ...[0, 1, 2, 3, 4].map((place) => firstInternalChannel + place),
      ...[8, 9, 11],
    ]);
    expect(services.offers.map(({ channel, interfaceType }) => [channel, interfaceType])).toEqual(
      [8, 9, 11].map((channel) => [channel, DeviceClass.ide]),
    );
    expect(new Set(services.offers.map(({ instance }) => instance)).size).toBe(3);
  });

  test("each SCSI controller is one device, whatever hangs on it", () => {
    for (const scsiControllers of [0, 1, 4]) {
      const services = open({ scsiControllers, drives: [driveOf("SCSI 0:0"), driveOf("SCSI 0:5")] });
      expect(services.offers.map(({ interfaceType }) => interfaceType)).toEqual(
        Array(scsiControllers).fill(DeviceClass.scsi),
      );
      expect(new Set(services.offers.map(({ instance }) => instance)).size).toBe(scsiControllers);
      expect(services.owners).toHaveLength(scsiControllers);
    }
  });
});

describe("what is in a drive", () => {
  test("is what was placed last; a guest that runs is told when a SCSI disk comes or goes", () => {
    const services = open({ scsiControllers: 2 });
    const lab = channelOf(services, 2);
    expect(idOf(lab, 5)).toBeNull();
    services.place(slotOf("SCSI 1:5"), ramDisk(4096));
    expect(idOf(lab, 5)).not.toBeNull();
    services.place(slotOf("SCSI 1:5"), null);
    expect(idOf(lab, 5)).toBeNull();
    expect(lab.sent.map((packet) => packet[0])).toEqual([
      StorOperation.enumerateBus,
      StorOperation.enumerateBus,
    ]);
    // A controller the machine does not have holds nothing.
    services.place(slotOf("SCSI 3:0"), ramDisk(512));
  });

  test("on IDE both the emulated and the synthetic side see it, as one disk", () => {
    const services = open({ drives: [driveOf("IDE 0:1"), driveOf("IDE 1:0", "dvd")] });
    const emulated = channelOf(services, firstInternalChannel + 1);
    const synthetic = channelOf(services, 9);
    expect([idOf(emulated), idOf(synthetic, 0, 1)]).toEqual([null, null]);
    services.place(slotOf("IDE 0:1"), ramDisk(4096));
    expect(idOf(emulated)).not.toBeNull();
    expect(idOf(synthetic, 0, 1)).toBe(idOf(emulated));
  });

  test("has a name that no other disk has, and that never changes", () => {
    const places = [
      "IDE 0:0",
      "IDE 0:1",
      "IDE 1:0",
      "IDE 1:1",
      "SCSI 0:0",
      "SCSI 0:1",
      "SCSI 1:0",
      "SCSI 3:63",
    ];
    const names = () =>
      catalogue.flatMap(({ id }) => {
        const drives = places.map((place) => driveOf(place));
        const services = open({ vm: id, drives, scsiControllers: 4 });
        return drives.map(({ slot }) => {
          services.place(slot, ramDisk(512));
          const { controller, number, location } = slot;
          return controller === "SCSI"
            ? idOf(channelOf(services, 1 + number), location)
            : idOf(channelOf(services, firstInternalChannel + number * 2 + location));
        });
      });
    const first = names();
    expect(first.every((name) => name !== null && name.length > 16)).toBe(true);
    expect(new Set(first).size).toBe(catalogue.length * places.length);
    expect(names()).toEqual(first);
  });
});

describe("an emulated drive is described", () => {
  const attached = (place: string, kind: Kind, disk: Disk | null): AttachedDrive => ({
    drive: { ...driveOf(place, kind), medium: { kind: "empty" } },
    medium: disk === null ? null : { disk, kept: "memory", writeBack() {} },
  });

  test("with its place, its size and its first sector, or what lies in it; SCSI disks are not", async () => {
    const disk = ramDisk(102_400);
    disk.write(0, labSectors(1, 5));
    expect(
      await describeEmulated([
        attached("IDE 0:1", "disk", disk),
        attached("IDE 1:0", "dvd", null),
        attached("IDE 1:1", "dvd", { ...ramDisk(4096), readOnly: true }),
        attached("floppy", "floppy", ramDisk(1_474_560)),
        attached("SCSI 0:0", "disk", disk),
      ]),
    ).toEqual([
      { kind: "disk", channel: 1, byteLength: 102_400, firstSector: labSectors(1, 5) },
      { kind: "dvd", channel: 2, medium: null },
      { kind: "dvd", channel: 3, medium: { byteLength: 4096, readOnly: true } },
      { kind: "floppy", channel: 4, medium: { byteLength: 1_474_560, readOnly: false } },
    ]);
  });

  test("with an empty sector when that cannot be read, also when it was half read", async () => {
    const broken: Disk = {
      ...ramDisk(4096),
      prepare: () => Promise.resolve(),
      read(_at, into) {
        into.fill(7, 0, 100);
        return "mediumError";
      },
    };
    expect(await describeEmulated([attached("IDE 0:0", "disk", broken)])).toEqual([
      { kind: "disk", channel: 0, byteLength: 4096, firstSector: new Uint8Array(512) },
    ]);
  });
});
