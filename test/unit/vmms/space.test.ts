import { describe, expect, test } from "vitest";
import { firstInternalChannel } from "../../../src/hvdef/index.ts";
import { type LabChannel, labChannel } from "../../lab/channel.ts";
import { type MemoryHost, openMemoryHost, settle, slotOf, textOf, web01 } from "../../lab/memory-host.ts";
import { ready, seen, write10 } from "../../lab/storvsc.ts";
import { labSectors } from "../../lab/vhd.ts";

const good = 1;
const full = /storage of this browser is full: web01 stands still in the middle of a write/;

/** A running machine with an empty dynamic disk, and its guest's end of the SCSI controller. */
async function running(): Promise<{ host: MemoryHost; guest: LabChannel }> {
  const host = await openMemoryHost();
  await host.must({ kind: "create", name: "data.vhd", type: "dynamic", byteLength: 8 << 20 });
  const medium = { kind: "file", name: "data.vhd" } as const;
  await host.session.addDrive(web01, { slot: slotOf("SCSI 0:1"), kind: "disk", medium });
  await host.session.start(web01);
  return { host, guest: ready(host.owner(1)) };
}
const write = (guest: LabChannel, lba: number, seed: number): void =>
  void guest.request({ payload: write10(lba, 8, { lun: 1, through: true }), data: labSectors(8, seed) });

/** A guest that ran into a full storage. */
async function stalled(): Promise<{ host: MemoryHost; guest: LabChannel; before: number }> {
  const { host, guest } = await running();
  host.disks.room(0);
  const before = guest.answers.length;
  write(guest, 0, 1);
  write(guest, 64, 2);
  await settle();
  return { host, guest, before };
}

