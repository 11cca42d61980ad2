// @ts-check
// What runs inside the guest, apart from the kernel: busybox, e2fsprogs, hyperv-daemons, our few files in
// images/userland/, and the kernel modules. Shared by the RAM file system and the system disk.
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { neededLibraries } from "./elf.mjs";
import { guestArchitecture } from "./packages.mjs";
import { BuildFailure } from "./run.mjs";
import { put } from "./tree.mjs";

/** @typedef {import("./tree.mjs").Tree} Tree */
/** @typedef {import("./packages.mjs").Package} Package */
/** @typedef {import("./host-tools.mjs").RunTool} RunTool */

/** Debian packages with everything of the userland. */
export const userlandPackages = [
  "busybox-static",
  "bash",
  "libtinfo6",
  "e2fsprogs",
  "libext2fs2",
  "libcom-err2",
  "libblkid1",
  "libuuid1",
  "libc6",
  "hyperv-daemons",
  "base-files",
]
  .map((name) => `${name}:${guestArchitecture}`)
  .concat("ncurses-base", "console-data");

/** What an attached terminal may call itself. */
const terminals = ["ansi", "dumb", "linux", "screen", "vt100", "vt102", "vt220", "xterm", "xterm-256color"];

/** The modules asked for by name; what they depend on follows from depmod. */
const wantedModules = [
  // synthetic devices
  "hv_vmbus hv_storvsc hv_netvsc hv_utils hv_balloon hyperv-keyboard hid-hyperv hyperv_drm uio_hv_generic hv_sock",
  "hid-generic",
  // what is typed and pointed at, for programs of the guest
  "evdev",
  // emulated devices
  "ata_piix ata_generic ne2k-pci sd_mod sr_mod floppy psmouse",
  // file systems
  "ext4 crc32c_generic vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8 isofs loop",
].flatMap((line) => line.split(" "));

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
 * Puts busybox, e2fsprogs and the daemons of the integration services with their libraries, and the files of a folder into a tree.
 *
 * @param {Tree} tree
 * @param {{ packages: readonly Package[], overlay: string }} options `overlay`: host folder copied to `/`
 */
export function addUserland(tree, { packages, overlay }) {
  const pick = (/** @type {string[]} */ candidates) => readFirst(packages, candidates);
  const program = (/** @type {string} */ path, /** @type {Uint8Array} */ bytes) =>
    put(tree, path, { kind: "file", mode: 0o755, bytes });

  for (const path of [
    "dev",
    "proc",
    "sys",
    "newroot",
    "mnt/data",
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

  const busybox = pick(["bin/busybox", "usr/bin/busybox"]);
  program("bin/busybox", busybox);

  const programs = ["bin/bash", "sbin/mke2fs", "sbin/e2fsck", "sbin/hv_kvp_daemon", "sbin/hv_vss_daemon"];
  const linked = programs.map((path) => ({
    path,
    bytes: pick([path, `usr/${path}`]),
  }));
  for (const { path, bytes } of linked) program(path, bytes);
  for (const name of terminals) {
    const path = `lib/terminfo/${name.charAt(0)}/${name}`;
    put(tree, path, { kind: "file", mode: 0o644, bytes: pick([path, `usr/${path}`]) });
  }
  for (const name of ["mkfs.ext4", "mkfs.ext2"])
    put(tree, `sbin/${name}`, { kind: "link", target: "mke2fs" });
  for (const name of ["fsck.ext4", "fsck.ext2"])
    put(tree, `sbin/${name}`, { kind: "link", target: "e2fsck" });
  for (const name of appletNames(busybox)) {
    const path = systemApplets.includes(name) ? `sbin/${name}` : `bin/${name}`;
    if (!tree.has(path) && !tree.has(`sbin/${name}`))
      put(tree, path, { kind: "link", target: "/bin/busybox" });
  }
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
 * @param {{ kernel: Package, release: string, scratch: string, tool: RunTool }} options
 *   `scratch`: an empty folder of the host
 */
export async function addModules(tree, { kernel, release, scratch, tool }) {
  const home = `lib/modules/${release}`;
  const all = join(kernel.folder, home);
  const complete = join(scratch, "complete", home);
  const chosen = join(scratch, "chosen", home);
  // A copy, because depmod writes its indexes beside the modules.
  cpSync(all, complete, { recursive: true, filter: (path) => !path.endsWith(".so") });
  await tool("depmod", ["-b", join(scratch, "complete"), release]);
  const needed = closure(readFileSync(join(complete, "modules.dep"), "utf8"), wantedModules);
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
 * @param {string} table content of modules.dep
 * @param {readonly string[]} names
 * @returns {string[]} module paths, sorted
 */
function closure(table, names) {
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
