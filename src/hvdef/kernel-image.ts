/** Places in the first sectors of a bzImage. @linux Documentation/x86/boot.rst, "The Real-Mode Kernel Header" */
export const SetupHeader = {
  /** The header begins here, in the file as in the boot parameters. */
  start: 0x1f1,
  setupSectors: 0x1f1,
  paragraphs: 0x1f4,
  bootFlag: 0x1fe,
  /** Second byte of a jump over the header: where the header ends, counted from `magic`. */
  length: 0x201,
  magic: 0x202,
  version: 0x206,
  versionText: 0x20e,
  loaderType: 0x210,
  loadFlags: 0x211,
  ramdiskImage: 0x218,
  ramdiskSize: 0x21c,
  commandLine: 0x228,
  ramdiskLimit: 0x22c,
  relocatable: 0x234,
  extendedLoadFlags: 0x236,
  commandLineSize: 0x238,
  preferredAddress: 0x258,
  initSize: 0x260,
  /** Where the boot parameters hold something else. */
  end: 0x290,
} as const;

/** Bits of `loadFlags`. */
export const LoadFlag = {
  loadedHigh: 1,
  /** The loader has set flat segments: the kernel need not load its own from a table that is not there. */
  keepSegments: 0x40,
} as const;

/** The first bytes of a file by which a kernel is judged. Shorter files are all there is of them. */
export const kernelHeadBytes = 0x8000;

/** A kernel that this machine's direct start knows. */
export type KernelHead =
  /** Uncompressed: its ELF headers say where it goes. */
  | { readonly kind: "elf" }
  | {
      readonly kind: "bzImage";
      /** Two bytes, as the header has them: 0x20f is 2.15. */
      readonly protocol: number;
      /** What it calls itself; "" when it does not say. */
      readonly version: string;
      /** Bytes of the file before its protected-mode part. */
      readonly setupBytes: number;
      /** Where the protected-mode part is put, and entered. */
      readonly loadAt: number;
      /** Bytes from `loadAt` that it needs for unpacking itself. */
      readonly initSize: number;
      /** The highest address that an initial RAM disk may reach, exclusive. */
      readonly ramdiskEnd: number;
      /** Longest command line, characters. */
      readonly commandLineLimit: number;
      /** The header ends here in the file. */
      readonly headerEnd: number;
    };

/** Why a file is no kernel for this machine. */
export type KernelFault = "tooShort" | "noKernel" | "wide" | "foreign" | "tooOld" | "tooNew" | "cutOff";

/** A kernel, or why not: `text` goes on after the file's name. */
export type KernelVerdict =
  | { readonly kind: "kernel"; readonly head: KernelHead }
  | { readonly kind: "refused"; readonly fault: KernelFault; readonly text: string };

const elfMagic = 0x464c457f;
const headerMagic = 0x53726448;
/** Linux 2.6.24. From here on a kernel keeps the segments it was given and says how much it needs. */
const oldestProtocol = 0x207;
const usualLoad = 0x100000;
/** From this version of the protocol on the header has the field. */
const since = { preferred: 0x20a, extendedFlags: 0x20c } as const;
/** The kernel has an entry point for 64-bit loaders: only 64-bit kernels do. */
const hasWideEntry = 1;
/** A kernel that does not say what it needs unpacks to less than this many times its size. */
const unpackedAtMost = 6;

/**
 * Judges a kernel by its head.
 *
 * @param head  its first {@link kernelHeadBytes}, or all of it; anything a visitor may have picked
 * @param byteLength  of the whole file; `null` when that is not known yet
 */
export function judgeKernel(head: Uint8Array<ArrayBuffer>, byteLength: number | null): KernelVerdict {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 64) return refused("tooShort", "is no kernel: it is too short to be one");
  if (view.getUint32(0, true) === elfMagic) return judgeElf(view);
  if (head.length >= SetupHeader.end && view.getUint32(SetupHeader.magic, true) === headerMagic)
    return judgeBzImage(head, view, byteLength);
  if (isArm(view)) return refused("foreign", `is a kernel for ARM. ${takeThirtyTwo}`);
  return refused("noKernel", "is no Linux kernel: take a bzImage (vmlinuz) or an uncompressed vmlinux");
}

