// @ts-check
/**
 * A Linux program for the guest: reads 4 KiB blocks at random places of a disk's first 64 MiB, past the
 * page cache. No tool of the guest does, and starting one `dd` per block would measure `fork` instead.
 * It is assembled here and typed into the guest's shell, so it is the same on both machines and no part
 * of the product.
 *
 *     random-reader DEVICE PROCESSES READS     READS by each of PROCESSES; exit status 0 when all were whole
 */

const loadAt = 0x08048000;
const headers = 52 + 32;
/** The page behind the program, zero until read into: every read goes there. */
const buffer = loadAt + 0x1000;

/** @param {number} value @returns {number[]} little-endian */
const word = (value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
/** @param {number} value @returns {number[]} little-endian */
const half = (value) => [value & 255, value >>> 8];

/** System calls of i386: number in eax, arguments in ebx, ecx, edx, esi, edi. */
const call = (/** @type {number} */ number) => [0x6a, number, 0x58, 0xcd, 0x80]; // push number; pop eax; int 80h
const [exit, fork, open, waitpid] = [1, 2, 5, 7];
const pread64 = 180;

/** A string ending in a colon is a label; any other string is the 8-bit distance to that label. */
const program = [
  ...[0x58, 0x58], //                    pop eax; pop eax       argc and argv[0]
  0x5b, //                               pop ebx                device
  ...[0xb9, ...word(0x4000)], //         mov ecx, O_DIRECT
  ...call(open),
  ...[0x85, 0xc0], //                    test eax, eax
  ...[0x78, "fail"], //                  js fail
  0x93, //                               xchg eax, ebx          ebx: file descriptor
  0x5e, //                               pop esi
  ...[0xe8, "number", 0, 0, 0], //       call number            always forward: the distance is positive
  ...[0x89, 0xd5], //                    mov ebp, edx           ebp: processes to start
  0x5e, //                               pop esi
  ...[0xe8, "number", 0, 0, 0], //       call number
  ...[0x89, 0xd7], //                    mov edi, edx           edi: reads of each
  0x55, //                               push ebp
  "next:",
  ...call(fork),
  ...[0x85, 0xc0], //                    test eax, eax
  ...[0x78, "fail"], //                  js fail
  ...[0x74, "read"], //                  jz read                the child; ebp, different in each, is its seed
  0x4d, //                               dec ebp
  ...[0x75, "next"], //                  jnz next
  0x5d, //                               pop ebp                ebp: children to wait for
  "wait:",
  ...[0x83, 0xcb, 0xff], //              or ebx, -1             any child
  ...[0xb9, ...word(buffer)], //         mov ecx, buffer        its status
  ...[0x31, 0xd2], //                    xor edx, edx
  ...call(waitpid),
  ...[0x85, 0xc0], //                    test eax, eax
  ...[0x78, "fail"], //                  js fail
  ...[0x83, 0x39, 0x00], //              cmp dword [ecx], 0
  ...[0x75, "fail"], //                  jnz fail
  0x4d, //                               dec ebp
  ...[0x75, "wait"], //                  jnz wait
  "well:",
  ...[0x31, 0xdb], //                    xor ebx, ebx
  "exit:",
  ...call(exit),
  "fail:",
  ...[0x6a, 0x01, 0x5b], //              push 1; pop ebx
  ...[0xeb, "exit"], //                  jmp exit
  "read:",
  0x4f, //                               dec edi
  ...[0x78, "well"], //                  js well
  0x57, //                               push edi
  ...[0x69, 0xed, ...word(1664525)], //  imul ebp, ebp, 1664525 the generator of Numerical Recipes
  ...[0x81, 0xc5, ...word(1013904223)], // add ebp, 1013904223
  ...[0x89, 0xee], //                    mov esi, ebp
  ...[0xc1, 0xee, 18], //                shr esi, 18            its best 14 bits: one of 16384 blocks
  ...[0xc1, 0xe6, 12], //                shl esi, 12
  ...[0x31, 0xff], //                    xor edi, edi           high half of the place
  ...[0xb9, ...word(buffer)], //         mov ecx, buffer
  ...[0xba, ...word(4096)], //           mov edx, 4096
  ...[0xb8, ...word(pread64)], //        mov eax, pread64
  ...[0xcd, 0x80], //                    int 80h
  0x5f, //                               pop edi
  ...[0x39, 0xd0], //                    cmp eax, edx
  ...[0x75, "fail"], //                  jne fail
  ...[0xeb, "read"], //                  jmp read
  "number:", //                          edx: the decimal number at esi
  ...[0x31, 0xc0], //                    xor eax, eax
  ...[0x31, 0xd2], //                    xor edx, edx
  "digit:",
  0xac, //                               lodsb
  ...[0x2c, 0x30], //                    sub al, '0'
  ...[0x78, "done"], //                  js done                the zero behind the last digit
  ...[0x6b, 0xd2, 10], //                imul edx, edx, 10
  ...[0x01, 0xc2], //                    add edx, eax
  ...[0xeb, "digit"], //                 jmp digit
  "done:",
  0xc3, //                               ret
];

/** @param {readonly (number | string)[]} source @returns {number[]} */
function assemble(source) {
  /** @type {Map<string, number>} */
  const labels = new Map();
  /** @type {(number | string)[]} */
  const flat = [];
  for (const item of source) {
    if (typeof item === "string" && item.endsWith(":")) labels.set(item.slice(0, -1), flat.length);
    else flat.push(item);
  }
  return flat.map((item, at) => {
    if (typeof item === "number") return item;
    const target = labels.get(item);
    if (target === undefined) throw new Error(`no label ${item}`);
    // A call's distance has four bytes, a jump's one; both count from the end of the instruction.
    const distance = target - (at + (item === "number" ? 4 : 1));
    if (distance < -128 || distance > 127) throw new Error(`${item} is too far away`);
    return distance & 255;
  });
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
  const segment = [1, 0, loadAt, loadAt, size, 0x2000, 7, 0x1000].flatMap(word);
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
