/** What the site says of the warm state of a machine. */
export interface WarmDescriptor {
  /** Names this very state. */
  readonly id: string;
  /** Bytes that are fetched for it. */
  readonly bytes: number;
  /** Files of the site that it was made of, with the checksums they must have. */
  readonly images: readonly { readonly path: string; readonly sha256: string }[];
  /** Indexes of its memory (`.bin`) and its devices (`.vsv`), relative to the page. */
  readonly pages: string;
  readonly devices: string;
  /** Disks that its guest has mounted, as they were then. */
  readonly disks: readonly { readonly name: string; readonly index: string }[];
}

/** Where the descriptor of a state lies, relative to the page. */
export const descriptorPath = (state: string): string => `images/warm/${state}/state.json`;

const listLimit = 16;

/** Reads a descriptor. @throws whatever is wrong with it */
export function parseDescriptor(text: string): WarmDescriptor {
  const found: unknown = JSON.parse(text);
  const top = recordOf(found);
  if (top["format"] !== 1) throw new Error("its format is not known");
  return {
    id: textOf(top["id"], /^[0-9a-f]{16,64}$/),
    bytes: countOf(top["bytes"]),
    images: listOf(top["images"], (one) => ({
      path: pathOf(one["path"]),
      sha256: textOf(one["sha256"], /^[0-9a-f]{64}$/),
    })),
    pages: pathOf(top["pages"]),
    devices: pathOf(top["devices"]),
    disks: listOf(top["disks"], (one) => ({
      name: textOf(one["name"], /^[^/\\]{1,200}$/),
      index: pathOf(one["index"]),
    })),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function recordOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null) throw new Error("it makes no sense");
  return value as Fields;
}

function listOf<T>(value: unknown, read: (one: Fields) => T): readonly T[] {
  if (!Array.isArray(value) || value.length > listLimit) throw new Error("a list in it makes no sense");
  return value.map((one: unknown) => read(recordOf(one)));
}

function textOf(value: unknown, form: RegExp): string {
  if (typeof value !== "string" || !form.test(value)) throw new Error("a text in it makes no sense");
  return value;
}

/** A file of the site: no way out of its folder. */
function pathOf(value: unknown): string {
  const path = textOf(value, /^(images|firmware)\/[\w./-]{1,200}$/);
  if (path.includes("..")) throw new Error("a path in it makes no sense");
  return path;
}

function countOf(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw new Error("a number in it makes no sense");
  return value;
}
