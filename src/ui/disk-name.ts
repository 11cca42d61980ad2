import { sameName } from "./disk-words.ts";

/** What the visitor typed as a file name, or why it cannot be one. */
export type NameCheck =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "wrong"; readonly reason: string };

/** Endings of virtual hard disks; the first is added where none is typed. */
export const diskEndings: readonly string[] = [".vhd", ".avhd"];

// The limit of NTFS, so that a download has the same name.
const longest = 255;
const forbidden = /[\\/:*?"<>|\p{Cc}]/u;

/** The ending of a file name with its dot; empty where there is none. */
export function endingOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot) : "";
}

/**
 * Checks a name as it is typed.
 *
 * @param endings  endings it may have; without one the first is added
 * @param taken    names that exist
 */
export function checkName(typed: string, endings: readonly string[], taken: readonly string[]): NameCheck {
  const wrong = (reason: string): NameCheck => ({ kind: "wrong", reason });
  const plain = typed.trim();
  if (plain === "") return wrong("Give it a name.");
  if (forbidden.test(plain)) return wrong('A name has none of the characters \\ / : * ? " < > | in it.');
  if (plain.startsWith(".")) return wrong("A name does not begin with a dot.");
  if (plain.endsWith(".")) return wrong("A name does not end with a dot.");
  const ended = endings.some((ending) => plain.toLowerCase().endsWith(ending.toLowerCase()));
  const name = ended ? plain : `${plain}${endings[0] ?? ""}`;
  if (name.length > longest)
    return wrong(`A name has at most ${longest} characters; this has ${name.length}.`);
  const other = taken.find((one) => sameName(one, name));
  if (other !== undefined) return wrong(`${other} exists already. Choose another name.`);
  return { kind: "name", name };
}

/** A name that is free: the proposal, or the proposal with a number. */
export function freeName(proposal: string, taken: readonly string[]): string {
  const ending = endingOf(proposal);
  const stem = proposal.slice(0, proposal.length - ending.length);
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? proposal : `${stem} (${count})${ending}`;
    if (!taken.some((one) => sameName(one, name))) return name;
  }
}
