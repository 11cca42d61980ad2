import { expect, test } from "vitest";
import { type DriveSummary, type Medium, setupDiskName } from "../../../src/hvdef/index.ts";
import { discInPlace, setupDiskRefusal } from "../../../src/ui/setup-disk-words.ts";
import { slotOf } from "../../lab/memory-host.ts";

function dvd(place: string, medium: Medium): DriveSummary {
  const title = medium.kind === "file" ? medium.name : "empty";
  return { slot: slotOf(place), kind: "dvd", medium, title, byteLength: null, kept: "browser storage" };
}
const machine = (...drives: readonly DriveSummary[]) => ({ name: "web01", drives });
const disc = (name: string): Medium => ({ kind: "file", name });
const empty: Medium = { kind: "empty" };

test("a machine without a DVD drive is told what to do, one that has the disk that it has it", () => {
  expect(setupDiskRefusal(machine())).toBe(
    "web01 has no DVD drive. Turn it off and add one to an IDE controller.",
  );
  expect(setupDiskRefusal(machine(dvd("IDE 1:0", disc(setupDiskName.toLowerCase()))))).toContain(
    "is in the DVD drive",
  );
  expect(setupDiskRefusal(machine(dvd("IDE 1:0", empty)))).toBeNull();
  expect(setupDiskRefusal(machine(dvd("IDE 1:0", disc("other.iso"))))).toBeNull();
});

test("only where no drive is empty has a disc to make room", () => {
  expect(discInPlace(machine(dvd("IDE 1:0", disc("other.iso"))))).toBe("other.iso");
  expect(discInPlace(machine(dvd("IDE 1:0", disc("other.iso")), dvd("IDE 1:1", empty)))).toBeNull();
});
