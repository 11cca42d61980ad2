// Our VHDs must be everyone's VHDs: QEMU and libvhdi read what we make, and we read what QEMU makes, bit for bit.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CreateOutcome,
  createDifferencingVhd,
  createDynamicVhd,
  createFixedVhd,
  type Disk,
} from "../../src/storage/index.ts";
import { bytesFile, seededRandom } from "../lab/power-cut.ts";
import { labChain, labContents, labHead, labIdentity, labSectors } from "../lab/vhd.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type LabFile = ReturnType<typeof bytesFile>;

const folder = mkdtempSync(join(tmpdir(), "tabvisor-vhd-tools-"));
/** Debian's own: another Python on the path would not see Debian's modules. */
const python = "/usr/bin/python3";

beforeAll(() => {
  for (const [program, ...way] of [
    ["qemu-img", "--version"],
    ["vhdiinfo", "-V"],
    [python, "-c", "import pyvhdi"],
  ]) {
    if (program === undefined || spawnSync(program, way).status === 0) continue;
    throw new Error(
      `${program} is missing; install it: apt-get install --no-install-recommends qemu-utils libvhdi-utils python3-libvhdi`,
    );
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a tool; it must succeed. */
function run(program: string, ...way: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, way, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${way.join(" ")}: ${stderr}${stdout}`);
  return stdout;
}

function save(name: string, bytes: Bytes): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function load(path: string): LabFile {
  return bytesFile(Uint8Array.from(readFileSync(path)));
}

/** What libvhdi reads out of a chain, base first, the last one's parents below it. */
function libvhdiContents(paths: readonly string[]): Buffer {
  const out = join(folder, "libvhdi.raw");
  const program = `
import pyvhdi, sys
below = None
kept = []
for path in sys.argv[2:]:
    disk = pyvhdi.file()
    disk.open(path)
    if below is not None:
        disk.set_parent(below)
    kept.append(disk)
    below = disk
with open(sys.argv[1], "wb") as out:
    at = 0
    while at < below.get_media_size():
        piece = below.read_buffer_at_offset(min(1 << 20, below.get_media_size() - at), at)
        if not piece:
            raise SystemExit("short read at %d" % at)
        out.write(piece)
        at += len(piece)
`;
  run(python, "-c", program, out, ...paths);
  return readFileSync(out);
}

function qemuContents(path: string): Buffer {
  const out = join(folder, "qemu.raw");
  run("qemu-img", "convert", "-f", "vpc", "-O", "raw", path, out);
  return readFileSync(out);
}

/** Scattered contents: runs of sectors here and there, the first and the last sector among them. */
function scattered(byteLength: number, seed: number): Bytes {
  const out = new Uint8Array(byteLength);
  for (const { at, bytes } of pieces(byteLength, seed)) out.set(bytes, at);
  return out;
}

/** @param unit  sectors at whose multiples the pieces start and end, but for the end of the disk */
function* pieces(byteLength: number, seed: number, unit = 1) {
  const random = seededRandom(seed);
  const sectors = byteLength / 512;
  const firsts = [0, sectors - 1, ...Array.from({ length: 6 }, () => Math.floor(random() * sectors))];
  for (const [place, wanted] of firsts.entries()) {
    const first = wanted - (wanted % unit);
    const count = Math.min(unit * (1 + Math.floor((random() * 600) / unit)), sectors - first);
    yield { at: first * 512, bytes: labSectors(count, seed + place) };
  }
}

function fill(disk: Disk, seed: number, unit = 1): void {
  for (const { at, bytes } of pieces(disk.byteLength, seed, unit)) expect(disk.write(at, bytes)).toBe("ok");
  expect(disk.flush()).toBe("ok");
}

function expectSame(one: Uint8Array, other: Uint8Array): void {
  expect(one.length).toBe(other.length);
  expect(Buffer.compare(one, other)).toBe(0);
}

/** A new file of ours; it must be possible to make it. */
function made(create: (file: LabFile) => CreateOutcome): LabFile {
  const file = bytesFile(new Uint8Array(0));
  expect(create(file)).toEqual({ kind: "created" });
  return file;
}

const mib = 1 << 20;
/** Odd ones on purpose: a sector, a sector less or more than a block, no multiple of a block or a cylinder. */
const sizes = [512, 2 * mib - 512, 2 * mib, 2 * mib + 512, 10_000_384, 17 * 4 * 512 * 100 - 512, 33 * mib];

describe.each(sizes)("%i bytes", (byteLength) => {
  test.each(["fixed", "dynamic"])("QEMU's %s disk opens here", (subformat) => {
    const raw = save("contents.raw", scattered(byteLength, byteLength));
    const path = join(folder, "theirs.vhd");
    run(
      "qemu-img",
      "convert",
      "-f",
      "raw",
      "-O",
      "vpc",
      "-o",
      `subformat=${subformat},force_size=on`,
      raw,
      path,
    );
    const file = load(path);
    expect(labHead(file)).toMatchObject({ type: subformat, byteLength, fromCopy: false, copySound: true });
    const disk = labChain([file]);
    expectSame(labContents(disk), readFileSync(raw));
    fill(disk, 77);
    const written = save("written.vhd", file.contents());
    expectSame(qemuContents(written), labContents(disk));
    expectSame(libvhdiContents([written]), labContents(disk));
  });

  test.each([
    ["fixed", createFixedVhd],
    ["dynamic", createDynamicVhd],
  ])("our %s disk opens in QEMU and libvhdi", (type, create) => {
    const file = made((into) => create(into, { byteLength, identity: labIdentity(0x21) }));
    const disk = labChain([file]);
    fill(disk, 3);
    if (byteLength > 4 * mib) expect(disk.unmap(2 * mib, 2 * mib)).toBe("ok");
    expect(disk.flush()).toBe("ok");
    const path = save("ours.vhd", file.contents());
    const raw = save("ours.raw", labContents(disk));
    expect(run("qemu-img", "compare", "-f", "vpc", "-F", "raw", path, raw)).toContain("identical");
    expect(JSON.parse(run("qemu-img", "info", "-f", "vpc", "--output=json", path))).toMatchObject({
      "virtual-size": byteLength,
    });
    expectSame(libvhdiContents([path]), labContents(disk));
    const told = run("vhdiinfo", path);
    expect(told).toMatch(new RegExp(`Disk type\\s*: ${type}`, "i"));
    expect(told).toContain(`(${byteLength} bytes)`);
    expect(told).toContain(labHead(file).uniqueIdText);
  });

  test("QEMU writes into our dynamic disk", () => {
    const file = made((into) => createDynamicVhd(into, { byteLength, identity: labIdentity(0x22) }));
    const path = save("grown.vhd", file.contents());
    const raw = save("wanted.raw", scattered(byteLength, 9));
    run("qemu-img", "convert", "-n", "-f", "raw", "-O", "vpc", raw, path);
    expectSame(labContents(labChain([load(path)])), readFileSync(raw));
  });

  // libvhdi 20210425 takes all sectors behind the first one held in a byte of the bitmap for held, so its word counts
  // only for whole bytes. Single sectors are checked against the plain reader of the unit tests.
  test("a chain of ours reads the same in libvhdi", () => {
    const base = made((into) => createDynamicVhd(into, { byteLength, identity: labIdentity(1) }));
    fill(labChain([base]), 11);
    const files = [base];
    for (const id of [2, 3]) {
      const parent = labHead(files[files.length - 1] ?? base);
      const identity = labIdentity(id);
      const child = made((into) =>
        createDifferencingVhd(into, { parent, parentName: `layer${id - 1}.vhd`, identity }),
      );
      files.push(child);
      fill(labChain(files), id * 100, 8);
    }
    const paths = files.map((file, place) => save(`layer${place + 1}.vhd`, file.contents()));
    expectSame(libvhdiContents(paths), labContents(labChain(files)));
    const told = run("vhdiinfo", paths[2] ?? "");
    expect(told).toMatch(/Disk type\s*: Differential/);
    expect(told).toContain("layer2.vhd");
    expect(told).toContain(labHead(files[1] ?? base).uniqueIdText);
  });
});

test("sizes rounded to a geometry, as QEMU does without force_size, are read as QEMU reads them", () => {
  const raw = save("rounded.raw", scattered(1_000_448, 5));
  const path = join(folder, "rounded.vhd");
  run("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "subformat=dynamic,force_size=off", raw, path);
  expectSame(labContents(labChain([load(path)])), qemuContents(path));
});