describe("storage that is full", () => {
  test("stops the guest in the middle of its write; it goes on by itself when there is space", async () => {
    const { host, guest, before } = await stalled();
    expect(await host.summary()).toMatchObject({
      state: "pausedCritical",
      trouble: expect.stringMatching(full),
    });
    expect(guest.answers.length).toBe(before);
    expect(host.log.at(-1)).toBe("pause");
    // The size of its drives is known as before.
    expect((await host.summary()).drives.map(({ byteLength }) => byteLength)).toEqual([
      32_768,
      null,
      8192,
      8 << 20,
    ]);
    for (let second = 0; second < 3; second++) {
      host.management.tick();
      await settle();
    }
    expect([await host.state(), guest.answers.length]).toEqual(["pausedCritical", before]);
    host.disks.room(Number.POSITIVE_INFINITY);
    host.management.tick();
    await settle();
    expect(await host.summary()).toMatchObject({ state: "running", trouble: null });
    expect(guest.answers.slice(before).map((answer) => seen(answer).srbStatus)).toEqual([good, good]);
    expect(host.events().at(-1)).toBe("info: There is space again: web01 goes on.");
    expect(host.events().filter((line) => full.test(line))).toHaveLength(1);
    expect(host.log.at(-1)).toBe("resume");
    await host.session.turnOff(web01);
    expect(host.stillOpen()).toEqual([]);
    await host.session.start(web01);
    const read = new Uint8Array(8 * 512);
    host.placed.get("SCSI 0:1")?.read(64 * 512, read);
    expect(read).toEqual(labSectors(8, 2));
  });

  test("is not overcome by a person who resumes; that is said", async () => {
    const { host, guest, before } = await stalled();
    expect(await textOf(host.session.resume(web01))).toBe("There is still no space for the disks of web01.");
    expect(await host.summary()).toMatchObject({
      state: "pausedCritical",
      trouble: expect.stringMatching(full),
    });
    expect(await textOf(host.session.pause(web01))).toBe(
      "web01 cannot be paused while it is paused for lack of space.",
    );
    host.disks.room(Number.POSITIVE_INFINITY);
    await host.session.resume(web01);
    expect([await host.state(), guest.answers.length]).toEqual(["running", before + 2]);
  });

  test("again: stops it again", async () => {
    const { host, guest, before } = await stalled();
    host.disks.room(Number.POSITIVE_INFINITY);
    await host.session.resume(web01);
    host.disks.room(0);
    write(guest, 5000, 3);
    await settle();
    expect([await host.state(), guest.answers.length]).toEqual(["pausedCritical", before + 2]);
  });

  test("is no obstacle to turning it off, and what was flushed is there", async () => {
    const { host } = await stalled();
    await host.session.turnOff(web01);
    expect([await host.state(), host.stillOpen()]).toEqual(["off", []]);
    host.disks.room(Number.POSITIVE_INFINITY);
    expect((await host.job({ kind: "validate", name: "data.vhd" })).lines).toEqual(["data.vhd is sound."]);
    await host.session.start(web01);
    expect(await host.summary()).toMatchObject({ state: "running", trouble: null });
  });

  test("is no obstacle to a reset: what waited belonged to the guest that ended", async () => {
    const { host, guest, before } = await stalled();
    const reset = host.session.reset(web01);
    guest.close();
    await reset;
    expect(await host.summary()).toMatchObject({ state: "running", trouble: null });
    host.disks.room(Number.POSITIVE_INFINITY);
    host.management.tick();
    await settle();
    expect(guest.answers.length).toBe(before);
    expect(await host.state()).toBe("running");
  });

  test("met while a person pauses: paused it stays, and stands still when it is resumed", async () => {
    const { host, guest } = await running();
    host.be({ request: "hangs" });
    const pausing = host.session.pause(web01);
    await settle();
    host.disks.room(0);
    write(guest, 0, 1);
    host.be({});
    host.letGo();
    await pausing;
    expect([await host.state(), (await host.summary()).trouble]).toEqual(["paused", null]);
    await host.session.resume(web01);
    await settle();
    expect(await host.summary()).toMatchObject({
      state: "pausedCritical",
      trouble: expect.stringMatching(full),
    });
  });

  test("met by a guest that cannot be paused: said once, and its requests go through when there is space", async () => {
    const { host, guest } = await running();
    host.disks.room(0);
    host.be({ request: "fails" });
    const before = guest.answers.length;
    write(guest, 0, 1);
    await settle();
    expect(await host.state()).toBe("running");
    host.management.tick();
    await settle();
    expect(host.events().filter((line) => full.test(line))).toHaveLength(1);
    host.be({});
    host.disks.room(Number.POSITIVE_INFINITY);
    host.management.tick();
    await settle();
    expect([guest.answers.length, await host.summary()]).toEqual([
      before + 1,
      expect.objectContaining({ state: "running", trouble: null }),
    ]);
  });

  test("met by a guest that cannot be resumed: it stands still, says so, and is tried again", async () => {
    const { host } = await stalled();
    host.disks.room(Number.POSITIVE_INFINITY);
    host.be({ request: "fails" });
    host.management.tick();
    await settle();
    expect(await host.summary()).toMatchObject({
      state: "pausedCritical",
      trouble: expect.stringMatching(full),
    });
    host.be({});
    host.management.tick();
    await settle();
    expect(await host.summary()).toMatchObject({ state: "running", trouble: null });
  });

  test("met by an IDE disk: the emulated controller waits the same way", async () => {
    const { host } = await running();
    const emulated = labChannel(host.owner(firstInternalChannel));
    emulated.open();
    host.disks.room(0);
    emulated.request({ payload: write10(0, 8, { through: true }), data: labSectors(8, 1) });
    await settle();
    expect([await host.state(), emulated.answers]).toEqual(["pausedCritical", []]);
    host.disks.room(Number.POSITIVE_INFINITY);
    host.management.tick();
    await settle();
    expect([await host.state(), emulated.answers.length]).toEqual(["running", 1]);
  });

  test("at the end: a disk that cannot be closed cleanly is said, and everything is closed", async () => {
    const { host } = await running();
    host.placed.get("SCSI 0:1")?.write(0, labSectors(8, 1));
    host.disks.room(0);
    await host.session.turnOff(web01);
    expect((await host.summary()).trouble).toMatch(
      /^A disk of web01 could not be closed cleanly\. .*no space/,
    );
    expect([await host.state(), host.stillOpen()]).toEqual(["off", []]);
    host.disks.room(Number.POSITIVE_INFINITY);
    await host.session.start(web01);
    expect((await host.summary()).trouble).toBeNull();
  });
});
