import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DiskJobRequest, DriveConfiguration, DriveSlot, JobId, Medium } from "../../src/hvdef/index.ts";
import { HvError } from "../../src/support/index.ts";
import { parseSet } from "../../src/vmms/drives/kept.ts";
import {
  checkedSet,
  type DriveSet,
  withDrive,
  withMedium,
  withoutDrive,
  withScsiControllers,
} from "../../src/vmms/drives/rules.ts";
import { isUnfinished, keyOf, nameFault, sameName, unfinishedName } from "../../src/vmms/library/names.ts";
import { openMemoryHost, settle, web01 } from "../lab/memory-host.ts";
import { labStore } from "../lab/memory-store.ts";
import { plainVhd } from "../lab/plain-vhd.ts";
import { labSectors, labVhd } from "../lab/vhd.ts";

const oddText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "a.vhd",
    "A.VHD",
    "../a.vhd",
    "a.part",
    "\ud800.vhd",
    "site.vhd",
  ),
);
const oddNumber = fc.oneof(
  fc.integer({ min: -2, max: 70 }),
  fc.double(),
  fc.constantFrom(-0, 2 ** 53, 1e300),
);
const odd = fc.oneof(fc.anything({ withNullPrototype: true, maxDepth: 3 }), oddText, oddNumber);

/** Anything that may call itself a drive; often a good one. */
const slot = fc.record({
  controller: fc.oneof({ weight: 9, arbitrary: fc.constantFrom("IDE", "SCSI", "floppy") }, odd),
  number: fc.oneof({ weight: 9, arbitrary: fc.nat(4) }, odd),
  location: fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, odd),
});
const medium = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom({ kind: "empty" }, { kind: "memory", byteLength: 512 }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("file", "device"), name: oddText }) },
  fc.record(
    { kind: fc.constantFrom("file", "memory"), name: odd, byteLength: odd },
    { requiredKeys: ["kind"] },
  ),
  odd,
);
const drive = fc.record({
  slot: fc.oneof({ weight: 9, arbitrary: slot }, odd),
  kind: fc.oneof({ weight: 9, arbitrary: fc.constantFrom("disk", "dvd", "floppy") }, odd),
  medium,
});

/** A set is what it claims: read again, it is the same. */
function checkSet(set: DriveSet): void {
  expect(checkedSet(set)).toEqual(set);
  expect(set.drives.length).toBeLessThanOrEqual(4 + 4 * 64 + 1);
  expect(parseSet(JSON.stringify({ format: 1, ...set }))).toEqual(JSON.parse(JSON.stringify(set)));
}

describe("kept drives", () => {
  test("of any contents are a sound set or refused", () => {
    const kept = fc.record({
      format: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, odd),
      drives: fc.oneof({ weight: 9, arbitrary: fc.array(drive, { maxLength: 6 }) }, odd),
      scsiControllers: fc.oneof({ weight: 9, arbitrary: fc.nat(5) }, odd),
    });
    let sound = 0;
    fc.assert(
      fc.property(fc.oneof(kept, odd), (value) => {
        const text = jsonOf(value);
        if (text === undefined) return;
        let set: DriveSet;
        try {
          set = parseSet(text);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Error);
          return;
        }
        sound++;
        checkSet(set);
      }),
      { numRuns: 2000 },
    );
    expect(sound).toBeGreaterThan(20);
  });

  test("of any bytes: the host opens, the machine starts as it came, nothing is lost", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const kept = labStore();
        await kept.put(`${web01}.drives.json`, new Uint8Array(bytes));
        const host = await openMemoryHost({ kept });
        expect((await host.summary()).drives).toHaveLength(3);
        expect(await kept.contents(`${web01}.drives.json.damaged`)).toEqual(new Uint8Array(bytes));
      }),
      { numRuns: 30 },
    );
  });
});

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // what cannot be written cannot be read either
  }
}

