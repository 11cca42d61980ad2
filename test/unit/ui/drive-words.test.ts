import { describe, expect, test } from "vitest";
import type { DiskFileSummary, DriveSummary } from "../../../src/hvdef/index.ts";
import { driveTree } from "../../../src/ui/drive-rules.ts";
import {
  controllerNote,
  drivesInShort,
  mediumFacts,
  mediumTrouble,
  mediumWords,
} from "../../../src/ui/drive-words.ts";

const GiB = 2 ** 30;

function drive(name: string, more: Partial<DriveSummary> = {}): DriveSummary {
  return {
    slot: { controller: "IDE", number: 0, location: 0 },
    kind: "disk",
    medium: { kind: "file", name },
    title: name,
    byteLength: null,
    kept: "browser storage",
    ...more,
  };
}

const file: DiskFileSummary = {
  name: "System.vhd",
  format: "dynamic",
  fileBytes: 4096,
  byteLength: 8 * GiB,
  parent: null,
  children: [],
  usedBy: [],
  inUse: false,
  fetched: null,
  trouble: null,
};

describe("what is in a drive", () => {
  test("its size: as the machine has it, or as the library knows it while the machine is off", () => {
    expect(mediumFacts(drive("a.vhd", { byteLength: GiB }), [file])).toBe("1.0 GB, browser storage");
    expect(mediumFacts(drive("system.vhd"), [file])).toBe("8.0 GB, browser storage");
    expect(mediumFacts(drive("other.vhd"), [file])).toBe("browser storage");
    expect(mediumFacts(drive("system.vhd"), [{ ...file, byteLength: 0 }])).toBe("browser storage");
  });

  test("where it is kept", () => {
    const memory = drive("memory", { medium: { kind: "memory", byteLength: GiB }, kept: "memory" });
    expect(mediumWords(memory)).toBe("memory disk");
    expect(mediumFacts(memory, [])).toBe("1.0 GB, forgotten at power-off");
    expect(mediumFacts(drive("a.vhd", { kept: "memory" }), [])).toBe("in memory, gone with this tab");
    const device = drive("d.img", { medium: { kind: "device", name: "d.img" }, kept: "your device" });
    expect(mediumFacts(device, [])).toBe("a file of your device");
    expect(mediumFacts(drive("", { medium: { kind: "empty" } }), [])).toBe("");
  });

  test("what is wrong with it", () => {
    expect(mediumTrouble(drive("system.vhd"), [file])).toBeNull();
    const broken = { ...file, format: "unusable", trouble: "its parent is missing" } as const;
    expect(mediumTrouble(drive("system.vhd"), [broken])).toBe("Its parent is missing.");
    expect(mediumTrouble(drive("", { medium: { kind: "empty" } }), [broken])).toBeNull();
  });
});

test("what a controller has room for", () => {
  const notes = (drives: readonly DriveSummary[]) =>
    driveTree({ state: "off", drives, scsiControllers: 1 }).slice(0, 3).map(controllerNote);
  const at = (controller: "IDE" | "SCSI", location: number) =>
    drive("a.vhd", { slot: { controller, number: 0, location } });
  expect(notes([])).toEqual(["locations 0 and 1 free", "locations 0 and 1 free", "no disks"]);
  expect(notes([at("IDE", 0), at("SCSI", 3)])[0]).toBe("location 1 free");
  expect(notes([at("IDE", 0), at("SCSI", 3)])[2]).toBe("1 disk");
  expect(notes([at("IDE", 0), at("IDE", 1), at("SCSI", 3), at("SCSI", 4)])[0]).toBe("no free location");
  expect(notes([at("SCSI", 3), at("SCSI", 4)])[2]).toBe("2 disks");
});

describe("a closed panel", () => {
  const scsi = { controller: "SCSI", number: 0, location: 4 } as const;
  const dvd = { controller: "IDE", number: 1, location: 0 } as const;

  test("names what holds something, in the order of the controllers", () => {
    const drives = [
      drive("data.vhd", { slot: scsi }),
      drive("", { slot: dvd, kind: "dvd", medium: { kind: "empty" } }),
      drive("system.vhd"),
    ];
    expect(drivesInShort({ state: "off", drives, scsiControllers: 1 }, [file])).toBe(
      "system.vhd 8.0 GB, data.vhd",
    );
    expect(drivesInShort({ state: "off", drives: [], scsiControllers: 1 }, [file])).toBe("no disks");
  });
});
