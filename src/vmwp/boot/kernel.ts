import {
  type GuestMemory,
  inRam,
  judgeKernel,
  type KernelHead,
  LoadFlag,
  SetupHeader,
} from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import { type Executable, readElf } from "./elf.ts";

/** A kernel in guest memory, ready to be entered. */
export interface LoadedKernel {
  readonly entry: number;
  /** Where it ends, also while it unpacks itself. */
  readonly end: number;
  /** The highest address that an initial RAM disk may reach, exclusive. */
  readonly ramdiskEnd: number;
  /** Longest command line, characters. */
  readonly commandLineLimit: number;
  /** Its own header for the boot parameters, from `SetupHeader.start` on; `null` when it has none. */
  readonly header: Uint8Array<ArrayBuffer> | null;
}

const lowest = 0x100000;
/** i386 maps this much directly; an initrd must lie below. */
const directMapEnd = 0x37fe0000;
const usualCommandLineLimit = 2047;

/** Copies a kernel to where it belongs, an ELF file or a bzImage. @throws HvError `boot.kernel`, `boot.memory` */
export function loadKernel(memory: GuestMemory, file: Uint8Array<ArrayBuffer>): LoadedKernel {
  const verdict = judgeKernel(file, file.length);
  if (verdict.kind === "refused") throw new HvError("boot.kernel", `The kernel ${verdict.text}.`);
  const { head } = verdict;
  return head.kind === "elf" ? loadElf(memory, file) : loadBzImage(memory, file, head);
}

function loadElf(memory: GuestMemory, file: Uint8Array<ArrayBuffer>): LoadedKernel {
  const executable = readElf(file);
  if (typeof executable === "string")
    throw new HvError(
      "boot.kernel",
      `The kernel cannot be started: ${executable}. Take another, or build the site's again with npm run images.`,
    );
  const end = endOf(executable);
  for (const segment of executable.segments) {
    checkRoom(memory, { at: segment.at, length: segment.memorySize, end });
    const bytes = memory.bytes();
    bytes.set(segment.bytes, segment.at);
    bytes.fill(0, segment.at + segment.bytes.length, segment.at + segment.memorySize);
    memory.wrote(segment.at, segment.memorySize);
  }
  const limits = { ramdiskEnd: directMapEnd, commandLineLimit: usualCommandLineLimit };
  return { entry: executable.entry, end, header: null, ...limits };
}

/** The protected-mode part of a bzImage unpacks itself from where it is entered. @linux boot.rst, "32-bit BOOT PROTOCOL" */
function loadBzImage(
  memory: GuestMemory,
  file: Uint8Array<ArrayBuffer>,
  head: Extract<KernelHead, { kind: "bzImage" }>,
): LoadedKernel {
  const body = file.subarray(head.setupBytes);
  const { loadAt } = head;
  const length = Math.max(head.initSize, body.length);
  checkRoom(memory, { at: loadAt, length, end: loadAt + length });
  memory.bytes().set(body, loadAt);
  memory.wrote(loadAt, body.length);
  const header = file.slice(SetupHeader.start, head.headerEnd);
  const flags = SetupHeader.loadFlags - SetupHeader.start;
  header[flags] = (header[flags] ?? 0) | LoadFlag.keepSegments;
  return {
    entry: loadAt,
    end: loadAt + length,
    header,
    ramdiskEnd: Math.min(directMapEnd, head.ramdiskEnd),
    commandLineLimit: Math.min(usualCommandLineLimit, head.commandLineLimit),
  };
}

function endOf(executable: Executable): number {
  return Math.max(...executable.segments.map((segment) => segment.at + segment.memorySize));
}

function checkRoom(
  memory: GuestMemory,
  place: { readonly at: number; readonly length: number; readonly end: number },
): void {
  if (place.at >= lowest && inRam(memory, place.at, place.length)) return;
  const megabytes = Math.ceil(place.end / 2 ** 20);
  throw new HvError("boot.memory", `The kernel needs at least ${megabytes + 16} MB of memory. Assign more.`);
}
