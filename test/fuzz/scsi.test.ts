import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Disk,
  type DiskStatus,
  dataInBytes,
  decodeCommand,
  executeDisk,
  finishFlush,
  neededBlocks,
  type ScsiCommand,
  type ScsiResult,
  type ScsiUnit,
  Senses,
  sectorSize,
  wholeLayer,
} from "../../src/storage/index.ts";
import { dataLength, hostileCdb } from "../lab/scsi-noise.ts";
import { type Walls, walledDisk } from "../lab/walled-disk.ts";

const id = new Uint8Array(16).fill(1);
const diskBytes = 64 * sectorSize;
const senses: readonly unknown[] = Object.values(Senses);
const status = fc.oneof(
  { weight: 12, arbitrary: fc.constant<DiskStatus>("ok") },
  fc.constantFrom<DiskStatus>("outOfRange", "readOnly", "mediumError", "noSpace"),
);
const shape = fc.record({ thin: fc.boolean(), readOnly: fc.boolean(), slowFlush: fc.boolean(), status });

interface Touch {
  readonly call: "read" | "write" | "unmap";
  readonly at: number;
  readonly length: number;
}

function unitOf(
  options: { thin: boolean; readOnly: boolean; slowFlush: boolean; status: DiskStatus },
  touches: Touch[] = [],
): ScsiUnit {
  const walls: Walls = {
    byteLength: diskBytes,
    thin: options.thin,
    readOnly: options.readOnly,
    status: () => options.status,
    touched: (call, at, length) => touches.push({ call, at, length }),
    prepareFlush: () => (options.slowFlush ? Promise.resolve() : null),
  };
  return { disk: walledDisk(walls), id };
}

/** What every result must be, however the command came about. */
function fits(result: ScsiResult, most: number): boolean {
  switch (result.kind) {
    case "good":
    case "flushing":
      return Number.isInteger(result.transferred) && result.transferred >= 0 && result.transferred <= most;
    case "check":
      return senses.includes(result.sense);
    default:
      return result.kind === "noSpace";
  }
}

/** Whether a command touched only what it names, and changed nothing unless it is one that does. */
function keptToItself(command: ScsiCommand, touches: readonly Touch[]): boolean {
  if (command.kind === "unmap") return touches.every(({ call }) => call === "unmap");
  if (touches.length === 0) return true;
  if (!("lba" in command)) return false;
  const from = command.lba * sectorSize;
  const to = from + command.blocks * sectorSize;
  const changes = command.kind === "write" || command.kind === "writeSame";
  return touches.every(
    ({ call, at, length }) => at >= from && at + length <= to && (call === "read") !== changes,
  );
}

