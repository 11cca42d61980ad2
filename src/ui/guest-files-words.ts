import type { ReceivedFile, VmGuid } from "../hvdef/index.ts";
import type { VmView } from "./host.ts";

/** Endings of files that the disk library takes: dropped on a console, they may be meant for either place. */
const diskEndings = /\.(vhd|avhd|iso|img|raw|vfd|flp|ima)(\.(gz|zip|zst))?$/i;

/** Whether a file may be meant for the disk library rather than for a guest. */
export function looksLikeDisk(name: string): boolean {
  return diskEndings.test(name);
}

/** Files to copy, in a few words. */
export function filesInWords(files: readonly { readonly name: string }[]): string {
  const [first] = files;
  return files.length === 1 && first !== undefined ? first.name : `${files.length} files`;
}

/** Asks what files are for that may be meant for either place. */
export function questionAbout(files: readonly { readonly name: string }[]): string {
  return files.length === 1 ? `What is ${filesInWords(files)} for?` : "What are these files for?";
}

/** Why nothing can be copied into the guest now; `null` when it can be tried. */
export function copyRefusal(vm: Pick<VmView, "name" | "state">): string | null {
  return vm.state === "running" ? null : `${vm.name} must run to take a file.`;
}

/** Folders among what was dropped, in a sentence. */
export const foldersAreNotCopied = "Folders are not copied. Drop the files inside, or an archive of them.";

/** Why a text cannot be the folder of a file; `null` when it can. */
export function folderProblem(folder: string): string | null {
  return folder.startsWith("/") ? null : "A path that begins with a slash, such as /root.";
}

/** What a guest has given, of all that there is. */
export function receivedFrom(files: readonly ReceivedFile[], vm: VmGuid): readonly ReceivedFile[] {
  return files.filter((file) => file.vm === vm);
}

/** The panel while it is closed. */
export function guestFilesInShort(
  vm: Pick<VmView, "name" | "state">,
  received: readonly ReceivedFile[],
): string {
  if (received.length === 0) return copyRefusal(vm) ?? "Drop a file on the console to copy it to the guest";
  return received.length === 1 ? "1 file from the guest" : `${received.length} files from the guest`;
}
