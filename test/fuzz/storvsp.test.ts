import fc from "fast-check";
import { describe, test } from "vitest";
import { StorOperation, StorSrbPacket, storPacketBytes } from "../../src/hvdef/index.ts";
import {
  type Disk,
  dataInBytes,
  decodeCommand,
  executeDisk,
  ramDisk,
  type ScsiUnit,
  sectorSize,
} from "../../src/storage/index.ts";
import { type Storvsp, storvsp } from "../../src/vsp/index.ts";
import { labChannel } from "../lab/channel.ts";

const id = new Uint8Array(16).fill(1);
const diskBytes = 64 * sectorSize;

/** A RAM disk that throws when it is asked for anything outside itself: the SCSI layer must not even try. */
function walledDisk(options: { thin: boolean; readOnly: boolean }, prepare: Disk["prepare"]): Disk {
  const inner = ramDisk(diskBytes);
  const inside = (at: number, length: number) => {
    const whole = Number.isSafeInteger(at) && at % sectorSize === 0 && length % sectorSize === 0;
    if (!whole || at < 0 || length < 0 || at + length > diskBytes)
      throw new Error(`outside: ${length} at ${at}`);
  };
  const writable = () => {
    if (options.readOnly) throw new Error("a write to a read-only disk");
  };
  return {
    ...inner,
    ...options,
    prepare(at, length) {
      inside(at, length);
      return prepare(at, length);
    },
    read(at, into) {
      inside(at, into.length);
      return inner.read(at, into);
    },
    write(at, from) {
      writable();
      inside(at, from.length);
      return inner.write(at, from);
    },
    unmap(at, length) {
      writable();
      if (!options.thin) throw new Error("an unmap of a thick disk");
      inside(at, length);
      return inner.unmap(at, length);
    },
  };
}

const opcodes = [
  0x00, 0x08, 0x0a, 0x12, 0x1a, 0x1b, 0x25, 0x28, 0x2a, 0x2f, 0x35, 0x41, 0x42, 0x5a, 0x88, 0x8a, 0x8f, 0x91,
  0x93, 0x9e, 0xa0, 0xa8, 0xaa, 0xaf, 0xa3, 0x85,
];
/** Mostly zeros with a few small or large bytes, so that some commands are even valid. */
const operand = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat({ max: 70 }) },
  fc.nat({ max: 255 }),
);
const cdb = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...opcodes) }, fc.nat({ max: 255 })),
    fc.array(operand, { minLength: 15, maxLength: 15 }),
  )
  .map(([opcode, rest]) => Uint8Array.of(opcode, ...rest));
const dataLength = fc.oneof(
  fc.nat({ max: 64 }),
  fc.nat({ max: 128 }).map((sectors) => sectors * 512),
  fc.nat({ max: 70_000 }),
);
const shape = fc.record({ thin: fc.boolean(), readOnly: fc.boolean() });
const seed = fc.nat({ max: 255 });

function filled(length: number, from: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(from);
}

describe("commands", () => {
  test("any CDB with any buffers: no exception, nothing outside the disk, no more data than room", () => {
    const property = fc.property(
      cdb,
      dataLength,
      dataLength,
      seed,
      shape,
      (bytes, outLength, room, from, options) => {
        const unit: ScsiUnit = { disk: walledDisk(options, () => null), id };
        const command = decodeCommand(bytes);
        const dataIn = new Uint8Array(Math.min(room, dataInBytes(command)));
        const dataOut = filled(outLength, from);
        const result = executeDisk(unit, command, { dataIn, dataOut });
        return result.kind !== "good" || result.transferred <= Math.max(dataIn.length, dataOut.length);
      },
    );
    fc.assert(property, { numRuns: 20_000 });
  });
  test("any UNMAP list: refused, or inside the disk", () => {
    const near = fc.oneof(fc.nat({ max: 70 }), fc.nat({ max: 0xffffffff }));
    const descriptors = fc.array(
      fc.record({ lba: near, high: fc.constantFrom(0, 0, 0, 1 << 31), blocks: near }),
      {
        maxLength: 5,
      },
    );
    const slack = fc.integer({ min: -20, max: 20 });
    const property = fc.property(descriptors, slack, slack, (ranges, listSlack, fieldSlack) => {
      const dataOut = new Uint8Array(8 + ranges.length * 16);
      const view = new DataView(dataOut.buffer);
      view.setUint16(2, Math.max(0, ranges.length * 16 + fieldSlack));
      for (const [place, { lba, high, blocks }] of ranges.entries()) {
        view.setUint32(8 + place * 16, high);
        view.setUint32(12 + place * 16, lba);
        view.setUint32(16 + place * 16, blocks);
      }
      const length = Math.max(0, dataOut.length + listSlack);
      const bytes = Uint8Array.of(0x42, 0, 0, 0, 0, 0, 0, 0, length);
      const unit: ScsiUnit = { disk: walledDisk({ thin: true, readOnly: false }, () => null), id };
      const result = executeDisk(unit, decodeCommand(bytes), { dataIn: new Uint8Array(0), dataOut });
      return result.kind !== "good" || result.transferred <= dataOut.length;
    });
    fc.assert(property, { numRuns: 3000 });
  });
  test("short and empty CDBs decode", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => decodeCommand(bytes).kind.length > 0));
  });
});

