import { type Disk, type DiskStatus, ramDisk, sectorSize } from "../../src/storage/index.ts";

/** What a walled disk is like, and how it answers. */
export interface Walls {
  readonly byteLength: number;
  readonly thin: boolean;
  readonly readOnly: boolean;
  /** Asked before each read, write, unmap or flush; anything but `ok` is answered at once. */
  readonly status?: (call: "read" | "write" | "unmap" | "flush") => DiskStatus;
  /** Told of each read, write or unmap that is let in. */
  readonly touched?: (call: "read" | "write" | "unmap", at: number, length: number) => void;
  readonly prepare?: Disk["prepare"];
  readonly prepareFlush?: NonNullable<Disk["prepareFlush"]>;
}

/** A RAM disk that throws when it is asked for anything outside itself: the layers above must not even try. */
export function walledDisk(walls: Walls): Disk {
  const { byteLength, thin, readOnly, status = () => "ok", touched = () => {} } = walls;
  const inner = ramDisk(byteLength);
  function inside(at: number, length: number): void {
    const whole = Number.isSafeInteger(at) && at % sectorSize === 0 && length % sectorSize === 0;
    if (!whole || at < 0 || length <= 0 || at + length > byteLength)
      throw new Error(`outside: ${length} at ${at}`);
  }
  function writable(): void {
    if (readOnly) throw new Error("a change of a read-only disk");
  }
  function enter(call: "read" | "write" | "unmap", at: number, length: number): DiskStatus {
    inside(at, length);
    if (call !== "read") writable();
    if (call === "unmap" && !thin) throw new Error("an unmap of a thick disk");
    touched(call, at, length);
    return status(call);
  }
  function step(answer: DiskStatus, go: () => DiskStatus): DiskStatus {
    return answer === "ok" ? go() : answer;
  }
  const { prepareFlush } = walls;
  return {
    ...inner,
    thin,
    readOnly,
    prepare(at, length) {
      inside(at, length);
      return walls.prepare?.(at, length) ?? null;
    },
    ...(prepareFlush === undefined ? {} : { prepareFlush }),
    read: (at, into) => step(enter("read", at, into.length), () => inner.read(at, into)),
    write: (at, from) => step(enter("write", at, from.length), () => inner.write(at, from)),
    unmap: (at, length) => step(enter("unmap", at, length), () => inner.unmap(at, length)),
    flush: () => step(status("flush"), () => inner.flush()),
  };
}
