// @ts-check
// An ext4 file system from a tree, reproducible and without root: mke2fs makes it empty, debugfs
// fills it in the tree's order, with its owners, modes and times.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { BuildFailure } from "./run.mjs";
import { sorted } from "./tree.mjs";

/** @typedef {import("./tree.mjs").Tree} Tree */
/** @typedef {import("./host-tools.mjs").RunTool} RunTool */

/** Every time stamp in the images, in seconds since 1970: 2024-01-01. A guest's clock is always later. */
export const epoch = 1_704_067_200;

// Spelled out, so that the host's mke2fs.conf has no say. Without checksums of metadata: an
// emulated processor computes them byte by byte, and without them nothing is initialised lazily.
const features = [
  "none,has_journal,ext_attr,dir_index,filetype,extent,flex_bg,sparse_super,large_file,huge_file,dir_nlink",
  "extra_isize,resize_inode",
].join(",");

/**
 * @typedef {{ label: string, id: string, bytes: number, journalMebibytes: number }} Ext4Options
 *   `id`: a UUID, also the seed of the directory hashes
 *
 * @param {Tree} tree
 * @param {Ext4Options & { scratch: string, tool: RunTool }} options `scratch`: an existing folder
 * @returns {Promise<Buffer>} the file system, `bytes` long
 */
export async function makeExt4(tree, { label, id, bytes, journalMebibytes, scratch, tool }) {
  const image = join(scratch, `${label}.ext4`);
  const script = join(scratch, `${label}.debugfs`);
  const contents = join(scratch, `${label}.contents`);
  mkdirSync(contents);
  const environment = { E2FSPROGS_FAKE_TIME: String(epoch), MKE2FS_CONFIG: "/dev/null" };
  await tool(
    "mke2fs",
    [
      ...[
        "-q",
        "-F",
        "-t",
        "ext4",
        "-O",
        features,
        "-b",
        "4096",
        "-I",
        "256",
        "-m",
        "0",
        "-L",
        label,
        "-U",
        id,
      ],
      ...["-E", `hash_seed=${id},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0`],
      ...["-J", `size=${journalMebibytes}`, image, `${bytes / 1024}k`],
    ],
    { environment },
  );
  writeFileSync(script, `${fillingCommands(tree, contents).join("\n")}\n`);
  const { stderr } = await tool("debugfs", ["-w", "-f", script, image], { environment });
  const complaint = stderr.split("\n").find((line) => line !== "" && !line.startsWith("debugfs "));
  if (complaint !== undefined) throw new BuildFailure(`debugfs cannot fill ${label}: ${complaint}`);
  const made = readFileSync(image);
  if (made.length !== bytes) throw new BuildFailure(`mke2fs made ${label} in another size than asked`);
  return made;
}

/**
 * @param {Tree} tree
 * @param {string} contents host folder for the content of files
 * @returns {string[]} debugfs commands
 */
function fillingCommands(tree, contents) {
  // Half of debugfs's commands take a name in the current folder, not a path.
  const creating = sorted(tree).flatMap(([path, entry], index) => [
    `cd "/${posix.dirname(path)}"`,
    creatingCommand(posix.basename(path), entry, join(contents, `${index}`)),
  ]);
  const modes = sorted(tree).flatMap(([path, entry]) =>
    entry.kind === "link"
      ? []
      : [setting(`/${path}`, "mode", `0${(typeBits[entry.kind] | entry.mode).toString(8)}`)],
  );
  const dates = ["/", "/lost+found", ...sorted(tree).map(([path]) => `/${path}`)].flatMap((path) => [
    ...["uid", "gid"].map((field) => setting(path, field, "0")),
    ...["ctime", "atime", "mtime", "crtime"].map((field) => setting(path, field, `@${epoch}`)),
    ...["ctime", "atime", "mtime", "crtime"].map((field) => setting(path, `${field}_extra`, "0")),
  ]);
  return [...creating, ...modes, ...dates];
}

const typeBits = { folder: 0o040000, file: 0o100000, device: 0o020000 };

/** @param {string} path @param {string} field @param {string} value @returns {string} */
function setting(path, field, value) {
  return `set_inode_field "${path}" ${field} ${value}`;
}

/**
 * @param {string} name in the guest's current folder
 * @param {import("./tree.mjs").Entry} entry
 * @param {string} content host file to be used for the content of a file
 * @returns {string} debugfs command
 */
function creatingCommand(name, entry, content) {
  switch (entry.kind) {
    case "folder":
      return `mkdir "${name}"`;
    case "file":
      writeFileSync(content, entry.bytes);
      return `write "${content}" "${name}"`;
    case "link":
      return `symlink "${name}" "${entry.target}"`;
    case "device":
      return `mknod "${name}" c ${entry.major} ${entry.minor}`;
  }
}
