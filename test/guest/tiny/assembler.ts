/** A byte of code, a place, or a jump to one. */
export type Piece =
  | number
  | { readonly label: string }
  | { readonly jump: string }
  | { readonly jumpIfNotZero: string }
  /** The label's absolute address, 32 bits. */
  | { readonly address: string };

/** Where tiny guests are placed and started. */
export const origin = 0x100000;

const registers = { eax: 0, ecx: 1, edx: 2, ebx: 3, esp: 4, ebp: 5, esi: 6, edi: 7 } as const;

const word = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

/** MOV of a 32-bit constant. */
export function mov(register: keyof typeof registers, value: number): number[] {
  return [0xb8 + registers[register], ...word(value)];
}

/** OUT of EAX to one of the first 256 ports. */
export function port32(port: number): number[] {
  return [0xe7, port];
}

function sizeOf(piece: Piece): number {
  if (typeof piece === "number") return 1;
  if ("label" in piece) return 0;
  if ("address" in piece) return 4;
  return "jump" in piece ? 5 : 6;
}

/** Bytes of a flat 32-bit program for {@link origin}. @throws when a label is missing */
export function assemble(pieces: readonly Piece[]): Uint8Array<ArrayBuffer> {
  const labels = new Map<string, number>();
  let place = 0;
  for (const piece of pieces) {
    if (typeof piece !== "number" && "label" in piece) labels.set(piece.label, place);
    place += sizeOf(piece);
  }
  const find = (label: string): number => {
    const at = labels.get(label);
    if (at === undefined) throw new Error(`no label ${label}`);
    return at;
  };
  const out: number[] = [];
  for (const piece of pieces) {
    if (typeof piece === "number") out.push(piece);
    else if ("address" in piece) out.push(...word(origin + find(piece.address)));
    else if ("jump" in piece) out.push(0xe9, ...word(find(piece.jump) - out.length - 5));
    else if ("jumpIfNotZero" in piece)
      out.push(0x0f, 0x85, ...word(find(piece.jumpIfNotZero) - out.length - 6));
  }
  return Uint8Array.from(out);
}

/** Address of a label in the assembled program. */
export function addressOf(pieces: readonly Piece[], label: string): number {
  let place = origin;
  for (const piece of pieces) {
    if (typeof piece !== "number" && "label" in piece && piece.label === label) return place;
    place += sizeOf(piece);
  }
  throw new Error(`no label ${label}`);
}
