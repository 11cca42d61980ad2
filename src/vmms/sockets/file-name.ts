import { guestFileNameBytes, guestFolderBytes } from "../../hvdef/index.ts";

/** What no name may have here: control characters, halves of characters, marks that turn the direction of writing. */
const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufffd]/u;
/** What a name may not have that is to be saved on any device. */
const unsafe = /[/\\:*?"<>|]/;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** Why a file of the visitor cannot have this name in a guest; `null` when it can. */
export function nameFault(name: string): string | null {
  if (name === "" || name === "." || name === "..") return "The file needs a name.";
  if (unfit.test(name) || name.includes("/"))
    return "The name has characters that a file in a guest cannot have: slashes or control characters.";
  return bytesOf(name) > guestFileNameBytes ? `The name has more than ${guestFileNameBytes} bytes.` : null;
}

/** Why a path cannot be the folder of a file in a guest; `null` when it can. */
export function folderFault(folder: string): string | null {
  if (!folder.startsWith("/")) return "The folder is a path that begins with a slash, such as /root.";
  if (unfit.test(folder)) return "The path of the folder has control characters.";
  return bytesOf(folder) > guestFolderBytes
    ? `The path of the folder has more than ${guestFolderBytes} bytes.`
    : null;
}

/** Why a guest's file cannot be taken under this name; `null` when it can. */
export function receivedNameFault(name: string): string | null {
  const fault = nameFault(name);
  if (fault !== null) return fault;
  return unsafe.test(name) || name.startsWith(".")
    ? 'The name has characters that not every device can save: a dot in front, or one of \\ : * ? " < > |.'
    : null;
}
