import { describe, expect, test } from "vitest";
import { openDriveDesk } from "../../../src/ui/drive-desk.ts";

describe("the desk of a drives panel", () => {
  test("one change at a time", async () => {
    const desk = openDriveDesk();
    let finish = (): void => {};
    const first = desk.run("Adding a disk…", () => new Promise((done) => (finish = done)));
    expect(desk.busy.value).toBe("Adding a disk…");
    let ran = false;
    expect(
      await desk.run("Ejecting…", async () => {
        ran = true;
      }),
    ).toBe(false);
    expect(ran).toBe(false);
    finish();
    expect(await first).toBe(true);
    expect(desk.busy.value).toBeNull();
  });

  test("a failure is a sentence until it is dismissed or the next change begins", async () => {
    const desk = openDriveDesk();
    const failing = () => Promise.reject(new Error("the drive is locked"));
    expect(await desk.run("Ejecting…", failing)).toBe(false);
    expect(desk.problem.value).toBe("The drive is locked.");
    desk.dismiss();
    expect(desk.problem.value).toBeNull();
    await desk.run("Ejecting…", failing);
    await desk.run("Ejecting…", () => Promise.resolve());
    expect(desk.problem.value).toBeNull();
  });

  test("a hint goes when something is done", async () => {
    const desk = openDriveDesk();
    desk.tell("Turn it off first.");
    expect(desk.hint.value).toBe("Turn it off first.");
    await desk.run("Adding…", () => Promise.resolve());
    expect(desk.hint.value).toBeNull();
  });
});
