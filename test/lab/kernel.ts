import { SetupHeader } from "../../src/hvdef/index.ts";

/** Fields of a made-up bzImage. Defaults: protocol 2.15, relocatable, 1 MiB at 16 MiB. */
export interface LabKernel {
  readonly protocol?: number;
  readonly loadFlags?: number;
  readonly extendedLoadFlags?: number;
  readonly relocatable?: number;
  readonly preferred?: number;
  readonly initSize?: number;
  readonly commandLineSize?: number;
  readonly ramdiskLimit?: number;
  /** Its protected-mode part; a multiple of 16 bytes. */
  readonly body?: Uint8Array<ArrayBuffer>;
}

const setupSectors = 2;

/** Writes a bzImage by hand, so that a test can lie in any field afterwards. */
export function labKernel(wanted: LabKernel = {}): Uint8Array<ArrayBuffer> {
  const { body = new Uint8Array(64).fill(0x90) } = wanted;
  const setup = (setupSectors + 1) * 512;
  const file = new Uint8Array(setup + body.length);
  const view = new DataView(file.buffer);
  file[SetupHeader.setupSectors] = setupSectors;
  view.setUint32(SetupHeader.paragraphs, body.length / 16, true);
  view.setUint16(SetupHeader.bootFlag, 0xaa55, true);
  file.set([0xeb, 0x66], 0x200);
  file.set(new TextEncoder().encode("HdrS"), SetupHeader.magic);
  view.setUint16(SetupHeader.version, wanted.protocol ?? 0x20f, true);
  view.setUint16(SetupHeader.versionText, 0x100, true);
  file.set(new TextEncoder().encode("6.1.0-lab (somebody)\0"), 0x300);
  file[SetupHeader.loadFlags] = wanted.loadFlags ?? 1;
  view.setUint32(SetupHeader.ramdiskLimit, wanted.ramdiskLimit ?? 0x7fffffff, true);
  file[SetupHeader.relocatable] = wanted.relocatable ?? 1;
  view.setUint16(SetupHeader.extendedLoadFlags, wanted.extendedLoadFlags ?? 0, true);
  view.setUint32(SetupHeader.commandLineSize, wanted.commandLineSize ?? 2047, true);
  view.setUint32(SetupHeader.preferredAddress, wanted.preferred ?? 0x1000000, true);
  view.setUint32(SetupHeader.initSize, wanted.initSize ?? 0x100000, true);
  file.set(body, setup);
  return file;
}
