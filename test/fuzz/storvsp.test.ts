import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StorOperation, StorSrbPacket, storPacketBytes } from "../../src/hvdef/index.ts";
import { type Disk, type ScsiUnit, sectorSize } from "../../src/storage/index.ts";
import { type Storvsp, storvsp } from "../../src/vsp/index.ts";
import { labChannel } from "../lab/channel.ts";
import { dataLength, hostileCdb } from "../lab/scsi-noise.ts";
import { plain, version } from "../lab/storvsc.ts";
import { walledDisk } from "../lab/walled-disk.ts";

const id = new Uint8Array(16).fill(1);
const seed = fc.nat({ max: 255 });

interface Packet {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly dataRoom: number;
  readonly wantsCompletion: boolean;
}

const address = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat({ max: 1 }), fc.nat({ max: 255 }));
const word = fc.oneof(fc.nat({ max: 70_000 }), fc.nat({ max: 0xffffffff }));
const srb = fc
  .record({
    path: address,
    target: address,
    lun: address,
    direction: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 255 })),
    length: word,
    cdb: hostileCdb,
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
/** What a well-meaning guest sends, so that there is work to be disturbed. */
const sound: fc.Arbitrary<Packet> = fc
  .record({
    opcode: fc.constantFrom(0x28, 0x2a, 0x2a, 0x35, 0x41),
    flags: fc.constantFrom(0, 0, 8),
    lun: fc.nat({ max: 1 }),
    lba: fc.nat({ max: 30 }),
    from: seed,
  })
  .map(({ opcode, flags, lun, lba, from }) => {
    const payload = new Uint8Array(storPacketBytes);
    const at = StorSrbPacket.at;
    payload[at.operation] = StorOperation.executeSrb;
    payload[at.lun] = lun;
    payload[at.direction] = opcode === 0x28 ? 1 : opcode === 0x35 ? 2 : 0;
    new DataView(payload.buffer).setUint32(at.transferLength, 512, true);
    payload.set([opcode, opcode === 0x28 ? 0 : flags, 0, 0, 0, lba, 0, 0, 1], at.cdbOrSense);
    const data = new Uint8Array(opcode === 0x28 || opcode === 0x35 ? 0 : 512).fill(from);
    return { payload, data, dataRoom: 512, wantsCompletion: true };
  });
const hostile: fc.Arbitrary<Packet> = fc.record({
  payload: fc.oneof({ weight: 6, arbitrary: srb }, { weight: 2, arbitrary: control }, noise),
  data: fc.tuple(dataLength, seed).map(([length, from]) => new Uint8Array(length).fill(from)),
  dataRoom: fc.nat({ max: 70_000 }),
  wantsCompletion: fc.boolean(),
});
const packet = fc.oneof(sound, hostile);

type Event =
  | { readonly kind: "packet"; readonly value: Packet }
  | { readonly kind: "arrive" | "reopen" | "close" | "full" | "space" | "retry" | "busChanged" }
  | { readonly kind: "remove" | "replace"; readonly lun: number };

const lun = fc.nat({ max: 1 });
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 20, arbitrary: packet.map((value): Event => ({ kind: "packet", value })) },
  { weight: 3, arbitrary: fc.constant<Event>({ kind: "arrive" }) },
  { weight: 1, arbitrary: fc.constantFrom<Event>({ kind: "reopen" }, { kind: "close" }) },
  { weight: 3, arbitrary: fc.constantFrom<Event>({ kind: "full" }, { kind: "space" }, { kind: "retry" }) },
  { weight: 1, arbitrary: fc.constant<Event>({ kind: "busChanged" }) },
  { weight: 1, arbitrary: lun.map((lun): Event => ({ kind: "remove", lun })) },
  { weight: 1, arbitrary: lun.map((lun): Event => ({ kind: "replace", lun })) },
);

/** Two disks that may be slow, full, taken away or replaced. One that is gone throws when it is touched. */
function openStore(slow: boolean) {
  const arrivals: (() => void)[] = [];
  const luns = new Map<number, ScsiUnit>();
  let full = false;
  let turn = 0;
  const late = () =>
    slow && turn++ % 2 === 0 ? new Promise<void>((resolve) => arrivals.push(resolve)) : null;

  function newDisk(sectors: number): Disk {
    const disk: Disk = walledDisk({
      byteLength: sectors * sectorSize,
      thin: true,
      readOnly: false,
      prepare: late,
      prepareFlush: late,
      status(call) {
        if (![...luns.values()].some((unit) => unit.disk === disk))
          throw new Error(`${call} of a disk that is gone`);
        return full && call !== "read" ? "noSpace" : "ok";
      },
    });
    return disk;
  }
  function put(lun: number, sectors: number): void {
    luns.set(lun, { disk: newDisk(sectors), id });
  }
  put(0, 64);
  put(1, 64);
  return {
    luns,
    put,
    setFull(value: boolean) {
      full = value;
    },
    async arrive() {
      for (const resolve of arrivals.splice(0)) resolve();
      await new Promise((resolve) => setImmediate(resolve));
    },
    quiet: () => arrivals.length === 0,
  };
}

