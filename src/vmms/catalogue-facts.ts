import type { BootSource, CatalogueEntry, CatalogueSource, VmGuid } from "../hvdef/index.ts";
import { type StockVm, stockImages } from "./catalogue.ts";
import { indexBytes, type Manifest, manifestOf, manifestPath } from "./site-manifest.ts";

const dsdtPath = "firmware/dsdt.aml";
const biosPaths = ["firmware/bios.bin", "firmware/vgabios.bin"];

/** The guests of the site say this on their first serial port when their shell waits. */
const usualPrompt = "tabvisor:[^\\n]*# ";

/** Cold boots of `npm run bench`, by machine. */
const benched: { readonly [name: string]: CatalogueEntry["bootTime"] } = {
  debian: { millis: 6160, date: "2026-11-22", where: "two processors, Chromium 156" },
};

/**
 * The guests of a catalogue with what the site says of them. What it does not say is `null`: a site that was put
 * together by hand may lack its manifest.
 *
 * @param siteText  a text file of the site; rejects when it is not there
 */
export async function catalogueFacts(
  catalogue: readonly StockVm[],
  siteText: (path: string) => Promise<string>,
): Promise<readonly CatalogueEntry[]> {
  const manifest = await siteText(manifestPath).then(manifestOf, () => null);
  const sizes = new Map<string, number | null>();
  async function diskBytes(index: string): Promise<number | null> {
    const known = sizes.get(index);
    if (known !== undefined) return known;
    const found = index.endsWith(".json")
      ? await siteText(index).then(indexBytes, () => null)
      : (manifest?.get(index)?.bytes ?? null);
    sizes.set(index, found);
    return found;
  }
  const entries: CatalogueEntry[] = [];
  for (const stock of catalogue) {
    const indexes = indexesOf(stock);
    const disks: (number | null)[] = [];
    for (const index of indexes) disks.push(await diskBytes(index));
    entries.push(entryOf(stock, { manifest, disks }));
  }
  return entries;
}

interface SiteFacts {
  readonly manifest: Manifest | null;
  readonly disks: readonly (number | null)[];
}

function entryOf(stock: StockVm, { manifest, disks }: SiteFacts): CatalogueEntry {
  const { name, description, memoryBytes } = stock;
  const first = filesOf(stock.boot).map((path) => manifest?.get(path)?.bytes ?? null);
  const firstBytes = total(first);
  const diskBytes = total(disks);
  return {
    vm: stock.id as VmGuid,
    name,
    description,
    memoryBytes,
    picture: pictureOf(stock),
    ...devicesOf(stock),
    download: firstBytes === null || diskBytes === null ? null : { firstBytes, diskBytes },
    bootTime: benched[name] ?? null,
    prompt: stock.takesDisk === true || stock.integrated === "never" ? null : usualPrompt,
    sources: sourcesOf(siteFilesOf(stock), manifest),
  };
}

/** Everything of the site that a machine starts from, relative to the page. */
export function siteFilesOf(stock: StockVm): readonly string[] {
  return [...filesOf(stock.boot), ...indexesOf(stock)];
}

/** The sum, or `null` when one of them is not known. */
function total(bytes: readonly (number | null)[]): number | null {
  return bytes.reduce<number | null>((sum, one) => (sum === null || one === null ? null : sum + one), 0);
}

/** Files of the site that are fetched before the guest runs. */
function filesOf(boot: BootSource): readonly string[] {
  if (boot.kind === "bios") return [dsdtPath, ...biosPaths];
  return boot.initrd === null ? [dsdtPath, boot.kernel] : [dsdtPath, boot.kernel, boot.initrd];
}

/** Images of the site that its disks build on or that are in its drives, each once. */
function indexesOf({ firstDisks, drives }: StockVm): readonly string[] {
  const inDrives = drives.flatMap(({ medium }) => (medium.kind === "file" ? [medium.name] : []));
  const names = new Set([...firstDisks.map(({ parent }) => parent), ...inDrives]);
  return stockImages.filter((image) => names.has(image.name)).map(({ index }) => index);
}

function pictureOf(stock: StockVm): CatalogueEntry["picture"] {
  if (stock.takesDisk === true) return "own";
  if (stock.integrated !== undefined) return "legacy";
  return stock.boot.kind === "bios" ? "disk" : "enlightened";
}

/** Which devices its guest drives how, as far as its configuration and its system say. */
function devicesOf(stock: StockVm): Pick<CatalogueEntry, "emulated" | "synthetic"> {
  const { drives, adapters } = stock;
  const has = (controller: string, kind: string): boolean =>
    drives.some((drive) => drive.slot.controller === controller && drive.kind === kind);
  const adapter = (type: string): boolean => adapters.some((one) => one.type === type);
  // A system that nobody knows yet drives what it finds.
  const drivesBus = stock.integrated === undefined && stock.takesDisk !== true;
  const emulated = [
    "processor and chipset",
    "serial port",
    ...(drivesBus ? [] : ["VGA screen", "PS/2 keyboard and mouse"]),
    ...(has("IDE", "disk") ? [drivesBus ? "IDE disk until its driver is loaded" : "IDE disk"] : []),
    ...(has("IDE", "dvd") ? ["DVD drive"] : []),
    ...(has("floppy", "floppy") ? ["diskette drive"] : []),
    ...(adapter("legacy") ? ["NE2000 network card"] : []),
  ];
  const disks = has("SCSI", "disk") || has("IDE", "disk") ? ["disks (hv_storvsc)"] : [];
  const network = adapter("synthetic") ? ["network (hv_netvsc)"] : [];
  const others = [
    "screen (hyperv_drm)",
    "keyboard and mouse (hyperv_keyboard, hid_hyperv)",
    "integration services (hv_utils)",
  ];
  const all = [...disks, ...network, ...others];
  if (drivesBus) return { emulated, synthetic: all };
  return { emulated, synthetic: stock.integrated === "installable" ? all.map(onceInstalled) : [] };
}

function onceInstalled(device: string, place: number): string {
  return place === 0 ? `once integration services are installed: ${device}` : device;
}

/** The packages that some files are made of, each once, in the order of their names. */
function sourcesOf(paths: readonly string[], manifest: Manifest | null): readonly CatalogueSource[] {
  const all = paths.flatMap((path) => manifest?.get(path)?.sources ?? []);
  const byName = new Map(all.map((source) => [source.name, source]));
  return [...byName.values()].sort((one, other) => one.name.localeCompare(other.name));
}
