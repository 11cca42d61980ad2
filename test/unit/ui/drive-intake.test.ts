import { describe, expect, test } from "vitest";
import type { JobId } from "../../../src/hvdef/index.ts";
import { intakeLimit, type Offered, openFileIntake } from "../../../src/ui/file-intake.ts";

const file = (name: string): Offered => ({ kind: "file", file: new File(["x"], name) });

function openRecorded() {
  const begun: string[] = [];
  const gates: { resolve(job: JobId): void; reject(reason: Error): void }[] = [];
  const intake = openFileIntake({
    importFile(taken) {
      begun.push(taken.name);
      return new Promise((resolve, reject) => {
        gates.push({ resolve, reject });
      });
    },
  });
  return { intake, begun, gates };
}

const settle = () => new Promise((done) => setTimeout(done));

describe("taking files in", () => {
  test("one after another, and one that fails does not stop the rest", async () => {
    const { intake, begun, gates } = openRecorded();
    intake.take([file("a.vhd"), file("b.txt")]);
    intake.take([file("c.iso")]);
    await settle();
    expect(begun).toEqual(["a.vhd"]);
    expect(intake.waiting.value).toBe(3);
    gates[0]?.resolve(1 as JobId);
    await settle();
    gates[1]?.reject(new Error("it is no disk"));
    await settle();
    expect(begun).toEqual(["a.vhd", "b.txt", "c.iso"]);
    expect(intake.problems.value).toEqual(["b.txt: It is no disk."]);
    gates[2]?.resolve(2 as JobId);
    await settle();
    expect(intake.waiting.value).toBe(0);
  });

  test("a reason that names the file is not given its name twice", async () => {
    const { intake, gates } = openRecorded();
    intake.take([file("a.vhd")]);
    await settle();
    gates[0]?.reject(new Error("a.vhd exists already"));
    await settle();
    expect(intake.problems.value).toEqual(["a.vhd exists already."]);
  });

  test("folders are refused by name, the files beside them are taken", async () => {
    const { intake, begun } = openRecorded();
    intake.take([{ kind: "folder", name: "disks" }, file("a.vhd")]);
    await settle();
    expect(intake.problems.value).toHaveLength(1);
    expect(intake.problems.value[0]).toContain("disks is a folder");
    expect(begun).toEqual(["a.vhd"]);
  });

  test("nothing that is a file, and too many files, are said", async () => {
    const { intake, begun } = openRecorded();
    intake.take([]);
    expect(intake.problems.value[0]).toContain("no file");
    intake.take(Array.from({ length: intakeLimit + 1 }, (_, place) => file(`${place}.vhd`)));
    await settle();
    expect(begun).toEqual([]);
    expect(intake.problems.value[0]).toContain(`${intakeLimit} is the most`);
    intake.dismiss();
    expect(intake.problems.value).toEqual([]);
  });
});