describe("a hostile guest", () => {
  test("any CDB with any buffers: a known end, nothing outside the command, no more data than room", () => {
    const seed = fc.nat({ max: 255 });
    const property = fc.property(
      hostileCdb,
      fc.tuple(dataLength, dataLength, seed),
      shape,
      (bytes, [outLength, room, from], options) => {
        const touches: Touch[] = [];
        const unit = unitOf(options, touches);
        const command = decodeCommand(bytes);
        const needed = neededBlocks(command);
        const dataIn = new Uint8Array(Math.min(room, dataInBytes(command)));
        const dataOut = new Uint8Array(outLength).fill(from);
        const result = executeDisk(unit, command, { dataIn, dataOut });
        const most = Math.max(dataIn.length, dataOut.length);
        if (!fits(result, most) || !keptToItself(command, touches)) return false;
        const fetched = touches.every(
          ({ call, at, length }) =>
            call === "unmap" ||
            (needed !== null &&
              at >= needed.lba * sectorSize &&
              at + length <= (needed.lba + needed.blocks) * sectorSize),
        );
        if (!fetched) return false;
        if (result.kind !== "flushing") return true;
        const ended = finishFlush(unit, result.transferred);
        return options.slowFlush && ended.kind !== "flushing" && fits(ended, most);
      },
    );
    fc.assert(property, { numRuns: 20_000 });
  });
  test("any UNMAP list: refused, or inside the disk", () => {
    const near = fc.oneof(fc.nat({ max: 70 }), fc.nat({ max: 0xffffffff }));
    const range = fc.record({ lba: near, high: fc.constantFrom(0, 0, 0, 1 << 31), blocks: near });
    const slack = fc.integer({ min: -20, max: 20 });
    const property = fc.property(
      fc.array(range, { maxLength: 5 }),
      slack,
      slack,
      (ranges, listSlack, fieldSlack) => {
        const dataOut = new Uint8Array(8 + ranges.length * 16);
        const view = new DataView(dataOut.buffer);
        view.setUint16(2, Math.max(0, ranges.length * 16 + fieldSlack));
        for (const [place, { lba, high, blocks }] of ranges.entries()) {
          view.setUint32(8 + place * 16, high);
          view.setUint32(12 + place * 16, lba);
          view.setUint32(16 + place * 16, blocks);
        }
        const listLength = Math.max(0, dataOut.length + listSlack);
        const bytes = Uint8Array.of(0x42, 0, 0, 0, 0, 0, 0, 0, listLength);
        const unit = unitOf({ thin: true, readOnly: false, slowFlush: false, status: "ok" });
        const result = executeDisk(unit, decodeCommand(bytes), { dataIn: new Uint8Array(0), dataOut });
        return fits(result, dataOut.length);
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });
  test("any MODE SELECT list: good only when it changes nothing", () => {
    const unit = unitOf({ thin: true, readOnly: false, slowFlush: false, status: "ok" });
    const sense = decodeCommand(Uint8Array.of(0x1a, 0, 0x3f, 0, 255));
    const asIs = new Uint8Array(255);
    const sensed = executeDisk(unit, sense, { dataIn: asIs, dataOut: new Uint8Array(0) });
    const length = sensed.kind === "good" ? sensed.transferred : 0;
    asIs[0] = 0;
    const edit = fc.record({ at: fc.nat({ max: length - 1 }), value: fc.nat({ max: 255 }) });
    const property = fc.property(
      fc.array(edit, { maxLength: 3 }),
      fc.nat({ max: 60 }),
      (edits, listLength) => {
        const dataOut = asIs.slice(0, length);
        for (const { at, value } of edits) dataOut[at] = value;
        const bytes = Uint8Array.of(0x15, 0x10, 0, 0, listLength);
        const result = executeDisk(unit, decodeCommand(bytes), { dataIn: new Uint8Array(0), dataOut });
        if (!fits(result, dataOut.length)) return false;
        // Byte 2 of the header is the device's own: it is ignored, as in what MODE SENSE gave.
        const same = dataOut.every(
          (byte, at) => at >= listLength || at === 2 || at === 0 || byte === asIs[at],
        );
        return result.kind !== "good" || listLength === 0 || same;
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });
  test("short and empty CDBs decode", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => decodeCommand(bytes).kind.length > 0));
  });
});

/** A disk without contents of any size, which counts what is asked of it. */
function countingDisk(byteLength: number): {
  disk: Disk;
  work: { bytes: number; calls: number; freed: number };
} {
  const work = { bytes: 0, calls: 0, freed: 0 };
  const count = (length: number): DiskStatus => {
    work.bytes += length;
    work.calls++;
    return "ok";
  };
  const disk: Disk = {
    byteLength,
    readOnly: false,
    thin: true,
    prepare: () => null,
    read: (_, into) => count(into.length),
    write: (_, from) => count(from.length),
    flush: () => count(0),
    unmap(_, length) {
      work.freed += length;
      return count(0);
    },
    layers: () => [wholeLayer("counting")],
    inspect: () => ({}),
    [Symbol.dispose]() {},
  };
  return { disk, work };
}

test("no command makes the parent work for long, on the largest disk of all", () => {
  const seen = { bytes: 0, calls: 0, freed: 0 };
  const long = fc
    .tuple(
      fc.constantFrom(0x28, 0x2a, 0x2e, 0x2f, 0x41, 0x42, 0x88, 0x8a, 0x8e, 0x8f, 0x93, 0xa8, 0xaa, 0xaf),
      fc.nat({ max: 15 }),
      fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat({ max: 255 })), {
        minLength: 14,
        maxLength: 14,
      }),
    )
    .map(([opcode, flags, rest]) => Uint8Array.of(opcode, flags, ...rest));
  const dataIn = new Uint8Array(2 << 20);
  const property = fc.property(long, fc.uint8Array({ minLength: 64, maxLength: 6000 }), (bytes, list) => {
    const { disk, work } = countingDisk(2 ** 43);
    const dataOut = new Uint8Array(2 << 20);
    dataOut.set(list);
    executeDisk({ disk, id }, decodeCommand(bytes), { dataIn, dataOut });
    seen.bytes = Math.max(seen.bytes, work.bytes);
    seen.calls = Math.max(seen.calls, work.calls);
    return work.bytes <= 8 << 20 && work.calls <= 256 && work.freed <= 2 ** 31;
  });
  fc.assert(property, { numRuns: 3000 });
  // Otherwise nothing has been tried.
  expect(seen.bytes).toBeGreaterThan(0);
  expect(seen.calls).toBeGreaterThan(0);
});
