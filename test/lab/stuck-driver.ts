/** Sections of a kernel module that we touch. */
const codeSection = ".init.text";
const relocationSection = ".rel.init.text";
const sectionHeader = 40;
const relocation = 8;
const signatureMagic = "~Module signature appended~\n";
/** The call of the kernel's tracer, which it overwrites itself, stays. */
const codeAt = 5;
/**
 * Interrupts off; wait until the upper half of the time stamp counter has grown by four (13 to 17 seconds at our
 * 1 GHz); interrupts on; -EPERM.
 */
const code = [
  ...[0xfa, 0x0f, 0x31, 0x89, 0xd1], // cli; rdtsc; mov ecx, edx
  ...[0x0f, 0x31, 0x29, 0xca, 0x83, 0xfa, 0x04, 0x72, 0xf7], // rdtsc; sub edx, ecx; cmp edx, 4; jb
  ...[0xfb, 0x6a, 0xff, 0x58, 0xc3], // sti; push -1; pop eax; ret
];

interface Section {
  readonly at: number;
  readonly length: number;
}

/**
 * Makes a driver with a bug of a driver of the guest's own kernel: while it is loaded, it keeps the processor busy
 * with interrupts off, for a quarter of a minute. The kernel takes it, as one whose signature is missing.
 *
 * @param module  a `.ko` file for i386
 */
export function stuckDriver(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const file = Uint8Array.from(module);
  const view = new DataView(file.buffer);
  const entry = sectionOf(view, codeSection);
  if (entry.length < codeAt + code.length + 4) throw new Error("the driver's entry is too short");
  file.set(code, entry.at + codeAt);
  const relocations = sectionOf(view, relocationSection);
  for (let at = relocations.at; at < relocations.at + relocations.length; at += relocation) {
    const place = view.getUint32(at, true);
    // What stood there needed an address. Ours does not: the address goes where nothing runs any more.
    if (place >= codeAt && place < codeAt + code.length) view.setUint32(at, codeAt + code.length, true);
  }
  const end = new TextDecoder("latin1").decode(file.subarray(-signatureMagic.length));
  return end === signatureMagic ? file.slice(0, -signatureMagic.length) : file;
}

function sectionOf(view: DataView<ArrayBuffer>, name: string): Section {
  const table = view.getUint32(32, true);
  const count = view.getUint16(48, true);
  const header = (index: number): number => table + index * sectionHeader;
  const names = view.getUint32(header(view.getUint16(50, true)) + 16, true);
  const text = (at: number): string =>
    new TextDecoder().decode(new Uint8Array(view.buffer, at, 40)).replace(/\0[\s\S]*$/, "");
  for (let index = 0; index < count; index++) {
    const at = header(index);
    if (text(names + view.getUint32(at, true)) !== name) continue;
    return { at: view.getUint32(at + 16, true), length: view.getUint32(at + 20, true) };
  }
  throw new Error(`the driver has no section ${name}`);
}
