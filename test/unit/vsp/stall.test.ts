import { describe, expect, test } from "vitest";
import { ScsiStatus, SrbDirection, StorOperation } from "../../../src/hvdef/index.ts";
import { type Disk, ramDisk } from "../../../src/storage/index.ts";
import { ideDisk, type Storvsp, storvsp } from "../../../src/vsp/index.ts";
import { type LabChannel, labChannel } from "../../lab/channel.ts";
import {
  controllerOf,
  labId,
  plain,
  read10,
  ready,
  seen,
  slowDisk,
  srb,
  tightDisk,
  write10,
  zeros,
} from "../../lab/storvsc.ts";

const block = (value: number) => zeros(512).fill(value);
const flush = (lun = 0) => srb({ cdb: [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0], direction: SrbDirection.none, lun });
const everything = Number.POSITIVE_INFINITY;

/** A guest with two disks, of which the first may be full, and what its provider said. */
function fullWorld(options: { readonly silent?: boolean } = {}) {
  const tight = tightDisk(1 << 20);
  const controller = controllerOf([0, tight.disk], [1, ramDisk(4096)]);
  const reports: number[] = [];
  const owner: Storvsp = storvsp(
    controller,
    options.silent ? {} : { onStalled: () => reports.push(lab.answers.length) },
  );
  const lab: LabChannel = ready(owner);
  let from = lab.answers.length;
  /** Transactions answered since the last look. */
  function answered(): bigint[] {
    const fresh = lab.answers.slice(from).map((answer) => answer.transactionId);
    from = lab.answers.length;
    return fresh;
  }
  const last = () => seen(lab.answers.at(-1) ?? { payload: zeros(0) });
  const contents = (lba: number) => {
    const into = zeros(512);
    tight.disk.read(lba * 512, into);
    return into[0];
  };
  return { tight, controller, owner, lab, reports, answered, last, contents };
}

