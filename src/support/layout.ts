/**
 * One table per record: type, size check, reader, writer and offsets come from a literal.
 *
 * Cold paths use `read` and `write`; hot paths use `at` with a DataView of their own.
 */

/** How one field is stored. `align` is the boundary its offset must keep, in bytes. */
export interface Field<T> {
  readonly size: number;
  readonly align: number;
  read(view: DataView, at: number, littleEndian: boolean): T;
  write(view: DataView, at: number, value: T, littleEndian: boolean): void;
}

/** Any field table. The value type of each field is its own business. */
// biome-ignore lint/suspicious/noExplicitAny: a heterogeneous table needs one any; `Values` restores each type
type Fields = Readonly<Record<string, Field<any>>>;
type Values<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** A record of the wire or of a file. */
export interface Layout<F extends Fields> {
  readonly name: string;
  /** Size in bytes, from the specification. */
  readonly size: number;
  /** Byte offset of each field. */
  readonly at: { readonly [K in keyof F]: number };
  /** @throws RangeError when the view is too short: check the length first, it is the other side's word. */
  read(view: DataView, at?: number): Values<F>;
  write(view: DataView, at: number, values: Values<F>): void;
  /** A fresh buffer holding just this record. */
  bytes(values: Values<F>): Uint8Array<ArrayBuffer>;
}

/** The value type of a layout. */
export type Infer<L> = L extends Layout<infer F> ? Values<F> : never;

/**
 * Declares a record.
 *
 * @param size  in bytes, from the specification, not from adding up
 * @throws at module load when the fields do not fill `size` exactly or one is misaligned
 */
export function layout<const F extends Fields>(
  name: string,
  order: "le" | "be",
  size: number,
  fields: F,
): Layout<F> {
  const littleEndian = order === "le";
  const names: (keyof F & string)[] = Object.keys(fields);
  const at: Record<string, number> = {};
  let offset = 0;
  for (const key of names) {
    const field = fields[key];
    if (field === undefined) continue;
    if (offset % field.align !== 0) throw new Error(`${name}.${key} is misaligned at ${offset}`);
    at[key] = offset;
    offset += field.size;
  }
  if (offset !== size) throw new Error(`${name} is ${offset} bytes, declared ${size}`);

  function read(view: DataView, base = 0): Values<F> {
    const out: Record<string, unknown> = {};
    for (const key of names) out[key] = fields[key]?.read(view, base + (at[key] ?? 0), littleEndian);
    return out as Values<F>;
  }
  function write(view: DataView, base: number, values: Values<F>): void {
    for (const key of names) fields[key]?.write(view, base + (at[key] ?? 0), values[key], littleEndian);
  }
  function bytes(values: Values<F>): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(size);
    write(new DataView(out.buffer), 0, values);
    return out;
  }
  return { name, size, at: at as { readonly [K in keyof F]: number }, read, write, bytes };
}

/** Unsigned byte. */
export const u8: Field<number> = {
  size: 1,
  align: 1,
  read: (view, at) => view.getUint8(at),
  write: (view, at, value) => view.setUint8(at, value),
};

/** Unsigned 16-bit integer. */
export const u16: Field<number> = {
  size: 2,
  align: 2,
  read: (view, at, le) => view.getUint16(at, le),
  write: (view, at, value, le) => view.setUint16(at, value, le),
};

/** Unsigned 32-bit integer. */
export const u32: Field<number> = {
  size: 4,
  align: 4,
  read: (view, at, le) => view.getUint32(at, le),
  write: (view, at, value, le) => view.setUint32(at, value, le),
};

/** Unsigned 64-bit integer as `bigint`. Records of VMBus are packed, so only 4-byte alignment is asked. */
export const u64: Field<bigint> = {
  size: 8,
  align: 4,
  read: (view, at, le) => view.getBigUint64(at, le),
  write: (view, at, value, le) => view.setBigUint64(at, value, le),
};

/** `length` raw bytes. Reading copies, so the result belongs to the reader. */
export function raw(length: number): Field<Uint8Array<ArrayBuffer>> {
  return {
    size: length,
    align: 1,
    read(view, at) {
      const out = new Uint8Array(length);
      out.set(new Uint8Array(view.buffer, view.byteOffset + at, length));
      return out;
    },
    write(view, at, value) {
      const target = new Uint8Array(view.buffer, view.byteOffset + at, length);
      target.fill(0);
      target.set(value.subarray(0, length));
    },
  };
}

/** A field of a record that is packed so tightly that it may lie anywhere. */
export function packed<T>(field: Field<T>): Field<T> {
  return { ...field, align: 1 };
}

/** Gives a field a branded type: `as<ChannelId>()(u32)`. */
export function as<T>(): <U>(field: Field<U>) => Field<T & U> {
  return <U>(field: Field<U>) => field as unknown as Field<T & U>;
}
