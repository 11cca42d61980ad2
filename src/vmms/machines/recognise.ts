import {
  type FileRole,
  floppySizes,
  judgeInitramfs,
  judgeKernel,
  type RecognisedFile,
} from "../../hvdef/index.ts";
import { type ImageSample, type ImageSight, recogniseImage } from "../../storage/index.ts";
import { unreachable } from "../../support/index.ts";

/** What a file of the visitor is, and whether it can be what it was picked for. Never throws. */
export function recogniseFile(
  role: FileRole,
  name: string,
  sample: ImageSample & { readonly head: Uint8Array<ArrayBuffer> },
): RecognisedFile {
  if (sample.byteLength === 0 || sample.head.length === 0)
    return refused("Empty file", `${name} is empty. Choose another file.`);
  switch (role) {
    case "kernel":
      return recogniseKernel(name, sample);
    case "initramfs":
      return recogniseInitramfs(name, sample.head);
    case "disk":
    case "disc":
    case "diskette":
      return recogniseMedium(role, name, sample);
    default:
      return unreachable(role);
  }
}

function recogniseKernel(
  name: string,
  sample: ImageSample & { readonly head: Uint8Array<ArrayBuffer> },
): RecognisedFile {
  const verdict = judgeKernel(sample.head, sample.byteLength);
  if (verdict.kind === "refused") return refused("No kernel for this machine", `${name} ${verdict.text}.`);
  if (verdict.head.kind === "elf") return fine("Linux kernel, uncompressed (vmlinux)");
  const { version, protocol } = verdict.head;
  const spoken = `${protocol >> 8}.${String(protocol & 0xff).padStart(2, "0")}`;
  return fine(`Linux kernel ${version}, bzImage, boot protocol ${spoken}`.replace("  ", " "));
}

function recogniseInitramfs(name: string, head: Uint8Array): RecognisedFile {
  const verdict = judgeInitramfs(head);
  switch (verdict.kind) {
    case "refused":
      return refused("No initial file system", `${name} ${verdict.text}.`);
    case "ramDisk":
      return fine("RAM disk (ext2)", "The kernel must have been built with RAM disks to use it.");
    case "initramfs":
      return verdict.packing === "none"
        ? fine("Initial file system, cpio")
        : fine(
            `Initial file system, ${verdict.packing}`,
            `The kernel unpacks it itself, and must have been built with ${verdict.packing}.`,
          );
    default:
      return unreachable(verdict);
  }
}

type Medium = "disk" | "disc" | "diskette";
const choose: { readonly [M in Medium]: string } = {
  disk: "add it as a hard disk",
  disc: "add it as a disc",
  diskette: "add it as a diskette",
};

function recogniseMedium(role: Medium, name: string, sample: ImageSample): RecognisedFile {
  const sight = recogniseImage(sample);
  switch (sight.kind) {
    case "empty":
      return refused("Empty file", `${name} is empty. Choose another file.`);
    case "foreign":
      return refused(
        sight.format,
        `${name} is a ${sight.format}, which Hyper-V of this age does not know. Convert it to a VHD or a raw image first (qemu-img convert does).`,
      );
    case "vhd":
      return recogniseVhd(role, name, sight.type);
    case "iso":
      if (role !== "disc") return refused("Disc image", `${name} is a disc image: ${choose.disc} instead.`);
      return sight.starts
        ? fine("Disc image, ISO 9660, can be started from", systemNote)
        : fine("Disc image, ISO 9660", "It has no boot record: the BIOS does not start from it.");
    case "floppy":
    case "raw":
    case "ragged":
      return recognisePlain(role, name, { sample, sight });
    default:
      return unreachable(sight);
  }
}

const systemNote = "Whether the system in it is a 32-bit one shows only when it starts.";

function recogniseVhd(
  role: Medium,
  name: string,
  type: Extract<ImageSight, { kind: "vhd" }>["type"],
): RecognisedFile {
  if (role !== "disk")
    return refused("Virtual hard disk", `${name} is a virtual hard disk: ${choose.disk} instead.`);
  switch (type) {
    case "fixed":
      return fine("Virtual hard disk, fixed size", systemNote);
    case "dynamic":
      return fine("Virtual hard disk, dynamically expanding", systemNote);
    case "differencing":
      return fine("Virtual hard disk, differencing", "The disk that it builds on must be in the library.");
    case "unknown":
      return refused(
        "Virtual hard disk",
        `${name} is a virtual hard disk of a type that nobody knows. Choose another file.`,
      );
    default:
      return unreachable(type);
  }
}

function recognisePlain(
  role: Medium,
  name: string,
  found: {
    readonly sample: ImageSample;
    readonly sight: Extract<ImageSight, { kind: "floppy" | "raw" | "ragged" }>;
  },
): RecognisedFile {
  const { sample, sight } = found;
  if (role === "disc" || (role === "disk" && /\.iso$/i.test(name)))
    return refused(
      "No disc image",
      `${name} is no disc image: it holds no ISO 9660 file system. Download it again, or unpack it first.`,
    );
  if (role === "diskette") return recogniseDiskette(name, sample, sight);
  if (sight.kind === "ragged")
    return refused(
      "No disk image",
      `${name} has ${sample.byteLength} bytes, and disks have whole sectors of 512: ${sight.rest} are left over. It was cut off, or is no disk image. Copy it again.`,
    );
  if (sight.kind === "floppy")
    return refused("Diskette image", `${name} has the size of a diskette: ${choose.diskette} instead.`);
  return sight.starts
    ? fine("Raw disk image with a boot sector", systemNote)
    : fine("Raw disk image", "It has no boot sector: the BIOS does not start from it.");
}

function recogniseDiskette(
  name: string,
  { byteLength }: ImageSample,
  sight: Extract<ImageSight, { kind: "floppy" | "raw" | "ragged" }>,
): RecognisedFile {
  // One that is packed is measured when it has been unpacked.
  if (byteLength === null) return fine("Packed file");
  if (sight.kind === "floppy")
    return sight.starts
      ? fine(`Diskette image, ${byteLength / 1024} KB, with a boot sector`)
      : fine(
          `Diskette image, ${byteLength / 1024} KB`,
          "It has no boot sector: the BIOS does not start from it.",
        );
  const least = Math.min(...floppySizes);
  const most = Math.max(...floppySizes);
  const what =
    byteLength < least ? "too small for" : byteLength > most ? "too large for" : "not of the size of";
  const sizes = floppySizes.map((size) => size / 1024).join(", ");
  return refused(
    "No diskette image",
    `${name} is ${what} a diskette: it has ${byteLength} bytes, and diskettes have ${sizes} KB. Choose another file, or make it that long.`,
  );
}

function fine(title: string, ...notes: readonly string[]): RecognisedFile {
  return { title, refusal: null, notes };
}

function refused(title: string, refusal: string): RecognisedFile {
  return { title, refusal, notes: [] };
}
