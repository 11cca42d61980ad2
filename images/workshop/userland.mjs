// @ts-check
// What runs inside the guest, apart from the kernel: busybox, e2fsprogs, hyperv-daemons, our few files in
// images/userland/, and the kernel modules. Shared by the RAM file system and the system disk.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { neededLibraries } from "./elf.mjs";
import { guestArchitecture } from "./packages.mjs";
import { BuildFailure } from "./run.mjs";
import { put } from "./tree.mjs";

/** @typedef {import("./tree.mjs").Tree} Tree */
/** @typedef {import("./packages.mjs").Package} Package */
/** @typedef {import("./host-tools.mjs").RunTool} RunTool */
/**
 * @typedef {{ kernel: Package, release: string, scratch: string, tool: RunTool }} ModuleChoice
 *   `scratch`: a folder of the host
 */

/** Debian packages with everything of the userland but the integration services. */
export const plainPackages = [
  "busybox-static",
  "bash",
  "libtinfo6",
  "e2fsprogs",
  "libext2fs2",
  "libcom-err2",
  "libblkid1",
  "libuuid1",
  "libc6",
  "base-files",
]
  .map((name) => `${name}:${guestArchitecture}`)
  .concat("ncurses-base", "console-data");

/** The package with the programs of integration services. */
export const daemonPackage = `hyperv-daemons:${guestArchitecture}`;

/** Debian packages with everything of the userland. */
export const userlandPackages = [...plainPackages, daemonPackage];

/** Programs of integration services: data exchange and backup. */
export const daemons = ["sbin/hv_kvp_daemon", "sbin/hv_vss_daemon"];

/** What an attached terminal may call itself. */
const terminals = ["ansi", "dumb", "linux", "screen", "vt100", "vt102", "vt220", "xterm", "xterm-256color"];

/** The modules of synthetic devices, asked for by name; what modules depend on follows from depmod. */
export const syntheticModules = words(
  "hv_vmbus hv_storvsc hv_netvsc hv_utils hv_balloon hyperv-keyboard hid-hyperv hyperv_drm uio_hv_generic hv_sock hid-generic",
);

/** The modules of emulated devices, of file systems, and what programs read keys and pointers from. */
export const plainModules = [
  ...words("ata_piix ata_generic ne2k-pci sd_mod sr_mod floppy psmouse evdev"),
  ...words("ext4 crc32c_generic vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8 isofs loop"),
];

/** @param {string} line @returns {string[]} */
function words(line) {
  return line.split(" ");
}

/** Applets that others call by a fixed path (the kernel, scripts of users); all the rest live in /bin. */
const systemApplets = [
  "init",
  "modprobe",
  "insmod",
  "rmmod",
  "lsmod",
  "poweroff",
  "reboot",
  "halt",
  "mkswap",
];

/**
 * Puts busybox, bash, e2fsprogs with their libraries, the daemons of the integration services where their package is
 * among them, and the files of a folder into a tree.
 *
 * @param {Tree} tree
 * @param {{ packages: readonly Package[], overlay: string }} options `overlay`: host folder copied to `/`
 */
export function addUserland(tree, { packages, overlay }) {
  const pick = (/** @type {string[]} */ candidates) => readFirst(packages, candidates);
  const integrated = packages.some(({ name }) => daemonPackage.startsWith(`${name}:`));
  const programs = ["bin/bash", "sbin/mke2fs", "sbin/e2fsck", ...(integrated ? daemons : [])];
  const linked = programs.map((path) => ({ path, bytes: pick([path, `usr/${path}`]) }));
  for (const { path, bytes } of linked) put(tree, path, { kind: "file", mode: 0o755, bytes });
  for (const name of terminals) {
    const path = `lib/terminfo/${name.charAt(0)}/${name}`;
    put(tree, path, { kind: "file", mode: 0o644, bytes: pick([path, `usr/${path}`]) });
  }
  for (const name of ["mkfs.ext4", "mkfs.ext2"])
    put(tree, `sbin/${name}`, { kind: "link", target: "mke2fs" });
  for (const name of ["fsck.ext4", "fsck.ext2"])
    put(tree, `sbin/${name}`, { kind: "link", target: "e2fsck" });
  addBusybox(tree, packages);
  // The daemon of data exchange tells the host what this says.
  put(tree, "etc/os-release", { kind: "file", mode: 0o644, bytes: pick(["usr/lib/os-release"]) });
  put(tree, "etc/mke2fs.conf", { kind: "file", mode: 0o644, bytes: pick(["etc/mke2fs.conf"]) });
  addLibraries(
    tree,
    packages,
    linked.map(({ bytes }) => bytes),
  );
  put(tree, "etc/mtab", { kind: "link", target: "/proc/mounts" });
  addFolder(tree, overlay, "");
}

/**
 * Puts the folders that every system has and busybox with its applets into a tree; programs that are there stay.
 *
 * @param {Tree} tree
 * @param {readonly Package[]} packages
 */
export function addBusybox(tree, packages) {
  for (const path of [
    "dev",
    "proc",
    "sys",
    "newroot",
    "mnt/data",
    "mnt/cdrom",
    "run",
    "var/log",
    "var/lib",
    "usr/bin",
    "usr/sbin",
  ]) {
    put(tree, path, { kind: "folder", mode: 0o755 });
  }
  put(tree, "tmp", { kind: "folder", mode: 0o1777 });
  put(tree, "root", { kind: "folder", mode: 0o700 });
  put(tree, "dev/console", { kind: "device", mode: 0o600, major: 5, minor: 1 });
  put(tree, "dev/null", { kind: "device", mode: 0o666, major: 1, minor: 3 });

  const busybox = readFirst(packages, ["bin/busybox", "usr/bin/busybox"]);
  put(tree, "bin/busybox", { kind: "file", mode: 0o755, bytes: busybox });
  for (const name of appletNames(busybox)) {
    const path = systemApplets.includes(name) ? `sbin/${name}` : `bin/${name}`;
    if (!tree.has(path) && !tree.has(`sbin/${name}`))
      put(tree, path, { kind: "link", target: "/bin/busybox" });
  }
}

