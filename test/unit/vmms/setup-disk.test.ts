import { describe, expect, test } from "vitest";
import { setupDiskName, type VmSummary } from "../../../src/hvdef/index.ts";
import { isoImage } from "../../lab/iso.ts";
import { codeOf, incoming, labVm, openMemoryHost, slotOf, textOf, web01 } from "../../lab/memory-host.ts";

const disc = isoImage("INTEGRATION_SERVICES", {
  name: "INSTALL.SH",
  bytes: new TextEncoder().encode("install"),
});
const other = isoImage("OTHER", { name: "OTHER.TXT", bytes: new Uint8Array(9) });
const discs = new Map([[setupDiskName, disc]]);
const dvd = slotOf("IDE 1:0");
const inDvd = ({ drives }: VmSummary) => drives.find(({ kind }) => kind === "dvd")?.title;

describe("the Integration Services Setup Disk", () => {
  test("is a disc of the site that the library lists and nobody removes", async () => {
    const host = await openMemoryHost({ discs });
    const [, listed] = await host.session.listDisks();
    expect(listed).toMatchObject({
      name: setupDiskName,
      format: "iso",
      byteLength: disc.length,
      trouble: null,
    });
    expect(await codeOf(host.session.removeDisk(setupDiskName))).toBe("disk.foreign");
  });

  test("goes into the empty drive of a machine that is off or runs, and its contents are there", async () => {
    const host = await openMemoryHost({ discs });
    await host.session.insertSetupDisk(web01, false);
    expect(inDvd(await host.summary())).toBe(setupDiskName);
    await host.session.setMedium(web01, dvd, { kind: "empty" });
    await host.session.start(web01);
    await host.session.insertSetupDisk(web01, false);
    await host.session.insertSetupDisk(web01, false);
    expect(host.inserted.at(-1)).toEqual({ channel: 2, medium: { byteLength: disc.length, readOnly: true } });
    const placed = host.placed.get("IDE 1:0");
    const sector = new Uint8Array(2048);
    await placed?.prepare(16 * 2048, 2048);
    expect(placed?.read(16 * 2048, sector)).toBe("ok");
    expect(sector).toEqual(disc.slice(16 * 2048, 17 * 2048));
    expect(placed?.write(0, sector)).toBe("readOnly");
  });

  test("takes the place of another disc only when told so", async () => {
    const host = await openMemoryHost({ discs });
    await host.over(host.management.takeIn("Import", async () => incoming("other.iso", other)));
    await host.session.setMedium(web01, dvd, { kind: "file", name: "other.iso" });
    expect(await textOf(host.session.insertSetupDisk(web01, false))).toBe(
      "other.iso is in the DVD drive of web01 at IDE 1:0. Eject it, or insert the setup disk in its place.",
    );
    expect(inDvd(await host.summary())).toBe("other.iso");
    await host.session.insertSetupDisk(web01, true);
    expect(inDvd(await host.summary())).toBe(setupDiskName);
  });

  test("needs a DVD drive, and says so", async () => {
    const { drives } = labVm();
    const host = await openMemoryHost({
      discs,
      machines: [labVm({ drives: drives.filter(({ kind }) => kind !== "dvd") })],
    });
    expect(await textOf(host.session.insertSetupDisk(web01, true))).toBe(
      "web01 has no DVD drive. Turn it off and add one to an IDE controller, then insert the setup disk.",
    );
    expect((await host.summary()).drives).toHaveLength(2);
  });
});

describe("images of the site that are not what their names say", () => {
  const rubbish = new Uint8Array(40 * 2048).fill(7);
  test.each([setupDiskName, "memtest86+.vfd"])(
    "%s is listed with what is wrong, and stays out of drives",
    async (name) => {
      const host = await openMemoryHost({ discs: new Map([[name, rubbish]]) });
      const listed = (await host.session.listDisks()).find((file) => file.name === name);
      expect(listed).toMatchObject({ format: "unusable", trouble: "It is no disc and no diskette." });
      expect(await codeOf(host.session.setMedium(web01, dvd, { kind: "file", name }))).toBe("disk.unusable");
      expect(inDvd(await host.summary())).toBe("empty");
    },
  );

  test("an ISO that is none does not come into the library", async () => {
    const host = await openMemoryHost();
    const job = await host.over(host.management.takeIn("Import", async () => incoming("own.iso", rubbish)));
    expect(job).toMatchObject({ state: "failed" });
    expect(job.lines.join(" ")).toBe(
      "own.iso is not what its name says: its contents are a raw disk image: name it .img, then import it again.",
    );
    expect((await host.session.listDisks()).map((file) => file.name)).toEqual(["site.vhd"]);
  });
});