interface Packet {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly dataRoom: number;
  readonly wantsCompletion: boolean;
}

const address = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat({ max: 255 }));
const word = fc.oneof(fc.nat({ max: 70_000 }), fc.nat({ max: 0xffffffff }));
const srb = fc
  .record({
    path: address,
    target: address,
    lun: address,
    direction: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 255 })),
    length: word,
    cdb,
    sense: address,
  })
  .map((wanted) => {
    const out = new Uint8Array(storPacketBytes);
    const at = StorSrbPacket.at;
    out[at.operation] = StorOperation.executeSrb;
    out[at.path] = wanted.path;
    out[at.target] = wanted.target;
    out[at.lun] = wanted.lun;
    out[at.senseLength] = wanted.sense;
    out[at.direction] = wanted.direction;
    new DataView(out.buffer).setUint32(at.transferLength, wanted.length, true);
    out.set(wanted.cdb, at.cdbOrSense);
    return out;
  });
const operation = fc.oneof(
  { weight: 3, arbitrary: fc.nat({ max: 14 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(StorOperation.resetBus, StorOperation.resetLun, StorOperation.resetAdapter),
  },
  fc.nat({ max: 0xffffffff }),
);
const control = operation.map((operation) => {
  const out = new Uint8Array(storPacketBytes);
  const view = new DataView(out.buffer);
  view.setUint32(0, operation, true);
  view.setUint16(12, 0x0602, true);
  return out;
});
const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes));
const packet: fc.Arbitrary<Packet> = fc.record({
  payload: fc.oneof({ weight: 6, arbitrary: srb }, { weight: 2, arbitrary: control }, noise),
  data: fc.tuple(dataLength, seed).map(([length, from]) => filled(length, from)),
  dataRoom: fc.nat({ max: 70_000 }),
  wantsCompletion: fc.boolean(),
});
const event = fc.oneof(
  { weight: 20, arbitrary: packet.map((value) => ({ kind: "packet" as const, value })) },
  { weight: 3, arbitrary: fc.constant({ kind: "arrive" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "reopen" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "close" as const }) },
);

/** A served controller with a disk that is sometimes slow, and the books of what is owed. */
function opened(slow: boolean, negotiated: boolean) {
  const arrivals: (() => void)[] = [];
  let turn = 0;
  const prepare: Disk["prepare"] = () =>
    slow && turn++ % 2 === 0 ? new Promise((resolve) => arrivals.push(resolve)) : null;
  const owner: Storvsp = storvsp(
    { luns: new Map([[0, { disk: walledDisk({ thin: true, readOnly: false }, prepare), id }]]) },
    { negotiated },
  );
  const lab = labChannel(owner);
  const owed = new Map<bigint, number>();
  let nextId = 1;
  let isOpen = true;
  lab.open();

  async function arrive(): Promise<void> {
    for (const resolve of arrivals.splice(0)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
  function collect(): void {
    for (const answer of lab.answers.splice(0)) {
      const room = owed.get(answer.transactionId);
      if (room === undefined) throw new Error("an answer that nobody waits for");
      if (answer.payload.length !== storPacketBytes) throw new Error("an answer of the wrong size");
      if (answer.payload[0] !== StorOperation.completeIo) throw new Error("an answer that is none");
      if (answer.data.length > room) throw new Error("more data than the guest has room for");
      owed.delete(answer.transactionId);
    }
  }
  return {
    owner,
    send(value: Packet) {
      if (!isOpen) return;
      // Entered before the call: the answer comes from inside it. Silent packets are not entered at all.
      const id = BigInt(nextId++);
      if (value.wantsCompletion) owed.set(id, value.dataRoom);
      lab.request({ ...value, transactionId: id });
      collect();
    },
    async arrive() {
      await arrive();
      collect();
    },
    close() {
      if (isOpen) lab.close();
      isOpen = false;
      owed.clear();
    },
    reopen() {
      if (isOpen) lab.close();
      owed.clear();
      isOpen = true;
      lab.open();
    },
    owed: () => owed.size,
  };
}

describe("packets", () => {
  test("any sequence: every request that waits is answered exactly once, with 64 bytes", async () => {
    const property = fc.asyncProperty(
      fc.array(event, { maxLength: 60 }),
      fc.boolean(),
      fc.boolean(),
      async (events, slow, negotiated) => {
        const world = opened(slow, negotiated);
        for (const step of events) {
          if (step.kind === "packet") world.send(step.value);
          else if (step.kind === "arrive") await world.arrive();
          else if (step.kind === "close") world.close();
          else world.reopen();
          if (!slow && world.owed() > 0) return false;
        }
        await world.arrive();
        return world.owed() === 0 && world.owner.inspect()["inFlight"] === 0;
      },
    );
    await fc.assert(property, { numRuns: 5000 });
  });
});