test("changes of drives of any shape, one after the other, leave a sound set", () => {
  const place = fc.record({
    controller: fc.oneof({ weight: 9, arbitrary: fc.constantFrom("IDE", "SCSI", "floppy") }, oddText),
    number: fc.oneof({ weight: 9, arbitrary: fc.nat(4) }, oddNumber),
    location: fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, oddNumber),
  });
  const typed = fc.record({ slot: place, kind: fc.constantFrom("disk", "dvd", "floppy"), medium });
  const change = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), drive: typed }),
    fc.record({ kind: fc.constant("remove" as const), slot: place }),
    fc.record({ kind: fc.constant("medium" as const), slot: place, medium }),
    fc.record({ kind: fc.constant("controllers" as const), count: oddNumber }),
  );
  const power = fc.constantFrom("on" as const, "off" as const);
  fc.assert(
    fc.property(fc.array(fc.tuple(change, power), { maxLength: 20, size: "max" }), (changes) => {
      let set: DriveSet = { drives: [], scsiControllers: 2 };
      for (const [wanted, on] of changes) {
        const emulated = set.drives.filter((one) => one.slot.controller !== "SCSI").map((one) => one.slot);
        try {
          if (wanted.kind === "add" && isDrive(wanted.drive)) set = withDrive(set, wanted.drive, on);
          if (wanted.kind === "remove") set = withoutDrive(set, wanted.slot as DriveSlot, on);
          if (wanted.kind === "controllers") set = withScsiControllers(set, wanted.count, on);
          if (wanted.kind === "medium" && isMedium(wanted.medium))
            set = withMedium(set, wanted.slot as DriveSlot, { medium: wanted.medium, power: on });
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(HvError);
        }
        if (on === "on")
          expect(set.drives.filter((one) => one.slot.controller !== "SCSI").map((one) => one.slot)).toEqual(
            emulated,
          );
      }
      checkSet(set);
    }),
  );
});

/** As the session's types say; anything else ends at the border of the thread. */
function isMedium(found: unknown): found is Medium {
  if (typeof found !== "object" || found === null || !("kind" in found)) return false;
  const { kind, name, byteLength } = found as { kind: unknown; name?: unknown; byteLength?: unknown };
  if (kind === "empty") return true;
  if (kind === "memory") return typeof byteLength === "number";
  return (kind === "file" || kind === "device") && typeof name === "string";
}
function isDrive(found: { slot: unknown; kind: unknown; medium: unknown }): found is DriveConfiguration {
  const kinds: readonly unknown[] = ["disk", "dvd", "floppy"];
  return (
    isMedium(found.medium) &&
    kinds.includes(found.kind) &&
    typeof found.slot === "object" &&
    found.slot !== null
  );
}

