import { type Infer, layout, u16, u32, u64 } from "../support/index.ts";

/**
 * One file over one connection of a socket, in either direction; our own protocol with `tabvisor-guest`, the program
 * that our images have (images/guest-tool).
 *
 * ```
 * sender:    head | folder | name | contents | CRC-32 of the contents
 * receiver:  answer | text                       at any time; then it reads what is left and drops it
 * ```
 */
export const GuestFileHead = layout("GuestFileHead", "le", 24, {
  magic: u32, // guestFileMagic
  mode: u32, // permission bits
  byteLength: u64,
  nameBytes: u16, // UTF-8, at most guestFileNameBytes
  folderBytes: u16, // UTF-8, an absolute path; 0 towards the host, which has no folders
  reserved: u32, // 0
});
export type GuestFileHead = Infer<typeof GuestFileHead>;

/** The receiver's word. */
export const GuestFileAnswer = layout("GuestFileAnswer", "le", 8, {
  status: u32, // 0: it has the file, and the text is where; else the text is why not
  textBytes: u32, // UTF-8
});

/** "TVF1". */
export const guestFileMagic = 0x3146_5654;

/** Where both sides listen for files. */
export const guestFilePort = 21590;

/** Longest name, bytes: what Linux takes. */
export const guestFileNameBytes = 255;

/** Longest path of a folder, bytes: what `tabvisor-guest` takes. */
export const guestFolderBytes = 1000;

/** Longest file, bytes: what `tabvisor-guest` takes. */
export const guestFileBytes = 0x7fff_ffff;

/** Longest text of an answer that is read, bytes. */
export const guestAnswerBytes = 2048;

/** Where files go unless somebody says otherwise. */
export const usualGuestFolder = "/root";

/** Memory that files of guests may take in the host, of all machines together, bytes. */
export const receivedBytes = 256 << 20;

/** Files of guests that are kept. */
export const receivedFiles = 100;