describe("a full store", () => {
  const list = zeros(24);
  list.set([0, 22, 0, 16]);
  list[19] = 1;
  const requests: [string, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>][] = [
    ["write", write10(0, 1), block(1)],
    ["write through", write10(0, 1, { through: true }), block(1)],
    ["flush", flush(), zeros(0)],
    ["write same", srb({ cdb: [0x41, 0, 0, 0, 0, 0, 0, 0, 2, 0], direction: 0, length: 512 }), block(1)],
    ["unmap", srb({ cdb: [0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0], direction: 0, length: 24 }), list],
    ["stop", srb({ cdb: [0x1b, 0, 0, 0, 0, 0], direction: 2 }), zeros(0)],
  ];
  test.each(requests)("%s is held, reported once, and goes on", (_, payload, data) => {
    const { tight, owner, lab, reports, answered, last } = fullWorld();
    tight.room(0);
    answered();
    lab.request({ payload, data, transactionId: 50n });
    expect(answered()).toEqual([]);
    expect(reports.length).toBe(1);
    expect(owner.inspect()).toMatchObject({ inFlight: 1, stalled: 1, errors: 0 });
    expect(owner.retryStalled()).toBe(false);
    expect(reports.length).toBe(1);
    tight.room(everything);
    expect(owner.retryStalled()).toBe(true);
    expect(answered()).toEqual([50n]);
    expect(last()).toMatchObject({ srbStatus: 1, scsiStatus: ScsiStatus.good, status: 0 });
    expect(owner.inspect()).toMatchObject({ inFlight: 0, stalled: 0, errors: 0 });
    expect(owner.retryStalled()).toBe(true);
  });
  test("a write that reached the disk but not its store is run again whole", () => {
    const { tight, owner, lab, answered, contents, last } = fullWorld();
    tight.room(1);
    lab.request({ payload: write10(0, 1, { through: true }), data: block(3) });
    expect(contents(0)).toBe(3);
    answered();
    tight.room(everything);
    expect(owner.retryStalled()).toBe(true);
    expect(answered().length).toBe(1);
    expect(last().transferLength).toBe(512);
  });
  test("what comes later for the unit waits behind it; other units go on; order is kept", () => {
    const { tight, owner, lab, reports, answered, contents } = fullWorld();
    tight.room(0);
    answered();
    lab.request({ payload: write10(0, 1), data: block(1), transactionId: 60n });
    lab.request({ payload: write10(0, 1), data: block(2), transactionId: 61n });
    lab.request({ payload: read10(0, 1), dataRoom: 512, transactionId: 62n });
    lab.request({ payload: flush(), transactionId: 63n });
    lab.request({ payload: srb({ cdb: [0], direction: 2 }), transactionId: 64n });
    lab.request({ payload: write10(0, 1, { lun: 1 }), data: block(1), transactionId: 65n });
    lab.request({ payload: flush(1), transactionId: 66n });
    expect(answered()).toEqual([65n, 66n]);
    expect(owner.inspect()["stalled"]).toBe(5);
    tight.room(1);
    expect(owner.retryStalled()).toBe(false);
    expect(answered()).toEqual([60n]);
    expect(contents(0)).toBe(1);
    tight.room(everything);
    expect(owner.retryStalled()).toBe(true);
    expect(answered()).toEqual([61n, 62n, 63n, 64n]);
    expect(lab.answers.at(-3)?.data).toEqual(block(2));
    expect(reports.length).toBe(1);
  });
  test("ranges are waited for before and after, and no arrival overtakes", async () => {
    const arrivals: (() => void)[] = [];
    const tight = tightDisk(1 << 20);
    const asked: number[] = [];
    const disk: Disk = {
      ...tight.disk,
      prepare(at) {
        asked.push(at / 512);
        return at === 0 ? null : new Promise((resolve) => arrivals.push(resolve));
      },
    };
    const arrive = async () => {
      for (const resolve of arrivals.splice(0)) resolve();
      await new Promise((resolve) => setImmediate(resolve));
    };
    const owner = storvsp(controllerOf([0, disk]), { onStalled() {} });
    const lab = ready(owner);
    lab.answers.length = 0;
    tight.room(0);
    lab.request({ payload: read10(1, 1), dataRoom: 512, transactionId: 60n });
    lab.request({ payload: write10(0, 1), data: block(1), transactionId: 61n });
    lab.request({ payload: read10(2, 1), dataRoom: 512, transactionId: 62n });
    expect(asked).toEqual([1, 0]);
    await arrive();
    expect(owner.inspect()).toMatchObject({ inFlight: 3, stalled: 3 });
    tight.room(everything);
    expect(owner.retryStalled()).toBe(true);
    expect(asked).toEqual([1, 0, 1, 0, 2]);
    expect(lab.answers.map((answer) => answer.transactionId)).toEqual([61n]);
    expect(owner.inspect()).toMatchObject({ inFlight: 2, stalled: 0 });
    await arrive();
    expect(lab.answers.map((answer) => answer.transactionId)).toEqual([61n, 60n, 62n]);
  });
  test("two full units: each keeps its own, and one retry serves both", () => {
    const { tight, controller, owner, lab, reports, answered } = fullWorld();
    const other = tightDisk(4096);
    controller.luns.set(2, { disk: other.disk, id: labId });
    for (const each of [tight, other]) each.room(0);
    answered();
    lab.request({ payload: write10(0, 1), data: block(1), transactionId: 60n });
    lab.request({ payload: write10(0, 1, { lun: 2 }), data: block(1), transactionId: 61n });
    lab.request({ payload: read10(0, 1), dataRoom: 512, transactionId: 62n });
    other.room(everything);
    expect(owner.retryStalled()).toBe(false);
    expect(answered()).toEqual([61n]);
    tight.room(everything);
    expect(owner.retryStalled()).toBe(true);
    expect(answered()).toEqual([60n, 62n]);
    expect(reports.length).toBe(1);
  });
  test("the next time is reported again", () => {
    const { tight, owner, lab, reports } = fullWorld();
    for (const round of [1, 2]) {
      tight.room(0);
      lab.request({ payload: write10(0, 1), data: block(round) });
      lab.request({ payload: write10(1, 1), data: block(round) });
      expect(reports.length).toBe(round);
      tight.room(everything);
      expect(owner.retryStalled()).toBe(true);
    }
  });
  test("a request that nobody waits for is not lost", () => {
    const { tight, owner, lab, contents, answered } = fullWorld();
    tight.room(0);
    answered();
    lab.request({ payload: write10(4, 1), data: block(8), wantsCompletion: false });
    tight.room(everything);
    expect(owner.retryStalled()).toBe(true);
    expect(contents(4)).toBe(8);
    expect(answered()).toEqual([]);
  });
  test("without anybody to look after it the guest hears that space is missing", () => {
    const { tight, lab } = fullWorld({ silent: true });
    tight.room(0);
    const answer = seen(lab.ask({ payload: write10(0, 1), data: block(1) }));
    expect(answer).toMatchObject({ srbStatus: 0x84, scsiStatus: 2 });
    expect([answer.cdbOrSense[2], answer.cdbOrSense[12], answer.cdbOrSense[13]]).toEqual([7, 0x27, 7]);
  });
  test("an emulated disk stalls as well", () => {
    const tight = tightDisk(4096);
    tight.room(0);
    let reports = 0;
    const owner = ideDisk({ disk: tight.disk, id: labId }, { onStalled: () => reports++ });
    const lab = labChannel(owner);
    lab.open();
    lab.request({ payload: write10(0, 1), data: block(1) });
    expect([reports, lab.answers.length]).toEqual([1, 0]);
    tight.room(everything);
    expect(owner.retryStalled()).toBe(true);
    expect(lab.answers.length).toBe(1);
  });
});