test("names: what is accepted is one file name, never an unfinished one, and is told apart from others only", () => {
  fc.assert(
    fc.property(oddText, oddText, (name, other) => {
      const fault = nameFault(name);
      if (fault !== null) expect(fault).toMatch(/\.$|limit|dot|space|name|finished|characters/);
      else {
        expect(name).not.toMatch(/[\\/:*?"<>|]/);
        expect([...name].every((letter) => letter >= " ")).toBe(true);
        expect([isUnfinished(name), isUnfinished(unfinishedName(name))]).toEqual([false, true]);
        expect(name.startsWith(".")).toBe(false);
        expect(name.length).toBeLessThanOrEqual(255);
      }
      expect(sameName(name, name)).toBe(true);
      expect(sameName(name, other)).toBe(keyOf(name) === keyOf(other));
    }),
  );
});

describe("requests of any shape", () => {
  const fields = {
    name: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("base.vhd", "child.vhd", "raw.img", "n.vhd") },
      odd,
    ),
    source: fc.oneof({ weight: 4, arbitrary: fc.constantFrom("base.vhd", "child.vhd", "raw.img") }, odd),
    parent: fc.oneof({ weight: 4, arbitrary: fc.constantFrom("base.vhd", "raw.img", "site.vhd") }, odd),
    into: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(null, "both.vhd") }, odd),
    type: fc.oneof({ weight: 4, arbitrary: fc.constantFrom("fixed", "dynamic", "differencing") }, odd),
    byteLength: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(512, 1 << 20) }, odd),
    force: odd,
  };
  const kind = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom(
        ...[
          "create",
          "createFloppy",
          "convert",
          "compact",
          "expand",
          "merge",
          "reconnect",
          "validate",
          "repair",
        ],
      ),
    },
    odd,
  );
  const request = fc.oneof(
    { weight: 9, arbitrary: fc.record({ kind, ...fields }, { requiredKeys: ["kind"] }) },
    odd,
  );

  async function stocked() {
    const host = await openMemoryHost();
    await host.disks.put("base.vhd", plainVhd({ type: "dynamic", byteLength: 16_384, id: 1 }));
    const parent = { id: 1, timeStamp: 0x2a000000, name: "base.vhd" };
    await host.disks.put("child.vhd", plainVhd({ type: "differencing", byteLength: 16_384, id: 2, parent }));
    await host.disks.put("raw.img", labSectors(3, 1));
    return host;
  }

  test("end: refused at once with a reason, or as a job that is over; nothing stays open or half done", async () => {
    let jobs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        const host = await stocked();
        const begun = await Promise.all(
          requests.map((one) =>
            host.session.beginDiskJob(one as DiskJobRequest).catch((thrown: unknown) => {
              expect(thrown).toBeInstanceOf(HvError);
              return null;
            }),
          ),
        );
        for (const job of begun) {
          if (job === null) continue;
          jobs++;
          const { lines, state } = await host.over(job);
          expect(lines.length).toBeGreaterThan(0);
          if (state === "failed")
            expect(lines.join()).not.toMatch(/unhandled|undefined is|is not a function|Cannot read/);
        }
        await settle(3);
        expect(host.stillOpen()).toEqual([]);
        for (const { name } of await host.disks.list()) expect(isUnfinished(name)).toBe(false);
        const files = await host.session.listDisks();
        expect(files.every(({ inUse }) => !inUse)).toBe(true);
      }),
      { numRuns: 150 },
    );
    expect(jobs).toBeGreaterThan(50);
  });

  test("cancelled whenever: the same", async () => {
    await fc.assert(
      fc.asyncProperty(request, fc.nat(6), async (wanted, when) => {
        const host = await stocked();
        const asked: { job: JobId | null } = { job: null };
        host.atBreath((breath) => {
          if (breath === when && asked.job !== null) void host.session.cancelJob(asked.job);
        });
        asked.job = await host.session.beginDiskJob(wanted as DiskJobRequest).catch(() => null);
        if (asked.job === null) return;
        await host.over(asked.job);
        await settle(3);
        expect(host.stillOpen()).toEqual([]);
        for (const { name } of await host.disks.list()) expect(isUnfinished(name)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

test("files of the library of any contents: listed with a trouble or usable, never in the way", async () => {
  const sound = [
    labVhd(labSectors(3, 1)),
    plainVhd({ type: "dynamic", byteLength: 16_384, id: 1 }),
    plainVhd({
      type: "differencing",
      byteLength: 16_384,
      id: 2,
      parent: { id: 1, timeStamp: 0, name: "f.vhd" },
    }),
  ];
  const damaged = fc
    .tuple(fc.constantFrom(...sound), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
    .map(([bytes, changes, cut]) => {
      const out = bytes.slice(0, cut % 3 === 0 ? cut % bytes.length : bytes.length);
      for (const [at, value] of changes) if (out.length > 0) out[at % out.length] = value;
      return out;
    });
  await fc.assert(
    fc.asyncProperty(damaged, fc.uint8Array({ maxLength: 1500 }), async (one, other) => {
      const host = await openMemoryHost();
      await host.disks.put("f.vhd", one);
      await host.disks.put("g.vhd", new Uint8Array(other));
      for (const file of await host.session.listDisks()) {
        structuredClone(file);
        if (file.format === "unusable") expect(file.trouble).not.toBeNull();
        structuredClone(await host.session.inspectDisk(file.name));
        await host.session
          .blockMap(file.name, 16)
          .catch((thrown: unknown) => expect(thrown).toBeInstanceOf(HvError));
        expect((await host.job({ kind: "validate", name: file.name })).lines.length).toBeGreaterThan(0);
      }
      expect(host.stillOpen()).toEqual([]);
    }),
    { numRuns: 120 },
  );
});