const takeThirtyTwo =
  "This machine has a 32-bit x86 processor: take a 32-bit kernel (i386, i686; Debian: linux-image-686)";

function judgeElf(view: DataView): KernelVerdict {
  const machine = view.getUint16(18, true);
  if (view.getUint8(4) === 2 && machine === 62)
    return refused("wide", `is a 64-bit kernel. ${takeThirtyTwo}`);
  if (view.getUint8(4) !== 1 || view.getUint8(5) !== 1 || machine !== 3)
    return refused("foreign", `is made for another processor. ${takeThirtyTwo}`);
  return { kind: "kernel", head: { kind: "elf" } };
}

function judgeBzImage(
  head: Uint8Array<ArrayBuffer>,
  view: DataView,
  byteLength: number | null,
): KernelVerdict {
  const protocol = view.getUint16(SetupHeader.version, true);
  const spoken = `${protocol >> 8}.${String(protocol & 0xff).padStart(2, "0")}`;
  if (protocol >> 8 > 2)
    return refused("tooNew", `speaks boot protocol ${spoken}, which is newer than the 2.x known here`);
  const high = (view.getUint8(SetupHeader.loadFlags) & LoadFlag.loadedHigh) !== 0;
  if (protocol < oldestProtocol || !high)
    return refused(
      "tooOld",
      `speaks boot protocol ${spoken}. Kernels from Linux 2.6.24 on (protocol 2.07) can be started directly; an older one starts from its own disk, by the BIOS`,
    );
  const wide =
    protocol >= since.extendedFlags &&
    (view.getUint16(SetupHeader.extendedLoadFlags, true) & hasWideEntry) !== 0;
  if (wide) return refused("wide", `is a 64-bit kernel. ${takeThirtyTwo}`);
  const setupBytes = ((view.getUint8(SetupHeader.setupSectors) || 4) + 1) * 512;
  const bodyBytes = view.getUint32(SetupHeader.paragraphs, true) * 16;
  if (byteLength !== null && (byteLength <= setupBytes || byteLength + 16 < setupBytes + bodyBytes))
    return refused("cutOff", "is cut off: the kernel goes on after the end of the file. Copy it again");
  const prefers = protocol >= since.preferred;
  const loadAt =
    prefers && view.getUint8(SetupHeader.relocatable) !== 0
      ? view.getUint32(SetupHeader.preferredAddress, true)
      : usualLoad;
  const initSize = prefers ? view.getUint32(SetupHeader.initSize, true) : bodyBytes * unpackedAtMost;
  return {
    kind: "kernel",
    head: {
      kind: "bzImage",
      protocol,
      version: versionText(head, view),
      setupBytes,
      loadAt,
      initSize: Math.max(initSize, bodyBytes),
      ramdiskEnd: view.getUint32(SetupHeader.ramdiskLimit, true) + 1,
      commandLineLimit: view.getUint32(SetupHeader.commandLineSize, true),
      headerEnd: Math.min(SetupHeader.end, SetupHeader.magic + view.getUint8(SetupHeader.length)),
    },
  };
}

/** The words of the version up to the first space: "6.1.0-50-686". */
function versionText(head: Uint8Array, view: DataView): string {
  const at = view.getUint16(SetupHeader.versionText, true);
  if (at === 0) return "";
  const letters = head.subarray(0x200 + at, 0x200 + at + 80);
  const end = letters.findIndex((letter) => letter <= 0x20 || letter > 0x7e);
  return String.fromCharCode(...letters.subarray(0, end < 0 ? letters.length : end));
}

/** "ARM" and 64 (arm64), or the word that begins a zImage for ARM. */
function isArm(view: DataView): boolean {
  return view.getUint32(0x38, true) === 0x644d5241 || view.getUint32(0x24, true) === 0x016f2818;
}

function refused(fault: KernelFault, text: string): KernelVerdict {
  return { kind: "refused", fault, text };
}
