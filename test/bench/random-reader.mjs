// @ts-check
/**
 * A Linux program for the guest: reads 4 KiB blocks at random places of a disk's first 64 MiB, past the page
 * cache, always as many at once as asked for, by Linux's asynchronous I/O. No tool of the guest does, and starting
 * one `dd` per block would measure `fork` instead. It is assembled here and typed into the guest's shell, so it is
 * the same on both machines and no part of the product.
 *
 *     random-reader DEVICE DEPTH READS     exit status 0 when all were whole; DEPTH 1 to 64
 */

const loadAt = 0x08048000;
const headers = 52 + 32;
/** What the program works on lies behind it, all zeros at first. */
const memory = loadAt + 0x1000;
const [context, file, depth, left, count, seed] = [0, 4, 8, 12, 16, 20].map((at) => memory + at);
/** Control blocks of 64 bytes, pointers to them, events of 32 bytes, and a page for each read. */
const blocks = memory + 0x1000;
const pointers = memory + 0x2000;
const events = memory + 0x3000;
const pages = memory + 0x4000;
const memoryBytes = 0x4000 + 64 * 4096;

/** @param {number | undefined} value @returns {number[]} little-endian */
const word = (value = 0) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
/** @param {number} value @returns {number[]} little-endian */
const half = (value) => [value & 255, value >>> 8];

/** System calls of i386: number in eax, arguments in ebx, ecx, edx, esi, edi. */
const call = (/** @type {number} */ number) => [0xb8, ...word(number), 0xcd, 0x80]; // mov eax, number; int 80h
const [exit, open, ioSetup, ioGetEvents, ioSubmit] = [1, 5, 245, 247, 248];

/** A string ending in a colon is a label; any other string is the 32-bit distance to that label. */
const program = [
  ...[0x58, 0x58], //                         pop eax; pop eax       argc and argv[0]
  0x5b, //                                    pop ebx                device
  ...[0xb9, ...word(0x4000)], //              mov ecx, O_DIRECT
  ...call(open),
  ...[0x85, 0xc0], //                         test eax, eax
  ...[0x0f, 0x88, "fail"], //                 js fail
  ...[0xa3, ...word(file)], //                mov [file], eax
  0x5e, //                                    pop esi
  ...[0xe8, "number"], //                     call number
  ...[0x89, 0x15, ...word(depth)], //         mov [depth], edx
  ...[0x89, 0x15, ...word(count)], //         mov [count], edx
  0x5e, //                                    pop esi
  ...[0xe8, "number"], //                     call number
  ...[0x89, 0x15, ...word(left)], //          mov [left], edx
  ...[0x8b, 0x1d, ...word(depth)], //         mov ebx, [depth]
  ...[0xb9, ...word(context)], //             mov ecx, context
  ...call(ioSetup),
  ...[0x85, 0xc0], //                         test eax, eax
  ...[0x0f, 0x85, "fail"], //                 jnz fail
  ...[0x31, 0xc9], //                         xor ecx, ecx           a control block and a page for each
  ...[0xbf, ...word(blocks)], //              mov edi, blocks
  ...[0xbe, ...word(pages)], //               mov esi, pages
  ...[0xbb, ...word(pointers)], //            mov ebx, pointers
  "block:",
  ...[0x89, 0x3b], //                         mov [ebx], edi
  ...[0x89, 0x3f], //                         mov [edi], edi         its event brings the block back
  ...[0xa1, ...word(file)], //                mov eax, [file]
  ...[0x89, 0x47, 20], //                     mov [edi+20], eax
  ...[0x89, 0x77, 24], //                     mov [edi+24], esi
  ...[0xc7, 0x47, 32, ...word(4096)], //      mov [edi+32], 4096
  ...[0x83, 0xc7, 64], //                     add edi, 64
  ...[0x81, 0xc6, ...word(4096)], //          add esi, 4096
  ...[0x83, 0xc3, 4], //                      add ebx, 4
  0x41, //                                    inc ecx
  ...[0x3b, 0x0d, ...word(depth)], //         cmp ecx, [depth]
  ...[0x0f, 0x85, "block"], //                jnz block
  "submit:",
  ...[0x8b, 0x15, ...word(count)], //         mov edx, [count]       gives each free block a place to read
  ...[0xbb, ...word(pointers)], //            mov ebx, pointers
  ...[0x8b, 0x2d, ...word(seed)], //          mov ebp, [seed]
  "place:",
  ...[0x8b, 0x3b], //                         mov edi, [ebx]
  ...[0x69, 0xed, ...word(1664525)], //       imul ebp, ebp, 1664525 the generator of Numerical Recipes
  ...[0x81, 0xc5, ...word(1013904223)], //    add ebp, 1013904223
  ...[0x89, 0xee], //                         mov esi, ebp
  ...[0xc1, 0xee, 18], //                     shr esi, 18            its best 14 bits: one of 16384 blocks
  ...[0xc1, 0xe6, 12], //                     shl esi, 12
  ...[0x89, 0x77, 40], //                     mov [edi+40], esi
  ...[0x83, 0xc3, 4], //                      add ebx, 4
  0x4a, //                                    dec edx
  ...[0x0f, 0x85, "place"], //                jnz place
  ...[0x89, 0x2d, ...word(seed)], //          mov [seed], ebp
  ...[0x8b, 0x1d, ...word(context)], //       mov ebx, [context]
  ...[0x8b, 0x0d, ...word(count)], //         mov ecx, [count]
  ...[0xba, ...word(pointers)], //            mov edx, pointers
  ...call(ioSubmit),
  ...[0x3b, 0x05, ...word(count)], //         cmp eax, [count]
  ...[0x0f, 0x85, "fail"], //                 jnz fail
  ...[0x29, 0x05, ...word(left)], //          sub [left], eax
  ...[0x0f, 0x8e, "well"], //                 jle well               the end of the process waits for the rest
  ...[0x8b, 0x1d, ...word(context)], //       mov ebx, [context]
  ...[0xb9, ...word(1)], //                   mov ecx, 1
  ...[0x8b, 0x15, ...word(depth)], //         mov edx, [depth]
  ...[0xbe, ...word(events)], //              mov esi, events
  ...[0x31, 0xff], //                         xor edi, edi           as long as it takes
  ...call(ioGetEvents),
  ...[0x85, 0xc0], //                         test eax, eax
  ...[0x0f, 0x8e, "fail"], //                 jle fail
  ...[0xa3, ...word(count)], //               mov [count], eax
  ...[0x89, 0xc1], //                         mov ecx, eax
  ...[0xbe, ...word(events)], //              mov esi, events
  ...[0xbf, ...word(pointers)], //            mov edi, pointers
  "event:",
  ...[0x81, 0x7e, 16, ...word(4096)], //      cmp [esi+16], 4096
  ...[0x0f, 0x85, "fail"], //                 jnz fail
  ...[0x8b, 0x06], //                         mov eax, [esi]
  0xab, //                                    stosd
  ...[0x83, 0xc6, 32], //                     add esi, 32
  0x49, //                                    dec ecx
  ...[0x0f, 0x85, "event"], //                jnz event
  ...[0xe9, "submit"], //                     jmp submit
  "well:",
  ...[0x31, 0xdb], //                         xor ebx, ebx
  "exit:",
  ...call(exit),
  "fail:",
  ...[0x6a, 0x01, 0x5b], //                   push 1; pop ebx
  ...[0xe9, "exit"], //                       jmp exit
  "number:", //                               edx: the decimal number at esi
  ...[0x31, 0xc0], //                         xor eax, eax
  ...[0x31, 0xd2], //                         xor edx, edx
  "digit:",
  0xac, //                                    lodsb
  ...[0x2c, 0x30], //                         sub al, '0'
  ...[0x0f, 0x88, "done"], //                 js done                the zero behind the last digit
  ...[0x6b, 0xd2, 10], //                     imul edx, edx, 10
  ...[0x01, 0xc2], //                         add edx, eax
  ...[0xe9, "digit"], //                      jmp digit
  "done:",
  0xc3, //                                    ret
];