/** Who is at the other end: our own emulated controller, a guest that has negotiated, one that has not. */
type Peer = "internal" | "ready" | "fresh";

/** A served controller, and the books of what is owed. */
function opened(slow: boolean, peer: Peer) {
  const store = openStore(slow);
  let reports = 0;
  const owner: Storvsp = storvsp(
    { luns: store.luns },
    { negotiated: peer === "internal", onStalled: () => reports++ },
  );
  const lab = labChannel(owner);
  const owed = new Map<bigint, number>();
  let nextId = 1;
  let isOpen = true;
  open();

  function open(): void {
    lab.open();
    if (peer !== "ready") return;
    for (const payload of [plain(7), version(0x0602), plain(10), plain(8)]) lab.ask({ payload });
    lab.answers.length = 0;
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
  function send(value: Packet): void {
    if (!isOpen) return;
    // Entered before the call: the answer comes from inside it. Silent packets are not entered at all.
    const id = BigInt(nextId++);
    if (value.wantsCompletion) owed.set(id, value.dataRoom);
    lab.request({ ...value, transactionId: id });
    collect();
  }
  function close(): void {
    if (isOpen) lab.close();
    isOpen = false;
    owed.clear();
  }
  async function apply(step: Event): Promise<void> {
    switch (step.kind) {
      case "packet":
        return send(step.value);
      case "arrive":
        await store.arrive();
        break;
      case "full":
      case "space":
        store.setFull(step.kind === "full");
        break;
      case "retry":
        if (owner.retryStalled() !== (stalled() === 0)) throw new Error("a retry that lies");
        break;
      case "busChanged":
        owner.busChanged();
        break;
      case "remove":
        store.luns.delete(step.lun);
        break;
      case "replace":
        store.put(step.lun, 32);
        break;
      case "close":
        close();
        break;
      default:
        close();
        isOpen = true;
        open();
    }
    collect();
  }
  const stalled = () => Number(owner.inspect()["stalled"]);
  return { owner, store, apply, stalled, owed: () => owed.size, reports: () => reports };
}

/** Everything comes, and there is space: what is still owed then is owed for ever. */
async function drain(world: ReturnType<typeof opened>): Promise<boolean> {
  world.store.setFull(false);
  for (let round = 0; round < 8; round++) {
    await world.apply({ kind: "arrive" });
    await world.apply({ kind: "retry" });
    if (world.store.quiet()) break;
  }
  return world.owed() === 0 && world.owner.inspect()["inFlight"] === 0 && world.stalled() === 0;
}

describe("packets", () => {
  test("any sequence: every request that waits is answered exactly once, by the disk it was meant for", async () => {
    const met = { stalls: 0, orphans: 0, retries: 0 };
    const property = fc.asyncProperty(
      fc.array(event, { maxLength: 60, size: "max" }),
      fc.boolean(),
      fc.constantFrom<Peer>("internal", "ready", "ready", "fresh"),
      async (events, slow, peer) => {
        const world = opened(slow, peer);
        for (const step of events) {
          const before = { stalled: world.stalled(), reports: world.reports() };
          await world.apply(step);
          const reported = world.reports() - before.reports;
          met.stalls += reported;
          if (before.stalled > world.stalled() && step.kind === "retry") met.retries++;
          if (before.stalled > world.stalled() && step.kind === "busChanged") met.orphans++;
          const began = before.stalled === 0 && world.stalled() > 0;
          // An arrival may end one stall and begin another.
          if (began && reported === 0) return false;
          if (before.stalled > 0 && step.kind === "packet" && world.stalled() > 0 && reported > 0)
            return false;
          if (!slow && world.owed() > 0 && world.stalled() === 0) return false;
        }
        return drain(world);
      },
    );
    await fc.assert(property, { numRuns: 2000 });
    // Otherwise nothing has been tried.
    for (const count of Object.values(met)) expect(count).toBeGreaterThan(0);
  });
});
