import type { DiskFileSummary } from "../hvdef/index.ts";

const formatWords: { readonly [F in DiskFileSummary["format"]]: string } = {
  fixed: "Fixed size",
  dynamic: "Dynamically expanding",
  differencing: "Differencing",
  raw: "Raw image",
  iso: "ISO image",
  floppy: "Diskette",
  device: "Pass-through",
  unusable: "Cannot be used",
};

/** What a file of the library is, in Hyper-V Manager's words. */
export function formatWord(format: DiskFileSummary["format"]): string {
  return formatWords[format];
}

/** Names as a sentence has them: `a`, `a and b`, `a, b and 3 more`. */
export function nameList(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return first;
  return names.length === 2 ? `${first} and ${second}` : `${first}, ${second} and ${names.length - 2} more`;
}

/** Bytes a file takes in storage; `null` for a device, of which nothing is copied here. */
export function storedBytes(file: DiskFileSummary): number | null {
  return file.format === "device" ? null : file.fileBytes;
}

/** Where the bytes of a file are. */
export function placeWord(format: DiskFileSummary["format"]): string {
  return format === "device" ? "Your device, offline for everyone but the guest" : "Storage of this browser";
}

/** Whether two names mean the same file: the library knows no case. */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
