import type { BlockMap, DiskFileSummary, DiskReport, VmGuid } from "../../../src/hvdef/index.ts";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** A file of the library, fixed and unused where nothing else is said. */
export function file(name: string, more: Partial<DiskFileSummary> = {}): DiskFileSummary {
  return {
    name,
    format: "fixed",
    fileBytes: 256 * MiB + 512,
    byteLength: 256 * MiB,
    parent: null,
    children: [],
    usedBy: [],
    inUse: false,
    fetched: null,
    trouble: null,
    ...more,
  };
}

const user = (name: string) => ({ vm: `id of ${name}` as VmGuid, name });

const library: readonly DiskFileSummary[] = [
  file("system.vhd", {
    format: "dynamic",
    fileBytes: 412 * MiB,
    byteLength: 127 * GiB,
    usedBy: [user("Debian system disk")],
  }),
  file("data.vhd", { usedBy: [user("Debian"), user("Debian system disk")], inUse: true }),
  file("Debian 12 base.vhd", {
    format: "dynamic",
    fileBytes: 388 * MiB,
    byteLength: 8 * GiB,
    children: ["web01.vhd", "web02.vhd"],
    inUse: true,
    fetched: 0.42,
  }),
  file("web01.vhd", {
    format: "differencing",
    fileBytes: 61 * MiB,
    byteLength: 8 * GiB,
    parent: "Debian 12 base.vhd",
    children: ["web01-before-upgrade.avhd"],
    inUse: true,
  }),
  file("web01-before-upgrade.avhd", {
    format: "differencing",
    fileBytes: 12 * MiB,
    byteLength: 8 * GiB,
    parent: "web01.vhd",
    usedBy: [user("Bench")],
    inUse: true,
  }),
  file("web02.vhd", {
    format: "differencing",
    fileBytes: 4 * MiB,
    byteLength: 8 * GiB,
    parent: "Debian 12 base.vhd",
  }),
  file("lost child.vhd", {
    format: "differencing",
    fileBytes: 19 * MiB,
    byteLength: 8 * GiB,
    parent: "gold master (old).vhd",
    trouble:
      "Its parent, gold master (old).vhd, is not in the library. Import it, or use Edit, Reconnect to name another copy of it",
  }),
  file("worn.vhd", {
    format: "dynamic",
    fileBytes: 97 * MiB,
    byteLength: 2 * GiB,
    trouble:
      "The footer at its end is damaged and the copy at its beginning was used. Edit, Repair writes it again",
  }),
  file("debian-12.11.0-i386-netinst.iso", { format: "iso", fileBytes: 662 * MiB, byteLength: 662 * MiB }),
  file("drivers.vfd", { format: "floppy", fileBytes: 1440 * 1024, byteLength: 1440 * 1024 }),
  file("router.img", { format: "raw", fileBytes: 40 * MiB, byteLength: 40 * MiB }),
  file("sd card 64 GB.img", { format: "device", fileBytes: 0, byteLength: 64 * GiB }),
];

const odd: readonly DiskFileSummary[] = [
  file(`${"a very long name that somebody generated without a single thought ".repeat(3)}0123456789.vhd`),
  file("x".repeat(240).concat(".vhd"), { format: "dynamic", usedBy: [user("y".repeat(90))] }),
  file("<b>bold</b> & \"quotes\" 'n' %20.vhd"),
  file("диск 磁盘 ディスク.vhd", { format: "dynamic" }),
  file("‮right to left.vhd"),
  file("loop-a.vhd", { format: "unusable", parent: "loop-b.vhd", trouble: "Its parents form a loop" }),
  file("loop-b.vhd", { format: "unusable", parent: "loop-a.vhd", trouble: "Its parents form a loop" }),
  file("Loop Self.vhd", { format: "unusable", parent: "loop self.VHD", trouble: "It is its own parent" }),
];

const many: readonly DiskFileSummary[] = Array.from({ length: 200 }, (_, place) => {
  const inChain = place % 10;
  const group = Math.floor(place / 10);
  const named = (level: number) => `farm-${group}-${level}.vhd`;
  if (inChain === 0) return file(named(0), { format: "dynamic", children: [named(1)] });
  const children = inChain === 9 ? [] : [named(inChain + 1)];
  return file(named(inChain), { format: "differencing", parent: named(inChain - 1), children });
});

/** The files of a scene. */
export function filesOf(scene: string): readonly DiskFileSummary[] {
  if (scene === "odd") return odd;
  if (scene === "many") return many;
  return scene === "empty" || scene === "loading" || scene === "fresh" ? [] : library;
}

/** From a file to its base, as far as the library goes. */
export function chainOf(files: readonly DiskFileSummary[], name: string): readonly DiskFileSummary[] {
  const chain: DiskFileSummary[] = [];
  let next = files.find((one) => one.name === name);
  while (next !== undefined && !chain.includes(next)) {
    chain.push(next);
    const { parent } = next;
    next = files.find((one) => one.name.toLowerCase() === parent?.toLowerCase());
  }
  return chain;
}

/** What Inspect Disk says of a file. */
export function reportOf(files: readonly DiskFileSummary[], name: string): DiskReport {
  const chain = chainOf(files, name);
  const [found] = chain;
  if (found === undefined)
    throw new Error(`${name} is not in the library. It may have been removed meanwhile`);
  const isVhd = found.format === "fixed" || found.format === "dynamic" || found.format === "differencing";
  const blocks = Math.ceil(found.byteLength / (2 * MiB));
  return {
    ...found,
    chain: chain.map((one) => one.name),
    vhd: !isVhd
      ? null
      : {
          uniqueId: "7f1c8a52-30c4-4b0e-9d35-64b1f6a2e0d9",
          created: Date.UTC(2026, 10, 14, 9, 12, 30),
          creator: "Tabvisor 0.1",
          geometry: { cylinders: 65535, heads: 16, sectors: 255 },
          blockBytes: found.format === "fixed" ? null : 2 * MiB,
          blocks,
          allocatedBlocks: Math.min(blocks, Math.floor(found.fileBytes / (2 * MiB))),
          fragmentation: found.inUse ? null : 0.07,
          repaired: found.name === "worn.vhd",
        },
  };
}

function heldIn(found: DiskFileSummary, cell: number, count: number, seconds: number): number {
  if (found.format === "dynamic") {
    if (cell < count * 0.04) return 255;
    const wave = Math.sin(cell / 37) + Math.sin(cell / 11);
    return cell < count * 0.4 && wave > 0.2 ? Math.min(255, Math.floor(wave * 160)) : 0;
  }
  if (found.format === "differencing") {
    const wave = Math.sin((cell + found.name.length * 31) / 19);
    const grown = found.inUse ? ((seconds * 4) % count) + 60 : 60;
    return wave > 0.72 && cell < count * 0.45 && cell % 200 < grown ? 255 - (cell % 3) * 90 : 0;
  }
  return 255;
}

/** Which cells are held after so many seconds: disks in use fill up. */
export function mapOf(
  files: readonly DiskFileSummary[],
  name: string,
  cells: number,
  seconds: number,
): BlockMap {
  const chain = chainOf(files, name);
  const byteLength = chain[0]?.byteLength ?? 0;
  const count = Math.min(cells, Math.max(1, Math.ceil(byteLength / (64 * 1024))));
  return {
    layers: chain.map((found) => ({
      name: found.name,
      format: found.format === "unusable" ? "raw" : found.format,
      cells: Uint8Array.from({ length: count }, (_, cell) => heldIn(found, cell, count, seconds)),
    })),
    cellBytes: Math.ceil(byteLength / count / 512) * 512,
  };
}
