import { describe, expect, test } from "vitest";
import type { DriveSummary, VmState } from "../../../src/hvdef/index.ts";
import {
  addControllerRefusal,
  addRefusal,
  asksBeforeRemoval,
  changeRefusal,
  type DriveOwner,
  driveTree,
  mediumRefusal,
  removeControllerRefusal,
  slotLabel,
} from "../../../src/ui/drive-rules.ts";

const GiB = 2 ** 30;
const on: readonly VmState[] = ["running", "paused", "pausedCritical"];
const between: readonly VmState[] = ["starting", "pausing", "resuming", "resetting", "stopping"];

function drive(
  controller: "IDE" | "SCSI" | "floppy",
  number: number,
  location: number,
  more: Partial<DriveSummary> = {},
): DriveSummary {
  const name = `${controller}${number}${location}.vhd`;
  return {
    slot: { controller, number, location },
    kind: "disk",
    medium: { kind: "file", name },
    title: name,
    byteLength: GiB,
    kept: "browser storage",
    ...more,
  };
}

function owner(state: VmState, drives: readonly DriveSummary[] = [], scsiControllers = 1): DriveOwner {
  return { state, drives, scsiControllers };
}

const viewOf = (machine: DriveOwner, title: string) => {
  const found = driveTree(machine).find((view) => view.title === title);
  if (found === undefined) throw new Error(`there is no ${title}`);
  return found;
};

describe("the tree", () => {
  test("has both IDE controllers, the SCSI controllers there are, and the diskette drive", () => {
    const titles = (count: number) => driveTree(owner("off", [], count)).map(({ title }) => title);
    expect(titles(0)).toEqual(["IDE Controller 0", "IDE Controller 1", "Diskette Drive"]);
    expect(titles(2)).toEqual([
      "IDE Controller 0",
      "IDE Controller 1",
      "SCSI Controller 0",
      "SCSI Controller 1",
      "Diskette Drive",
    ]);
    expect(titles(9)).toHaveLength(7);
  });

  test("drives stand in the order of their locations, and the rest is free", () => {
    const machine = owner("off", [drive("SCSI", 0, 9), drive("SCSI", 0, 2), drive("IDE", 1, 1)]);
    const ide = viewOf(machine, "IDE Controller 1");
    expect(ide.drives.map(({ title }) => title)).toEqual(["IDE11.vhd"]);
    expect(ide.free).toEqual([0]);
    const scsi = viewOf(machine, "SCSI Controller 0");
    expect(scsi.drives.map(({ slot }) => slot.location)).toEqual([2, 9]);
    expect(scsi.free).toHaveLength(62);
    expect(scsi.free.slice(0, 4)).toEqual([0, 1, 3, 4]);
  });

  test("a controller's number counts: SCSI 1 is not IDE 1", () => {
    const machine = owner("off", [drive("SCSI", 1, 0)], 2);
    expect(viewOf(machine, "IDE Controller 1").free).toEqual([0, 1]);
    expect(viewOf(machine, "SCSI Controller 0").free).toHaveLength(64);
    expect(viewOf(machine, "SCSI Controller 1").free).toHaveLength(63);
  });
});

describe("what is allowed when", () => {
  test("IDE and diskette drives change only while the machine is off", () => {
    for (const controller of ["IDE", "floppy"] as const) {
      expect(changeRefusal(owner("off"), controller)).toBeNull();
      for (const state of [...on, ...between]) {
        expect(changeRefusal(owner(state), controller)).toContain("Turn it off first");
      }
    }
  });

  test("SCSI disks also while it is on, but not between two states", () => {
    expect(changeRefusal(owner("off"), "SCSI")).toBeNull();
    for (const state of on) expect(changeRefusal(owner(state), "SCSI")).toBeNull();
    for (const state of between) expect(changeRefusal(owner(state), "SCSI")).toContain("Wait");
  });

  test("media whenever the machine is not between two states", () => {
    for (const state of ["off", ...on] as const) expect(mediumRefusal(owner(state))).toBeNull();
    for (const state of between) expect(mediumRefusal(owner(state))).toContain("Wait");
  });

  test("a full controller takes no drive", () => {
    const half = owner("off", [drive("IDE", 0, 0)]);
    const full = owner("off", [drive("IDE", 0, 0), drive("IDE", 0, 1)]);
    expect(addRefusal(half, viewOf(half, "IDE Controller 0"))).toBeNull();
    expect(addRefusal(full, viewOf(full, "IDE Controller 0"))).toContain("no free location");
    expect(addRefusal(full, viewOf(full, "IDE Controller 1"))).toBeNull();
  });

  test("up to four SCSI controllers, only while the machine is off", () => {
    expect(addControllerRefusal(owner("off", [], 3))).toBeNull();
    expect(addControllerRefusal(owner("off", [], 4))).toContain("at most 4");
    expect(addControllerRefusal(owner("running", [], 1))).toContain("Turn it off first");
  });

  test("the last SCSI controller goes when it is empty", () => {
    const machine = (state: VmState) => owner(state, [drive("SCSI", 0, 3), drive("IDE", 1, 0)], 2);
    expect(removeControllerRefusal(machine("off"))).toBeNull();
    expect(removeControllerRefusal(machine("running"))).toContain("Turn it off first");
    expect(removeControllerRefusal({ ...machine("off"), scsiControllers: 1 })).toContain("still has drives");
  });

  test("a disk is not pulled from under a guest without a question", () => {
    const disk = drive("SCSI", 0, 0);
    expect(asksBeforeRemoval(owner("off"), disk)).toBe(false);
    for (const state of on) expect(asksBeforeRemoval(owner(state), disk)).toBe(true);
  });
});

describe("words", () => {
  test("slots", () => {
    expect(slotLabel({ controller: "IDE", number: 0, location: 1 })).toBe("IDE 0:1");
    expect(slotLabel({ controller: "SCSI", number: 3, location: 63 })).toBe("SCSI 3:63");
    expect(slotLabel({ controller: "floppy", number: 0, location: 0 })).toBe("Diskette");
  });
});