describe("the bounds of what is held", () => {
  test("too many requests, too many bytes: busy, and no more reports", () => {
    const { tight, owner, lab, reports, answered, last } = fullWorld();
    tight.room(0);
    answered();
    for (let count = 0; count < 40; count++) lab.request({ payload: write10(0, 1), data: zeros(1 << 20) });
    expect(owner.inspect()["stalled"]).toBe(32);
    expect(answered().length).toBe(8);
    expect(last()).toMatchObject({ srbStatus: 1, scsiStatus: ScsiStatus.busy });
    for (let count = 0; count < 600; count++) lab.request({ payload: read10(0, 1), dataRoom: 512 });
    expect(owner.inspect()["stalled"]).toBe(512);
    expect(answered().length).toBe(120);
    expect(reports.length).toBe(1);
    tight.room(everything);
    expect(owner.retryStalled()).toBe(true);
    expect(answered().length).toBe(512);
    lab.request({ payload: write10(0, 1), data: zeros(1 << 20) });
    expect(answered().length).toBe(1);
  });
  test("a write that finds no room to be held in is reported all the same", () => {
    const slow = slowDisk(1 << 20);
    const tight = tightDisk(1 << 20);
    tight.room(0);
    let reports = 0;
    const owner = storvsp(controllerOf([0, slow.disk], [1, tight.disk]), { onStalled: () => reports++ });
    const lab = ready(owner);
    for (let count = 0; count < 512; count++) lab.request({ payload: read10(0, 1), dataRoom: 512 });
    const busy = seen(lab.ask({ payload: write10(0, 1, { lun: 1 }), data: block(1) }));
    expect(busy.scsiStatus).toBe(ScsiStatus.busy);
    expect(reports).toBe(1);
    expect(owner.retryStalled()).toBe(true);
  });
});

describe("what ends a stall", () => {
  test("a reset answers what is held, and the next stall is reported anew", () => {
    const { tight, owner, lab, reports, answered } = fullWorld();
    tight.room(0);
    answered();
    lab.request({ payload: write10(0, 1), data: block(1), transactionId: 70n });
    lab.request({ payload: read10(0, 1), dataRoom: 512, transactionId: 71n });
    lab.request({ payload: plain(StorOperation.resetBus), transactionId: 72n });
    expect(answered()).toEqual([70n, 71n, 72n]);
    expect(owner.inspect()).toMatchObject({ inFlight: 0, stalled: 0 });
    lab.request({ payload: write10(0, 1), data: block(1), transactionId: 73n });
    expect(reports.length).toBe(2);
  });
  test("closing the channel drops it, and the next guest is not held up", () => {
    const { tight, owner, lab, answered, contents } = fullWorld();
    tight.room(0);
    lab.request({ payload: write10(0, 1), data: block(1) });
    lab.close();
    expect(owner.inspect()).toMatchObject({ state: "closed", inFlight: 0, stalled: 0 });
    tight.room(everything);
    expect(owner.retryStalled()).toBe(true);
    expect(contents(0)).toBe(0);
    answered();
    lab.open();
    expect(answered()).toEqual([]);
  });
  test("a unit that is taken away ends its requests", () => {
    const { tight, controller, owner, lab, answered, last } = fullWorld();
    tight.room(0);
    answered();
    lab.request({ payload: write10(0, 1), data: block(1), transactionId: 70n });
    controller.luns.delete(0);
    expect(owner.retryStalled()).toBe(true);
    expect(answered()).toEqual([70n]);
    expect(last().srbStatus).toBe(0x20);
  });
});

