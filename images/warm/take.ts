/**
 * Takes the warm state of one machine: node take.js MACHINE PUBLIC-FOLDER TARGET-FOLDER. Writes `pages.bin`,
 * `devices.vsv`, a file for each disk that its guest has mounted, and `taken.json`, which names them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { VmGuid } from "../../src/hvdef/index.ts";
import { catalogue, type FileStore, siteFilesOf, warmTemplate } from "../../src/vmms/index.ts";
import { type Guest, openRoom } from "./room.ts";

/** A clock that nobody has set, which the guests know from one that somebody has (see userland/etc/late). */
const unset = Date.UTC(2000, 0, 1);
const started = performance.now();
Date.now = () => Math.floor(unset + performance.now() - started);

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Milliseconds that a machine has to come up. Reason: the slowest takes a quarter of it on a slow host. */
const patience = 180_000;

async function until(what: string, look: () => boolean): Promise<void> {
  for (const end = performance.now() + patience; !look(); await pause(50))
    if (performance.now() > end) throw new Error(`${what} did not come within ${patience / 1000} s`);
}

/** Waits until the guest says behind its prompt that nothing else is to be done (see userland/etc/late). */
async function atShell(guest: Guest): Promise<void> {
  await until("the prompt", () => guest.said().endsWith("# \u001b[m"));
}

/** The diskette's guest has no shell: its first screen. */
async function atScreen({ process }: Guest): Promise<void> {
  const rows = (): string => process.screen.contents(false).rows?.join("\n") ?? "";
  await until("the first screen", () => /memtest86/i.test(rows()));
}

async function bytesOf(store: FileStore, name: string): Promise<Uint8Array> {
  const file = await store.open(name, { access: "read", holder: "the build" });
  const bytes = new Uint8Array(file.size());
  file.readAt(0, bytes);
  file[Symbol.dispose]();
  return bytes;
}

async function take(name: string, folder: string, target: string): Promise<void> {
  const stock = catalogue.find((one) => one.name === name);
  const template = stock === undefined ? null : warmTemplate(stock);
  if (template === null) throw new Error(`there is no machine ${name} with a warm state`);
  const room = await openRoom(folder, template);
  const ticks = setInterval(() => room.management.tick(), 1000);
  const id = template.id as VmGuid;
  await room.management.session.start(id, "cold");
  const guest = room.guest();
  await (template.integrated === "never" ? atScreen(guest) : atShell(guest));
  await room.management.session.save(id);
  clearInterval(ticks);

  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "pages.bin"), await bytesOf(room.machines, `${id}.bin`));
  writeFileSync(join(target, "devices.vsv"), await bytesOf(room.machines, `${id}.vsv`));
  const disks = template.firstDisks.map((disk, place) => ({ ...disk, file: `disk${place}.vhd` }));
  for (const disk of disks) writeFileSync(join(target, disk.file), await bytesOf(room.disks, disk.name));
  writeFileSync(join(target, "taken.json"), JSON.stringify({ disks, files: siteFilesOf(template) }));
}

const [machine = "", folder = "", target = ""] = process.argv.slice(2);
take(machine, folder, target).then(
  () => process.exit(0),
  (failure: unknown) => {
    console.error(failure);
    process.exit(1);
  },
);