/** @param {readonly (number | string)[]} source @returns {number[]} */
function assemble(source) {
  /** @type {Map<string, number>} */
  const labels = new Map();
  let at = 0;
  for (const item of source) {
    if (typeof item === "number") at += 1;
    else if (item.endsWith(":")) labels.set(item.slice(0, -1), at);
    else at += 4;
  }
  /** @type {number[]} */
  const out = [];
  for (const item of source) {
    if (typeof item === "number") {
      out.push(item);
      continue;
    }
    if (item.endsWith(":")) continue;
    const target = labels.get(item);
    if (target === undefined) throw new Error(`no label ${item}`);
    out.push(...word(target - (out.length + 4)));
  }
  return out;
}

/**
 * The program as an ELF file: one segment that may be read, written and executed.
 *
 * @returns {Uint8Array}
 */
export function randomReader() {
  const code = assemble(program);
  const size = headers + code.length;
  const identity = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const executable = [...half(2), ...half(3), ...word(1), ...word(loadAt + headers), ...word(52), ...word(0)];
  const shape = [...word(0), ...half(52), ...half(32), ...half(1), ...half(0), ...half(0), ...half(0)];
  const segment = [1, 0, loadAt, loadAt, size, 0x1000 + memoryBytes, 7, 0x1000].flatMap(word);
  return Uint8Array.from([...identity, ...executable, ...shape, ...segment, ...code]);
}

/**
 * Shell lines that put a file into the guest, each short enough for a terminal's input buffer.
 *
 * @param {Uint8Array} bytes
 * @param {string} path
 * @returns {string[]}
 */
export function typedFile(bytes, path) {
  const lines = [`: >${path}`];
  for (let at = 0; at < bytes.length; at += 48) {
    const text = [...bytes.subarray(at, at + 48)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`);
    lines.push(`printf '${text.join("")}' >>${path}`);
  }
  return [...lines, `chmod +x ${path}`];
}