/** A disk whose flushes take time; the test says when they are through, and how they end. */
function lateFlush(end: { status: ReturnType<Disk["flush"]> }) {
  const settle: ((outcome: "done" | "failed") => void)[] = [];
  const calls: string[] = [];
  const inner = ramDisk(1 << 20);
  const disk: Disk = {
    ...inner,
    write(at, from) {
      calls.push("write");
      return inner.write(at, from);
    },
    prepareFlush() {
      calls.push("prepare");
      return new Promise((resolve, reject) =>
        settle.push((outcome) => (outcome === "done" ? resolve() : reject(new Error("gone")))),
      );
    },
    flush() {
      calls.push("flush");
      return end.status;
    },
  };
  return {
    disk,
    calls,
    async through(outcome: "done" | "failed" = "done") {
      for (const each of settle.splice(0)) each(outcome);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("flushes that must be waited for", () => {
  test.each([
    ["flush", flush(), zeros(0), ["prepare", "flush"], 0],
    ["write through", write10(0, 1, { through: true }), block(1), ["write", "prepare", "flush"], 512],
  ] as const)("%s is answered once, and when it is safe", async (_, payload, data, calls, length) => {
    const late = lateFlush({ status: "ok" });
    const owner = storvsp(controllerOf([0, late.disk]));
    const lab = ready(owner);
    const before = lab.answers.length;
    lab.request({ payload, data });
    expect(lab.answers.length).toBe(before);
    expect(owner.inspect()).toMatchObject({ inFlight: 1, stalled: 0 });
    expect(lab.ask({ payload: read10(0, 1), dataRoom: 512 }).data.length).toBe(512);
    await late.through();
    expect(late.calls).toEqual(calls);
    expect(lab.answers.length).toBe(before + 2);
    expect(seen(lab.answers.at(-1) ?? { payload: zeros(0) })).toMatchObject({
      srbStatus: 1,
      transferLength: length,
    });
    expect(owner.inspect()).toMatchObject({ inFlight: 0, errors: 0 });
  });
  test("one that failed is the disk's to judge", async () => {
    const late = lateFlush({ status: "mediumError" });
    const lab = ready(storvsp(controllerOf([0, late.disk])));
    lab.request({ payload: flush() });
    await late.through("failed");
    expect(seen(lab.answers.at(-1) ?? { payload: zeros(0) }).scsiStatus).toBe(ScsiStatus.checkCondition);
  });
  test("a full store at the end of it stalls, and the retry waits again", async () => {
    const end: { status: ReturnType<Disk["flush"]> } = { status: "noSpace" };
    const late = lateFlush(end);
    let reports = 0;
    const owner = storvsp(controllerOf([0, late.disk]), { onStalled: () => reports++ });
    const lab = ready(owner);
    const before = lab.answers.length;
    lab.request({ payload: flush() });
    lab.request({ payload: flush() });
    await late.through();
    expect([reports, owner.inspect()["stalled"], lab.answers.length]).toEqual([1, 2, before]);
    end.status = "ok";
    expect(owner.retryStalled()).toBe(true);
    expect(lab.answers.length).toBe(before);
    await late.through();
    expect(lab.answers.length).toBe(before + 2);
    expect(reports).toBe(1);
  });
  test("a reset while it takes time answers it once", async () => {
    const late = lateFlush({ status: "ok" });
    const lab = ready(storvsp(controllerOf([0, late.disk])));
    const before = lab.answers.length;
    lab.request({ payload: flush(), transactionId: 80n });
    lab.request({ payload: plain(StorOperation.resetBus), transactionId: 81n });
    await late.through();
    expect(lab.answers.slice(before).map((answer) => answer.transactionId)).toEqual([80n, 81n]);
  });
});
