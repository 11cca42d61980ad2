import type { GuestMemory } from "../../src/hvdef/index.ts";
import { guid } from "../../src/support/index.ts";
import { startLinux } from "../../src/vmwp/boot/linux.ts";
import { assemble, mov, origin } from "../guest/tiny/assembler.ts";

/** A kernel that a running guest starts in its own place. */
export interface NextKernel {
  /** Memory of the machine. */
  readonly memoryBytes: number;
  readonly kernel: Uint8Array<ArrayBuffer>;
  readonly initrd: Uint8Array<ArrayBuffer>;
  readonly commandLine: string;
}

const page = 4096;
/** Behind the boot parameters and the command line, which `startLinux` places. */
const stubAt = 0x92000;
const parametersAt = 0x90000;
const parametersBytes = 2 * page;
const Syscall = { exit: 1, sync: 36, reboot: 88, kexecLoad: 283 } as const;
const magic = { first: 0xfee1dead, second: 672274793, kexec: 0x45584543 } as const;
const systemCall = [0xcd, 0x80];
const jumpToEax = [0xff, 0xe0];
const testEax = [0x85, 0xc0];
const elfHeader = 52;
const programHeader = 32;
const segmentSize = 16;
const codeAt = elfHeader + programHeader;

interface Piece {
  /** Physical address. */
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * A program for Linux that loads a kernel with kexec_load and jumps into it: what `kexec -l` and `kexec -e` do,
 * without a package. It is one static ELF file that has the kernel in it.
 */
export function kexecProgram(next: NextKernel): Uint8Array<ArrayBuffer> {
  const pieces = placed(next);
  const tableAt = codeAt + 128;
  const starts: number[] = [];
  let end = page;
  for (const { bytes } of pieces) {
    starts.push(end);
    end += Math.ceil(bytes.length / page) * page;
  }
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  writeHeaders(view, end);
  file.set(loader(origin + tableAt, pieces.length), codeAt);
  for (const [index, { at, bytes }] of pieces.entries()) {
    const start = starts[index] ?? 0;
    const entry = tableAt + index * segmentSize;
    file.set(bytes, start);
    view.setUint32(entry, origin + start, true);
    view.setUint32(entry + 4, bytes.length, true);
    view.setUint32(entry + 8, at, true);
    view.setUint32(entry + 12, Math.ceil(bytes.length / page) * page, true);
  }
  return file;
}

/** The same places in memory as at the first start: the firmware's tables are still there. */
function placed({ memoryBytes, kernel, initrd, commandLine }: NextKernel): readonly Piece[] {
  const ram = new Uint8Array(memoryBytes);
  const wrote: { at: number; length: number }[] = [];
  const memory: GuestMemory = {
    size: memoryBytes,
    bytes: () => ram,
    view: () => new DataView(ram.buffer),
    wrote: (at, length) => void wrote.push({ at, length }),
  };
  let entry = 0;
  const boot = {
    addFirmwareFile() {},
    startText() {},
    startProtected: (start: { readonly eip: number }) => {
      entry = start.eip;
    },
  };
  const identity = { uuid: guid("3f0b9d0e-6a51-4d6e-9d0c-7a0a50000001"), serial: "0" };
  startLinux(memory, boot, { kernel, initrd, commandLine, dsdt: new Uint8Array(0), identity });
  const initrdAt = new DataView(ram.buffer).getUint32(parametersAt + 0x218, true);
  const stub = assemble([...mov("esi", parametersAt), ...mov("eax", entry), ...jumpToEax]);
  return [
    { at: parametersAt, bytes: ram.slice(parametersAt, parametersAt + parametersBytes) },
    { at: stubAt, bytes: stub },
    ...wrote.map(({ at, length }) => ({ at, bytes: ram.slice(at, at + length) })),
    { at: initrdAt, bytes: initrd },
  ];
}

function loader(table: number, segments: number): Uint8Array<ArrayBuffer> {
  return assemble([
    ...mov("eax", Syscall.kexecLoad),
    ...mov("ebx", stubAt),
    ...mov("ecx", segments),
    ...mov("edx", table),
    ...mov("esi", 0),
    ...systemCall,
    ...testEax,
    { jumpIfNotZero: "failed" },
    ...mov("eax", Syscall.sync),
    ...systemCall,
    ...mov("eax", Syscall.reboot),
    ...mov("ebx", magic.first),
    ...mov("ecx", magic.second),
    ...mov("edx", magic.kexec),
    ...systemCall,
    { label: "failed" },
    ...mov("ebx", 1),
    ...mov("eax", Syscall.exit),
    ...systemCall,
  ]);
}

/** ELF of one segment that is the whole file. */
function writeHeaders(view: DataView, fileBytes: number): void {
  const bytes = new Uint8Array(view.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const halves = [
    [16, 2],
    [18, 3],
    [40, elfHeader],
    [42, programHeader],
    [44, 1],
  ] as const;
  for (const [at, value] of halves) view.setUint16(at, value, true);
  const load = 1;
  const readExecute = 5;
  const words = [
    [20, 1],
    [24, origin + codeAt],
    [28, elfHeader],
    [elfHeader, load],
    [elfHeader + 8, origin],
    [elfHeader + 12, origin],
    [elfHeader + 16, fileBytes],
    [elfHeader + 20, fileBytes],
    [elfHeader + 24, readExecute],
    [elfHeader + 28, page],
  ] as const;
  for (const [at, value] of words) view.setUint32(at, value, true);
}
