import fc from "fast-check";

const opcodes = [
  0x00, 0x03, 0x08, 0x0a, 0x12, 0x15, 0x1a, 0x1b, 0x25, 0x28, 0x2a, 0x2e, 0x2f, 0x35, 0x41, 0x42, 0x55, 0x5a,
  0x88, 0x8a, 0x8e, 0x8f, 0x91, 0x93, 0x9e, 0xa0, 0xa8, 0xaa, 0xae, 0xaf, 0xa3, 0x85,
];

/** Mostly zeros with a few small or large bytes, so that some commands are even valid. */
const operand = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat({ max: 70 }) },
  fc.nat({ max: 255 }),
);

/** A command as a hostile guest makes it. */
export const hostileCdb = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...opcodes) }, fc.nat({ max: 255 })),
    fc.array(operand, { minLength: 15, maxLength: 15 }),
  )
  .map(([opcode, rest]) => Uint8Array.of(opcode, ...rest));

/** Bytes of a buffer: few, whole sectors, or many. */
export const dataLength = fc.oneof(
  fc.nat({ max: 64 }),
  fc.nat({ max: 128 }).map((sectors) => sectors * 512),
  fc.nat({ max: 70_000 }),
);
