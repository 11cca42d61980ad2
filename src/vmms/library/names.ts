import { HvError } from "../../support/index.ts";

/** Longest name of a file, as on the file systems Hyper-V keeps its disks on. */
const longest = 255;
const forbidden = /[\\/:*?"<>|]/;
/** Ending of a file that is not finished; the library never lists one. */
const unfinished = ".part";

/** What is wrong with a file's name, in a sentence, or `null`. */
export function nameFault(name: string): string | null {
  if (name.trim() === "") return "A disk needs a name.";
  if (name.length > longest) return `The name is ${name.length} characters long; ${longest} is the limit.`;
  if (forbidden.test(name) || hasControl(name))
    return `The name ${name} cannot be used: it must not contain \\ / : * ? " < > | or control characters.`;
  if (/^[. ]|[. ]$/.test(name))
    return `The name ${name} cannot be used: it must not begin or end with a dot or a space.`;
  if (name.toLowerCase().endsWith(unfinished))
    return `The name ${name} cannot be used: ${unfinished} marks files that are not finished.`;
  return null;
}

/** @throws HvError `disk.name` with what is wrong with it */
export function checkName(name: string): void {
  const fault = nameFault(name);
  if (fault !== null) throw new HvError("disk.name", fault, { hresult: 0x8007007b });
}

/** @throws HvError `disk.name` when a virtual hard disk cannot be called so */
export function checkEnding(name: string): void {
  if (/\.a?vhd$/i.test(name)) return;
  throw new HvError("disk.name", `${name} is no name for a virtual hard disk: end it with .vhd.`);
}

/** @throws HvError `disk.name` when a diskette image cannot be called so */
export function checkFloppyEnding(name: string): void {
  if (/\.(vfd|img|flp|ima)$/i.test(name)) return;
  throw new HvError("disk.name", `${name} is no name for a diskette image: end it with .vfd.`);
}

/** @throws HvError `disk.name` when a new name would make another kind of disk of a file */
export function checkSameKind(from: string, to: string): void {
  if (kindOf(from) === kindOf(to)) return;
  throw new HvError(
    "disk.name",
    `${from} cannot be called ${to}: the ending says what kind of disk it is. Keep the ending.`,
  );
}

/** The library judges files by these endings; all others are raw images. */
function kindOf(name: string): "vhd" | "iso" | "raw" {
  const extension = extensionOf(name);
  if (extension === "vhd" || extension === "avhd") return "vhd";
  return extension === "iso" ? "iso" : "raw";
}

/** Two names of one file: case does not matter. */
export function sameName(one: string, other: string): boolean {
  return keyOf(one) === keyOf(other);
}

/** The form of a name by which files are told apart. */
export function keyOf(name: string): string {
  return name.toLowerCase();
}

/** Where a file lies until it is finished. */
export function unfinishedName(name: string): string {
  return `${name}${unfinished}`;
}

export function isUnfinished(name: string): boolean {
  return name.endsWith(unfinished);
}

/** The ending of a name in small letters without its dot; "" when it has none. */
export function extensionOf(name: string): string {
  return /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
}

function hasControl(name: string): boolean {
  return [...name].some((letter) => letter.charCodeAt(0) < 0x20);
}