/**
 * Busybox lists its applets as one run of strings, so the guest's program need not run on the host.
 *
 * @param {Buffer} busybox
 * @returns {string[]}
 */
function appletNames(busybox) {
  const start = busybox.indexOf("\0[\0[[\0", 0, "latin1") + 1;
  const end = busybox.indexOf("\0\0", start, "latin1");
  const names = busybox.toString("latin1", start, end).split("\0");
  const sane =
    names.length > 150 && ["sh", "mount", "modprobe", "init"].every((name) => names.includes(name));
  if (start === 0 || !sane)
    throw new BuildFailure("the applet list of busybox was not found where it used to be");
  return names.filter((name) => /^[\w[-]+$/.test(name));
}

/**
 * Adds every shared library that the programs need, and the loader.
 *
 * @param {Tree} tree
 * @param {readonly Package[]} packages
 * @param {Buffer[]} programs
 */
function addLibraries(tree, packages, programs) {
  const open = ["ld-linux.so.2", ...programs.flatMap(neededLibraries)];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const path = `lib/${name}`;
    if (tree.has(path)) continue;
    const triplet = "i386-linux-gnu";
    const bytes = readFirst(packages, [
      `lib/${triplet}/${name}`,
      `usr/lib/${triplet}/${name}`,
      `lib/${name}`,
    ]);
    put(tree, path, { kind: "file", mode: 0o755, bytes });
    open.push(...neededLibraries(bytes));
  }
}

/**
 * @param {Tree} tree
 * @param {string} folder on the host; files keep only whether they are executable
 * @param {string} prefix path in the tree, "" or ending in a slash
 */
export function addFolder(tree, folder, prefix) {
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const source = join(folder, item.name);
    if (item.isDirectory()) addFolder(tree, source, `${prefix}${item.name}/`);
    else {
      const bytes = readFileSync(source);
      const mode = bytes.subarray(0, 2).toString("latin1") === "#!" ? 0o755 : 0o644;
      put(tree, `${prefix}${item.name}`, { kind: "file", mode, bytes });
    }
  }
}

/**
 * Adds the wanted kernel modules, all they depend on, and the indexes that modprobe reads.
 *
 * @param {Tree} tree
 * @param {ModuleChoice & { names: readonly string[] }} options
 */
export async function addModules(tree, { names, ...choice }) {
  const { kernel, release, scratch, tool } = choice;
  const home = `lib/modules/${release}`;
  const all = join(kernel.folder, home);
  const chosen = join(scratch, "chosen", home);
  const needed = modulesBehind(await moduleTable(choice), names);
  rmSync(join(scratch, "chosen"), { recursive: true, force: true });
  for (const path of [...needed, "modules.order", "modules.builtin", "modules.builtin.modinfo"]) {
    mkdirSync(dirname(join(chosen, path)), { recursive: true });
    cpSync(join(all, path), join(chosen, path));
  }
  await tool("depmod", ["-b", join(scratch, "chosen"), release]);
  for (const path of [...needed, "modules.dep", "modules.alias", "modules.softdep", "modules.builtin"]) {
    put(tree, `${home}/${path}`, { kind: "file", mode: 0o644, bytes: readFileSync(join(chosen, path)) });
  }
}

/**
 * What depends on what among all modules of a kernel.
 *
 * @param {Omit<ModuleChoice, "scratch">} choice
 * @returns {Promise<string>} content of modules.dep
 */
export async function moduleTable({ kernel, release, tool }) {
  // It only says what it would write: the packages stay as they came.
  const { stdout } = await tool("depmod", ["-n", "-b", kernel.folder, release]);
  return (stdout.toString().match(/^kernel\/\S+\.ko:.*$/gm) ?? []).join("\n");
}

/**
 * The modules of these names and all they depend on.
 *
 * @param {string} table content of modules.dep
 * @param {readonly string[]} names
 * @returns {string[]} paths below the kernel's folder of modules, sorted
 */
export function modulesBehind(table, names) {
  const lines = table.split("\n").flatMap((line) => {
    const [path, ...after] = line.split(/:? /).map((word) => word.replace(/:$/, ""));
    return path ? [{ path, after: after.filter((word) => word !== "") }] : [];
  });
  const byName = new Map(lines.map((line) => [moduleName(line.path), line]));
  const found = new Set();
  for (const name of names) {
    const line = byName.get(name.replaceAll("-", "_"));
    if (line === undefined) throw new BuildFailure(`the kernel package has no module ${name}`);
    for (const path of [line.path, ...line.after]) found.add(path);
  }
  return [...found].sort();
}

/** @param {string} path @returns {string} as the kernel spells it */
function moduleName(path) {
  return basename(path, ".ko").replaceAll("-", "_");
}

/**
 * @param {readonly Package[]} packages
 * @param {readonly string[]} candidates paths inside a package
 * @returns {Buffer} the first that exists
 */
function readFirst(packages, candidates) {
  for (const { folder } of packages) {
    for (const path of candidates) {
      const whole = join(folder, path);
      if (statSync(whole, { throwIfNoEntry: false })?.isFile()) return readFileSync(whole);
    }
  }
  throw new BuildFailure(`no package of the userland holds ${candidates[0]}`);
}
