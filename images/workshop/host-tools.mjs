// @ts-check
// Programs that run on the host while images are built: the installed one if there is one,
// else the same program out of an unpacked Debian package.
import { accessSync, constants, existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { BuildFailure, run } from "./run.mjs";

/** @typedef {import("./packages.mjs").PackageStore} PackageStore */
/** @typedef {import("./run.mjs").RunOptions} RunOptions */
/** @typedef {import("./run.mjs").Finished} Finished */
/** @typedef {(program: string, parameters: readonly string[], options?: RunOptions) => Promise<Finished>} RunTool */

/** Which packages bring a tool with the libraries it needs beyond libc. */
const packagesOf = /** @type {const} */ ({
  iasl: ["acpica-tools"],
  "i386-tcc": ["tcc"],
  xz: ["xz-utils", "liblzma5"],
  depmod: ["kmod", "liblzma5", "libzstd1", "libssl3"],
  loadkeys: ["kbd"],
  mke2fs: ["e2fsprogs", "libext2fs2", "libcom-err2", "libblkid1", "libuuid1", "libss2"],
  debugfs: ["e2fsprogs", "libext2fs2", "libcom-err2", "libblkid1", "libuuid1", "libss2"],
  mformat: ["mtools"],
  mcopy: ["mtools"],
  mattrib: ["mtools"],
  syslinux: ["syslinux"],
});

/** @typedef {keyof typeof packagesOf} ToolName */

/**
 * Makes the named tools runnable. Those that are not installed come from packages.
 *
 * @param {PackageStore} store
 * @param {readonly ToolName[]} names
 * @returns {Promise<RunTool>}
 */
export async function openHostTools(store, names) {
  const searched = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"].filter(
    (path) => path !== "",
  );
  const absent = names.filter((name) => !searched.some((folder) => isExecutable(join(folder, name))));
  const wanted = new Set(absent.flatMap((name) => packagesOf[name]));
  const found = await store.fetch([...wanted].map((name) => `${name}:${store.hostArchitecture}`));
  const unpacked = found.map(({ folder }) => folder);
  const triplet = { amd64: "x86_64-linux-gnu", i386: "i386-linux-gnu" }[store.hostArchitecture] ?? "";
  const libraries = unpacked
    .flatMap((folder) => [join(folder, "usr/lib", triplet), join(folder, "lib", triplet)])
    .filter((path) => triplet !== "" && existsSync(path));
  const environment = {
    // Tools start one another by name (syslinux starts mtools).
    PATH: [
      ...unpacked.flatMap((folder) => programFolders.map((name) => join(folder, name))),
      ...searched,
    ].join(":"),
    ...(libraries.length > 0 ? { LD_LIBRARY_PATH: libraries.join(":") } : {}),
  };
  return (program, parameters, options = {}) => {
    const path =
      unpacked.map((folder) => findPackaged(folder, program)).find((known) => known !== undefined) ??
      searched.map((folder) => join(folder, program)).find(isExecutable);
    if (path === undefined) throw new BuildFailure(`the tool ${program} was not found in its Debian package`);
    return run(path, parameters, {
      ...options,
      name: program,
      environment: { ...environment, ...options.environment },
    });
  };
}

/**
 * @param {string} name of a program
 * @returns {boolean} the host has it
 */
export function isInstalled(name) {
  return installedFolders().some((folder) => isExecutable(join(folder, name)));
}

/** @returns {string[]} PATH, and where administrators' tools are */
function installedFolders() {
  return [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"].filter((path) => path !== "");
}

const programFolders = ["usr/bin", "bin", "usr/sbin", "sbin"];

/**
 * @param {string} folder of an unpacked package
 * @param {string} program
 * @returns {string | undefined} its path; links that are absolute inside the package are followed there
 */
function findPackaged(folder, program) {
  for (const path of programFolders.map((name) => join(folder, name, program))) {
    const link = readLink(path);
    const target = link?.startsWith("/") ? join(folder, link) : path;
    if (isExecutable(target)) return target;
  }
  return undefined;
}

/** @param {string} path @returns {string | undefined} */
function readLink(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** @param {string} path @returns {boolean} */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
