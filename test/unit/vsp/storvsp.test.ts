import { describe, expect, test } from "vitest";
import {
  type ChannelId,
  DeviceClass,
  ScsiStatus,
  SrbDirection,
  SrbStatus,
  StorNtStatus,
  StorOperation,
  StorPropertiesPacket,
} from "../../../src/hvdef/index.ts";
import { type Disk, ramDisk } from "../../../src/storage/index.ts";
import { ideDisk, scsiOffer, storvsp } from "../../../src/vsp/index.ts";
import { labChannel } from "../../lab/channel.ts";
import {
  controllerOf,
  labId,
  plain,
  read10,
  ready,
  type Srb,
  seen,
  slowDisk,
  srb,
  version,
  write10,
  zeros,
} from "../../lab/storvsc.ts";

describe("negotiation", () => {
  test("accepts 6.2 only and tells the largest transfer", () => {
    const owner = storvsp(controllerOf());
    const lab = labChannel(owner);
    lab.open();
    expect(seen(lab.ask({ payload: plain(StorOperation.beginInitialization) })).status).toBe(0);
    for (const older of [0x0600, 0x0501, 0x0402, 0xffff]) {
      expect(seen(lab.ask({ payload: version(older) })).status).toBe(StorNtStatus.revisionMismatch);
    }
    expect(seen(lab.ask({ payload: version(0x0602) })).status).toBe(0);
    const { payload } = lab.ask({ payload: plain(StorOperation.queryProperties) });
    expect(StorPropertiesPacket.read(new DataView(payload.buffer))).toMatchObject({
      status: 0,
      maxTransferBytes: 1 << 20,
      maxSubChannels: 0,
      propertyFlags: 0,
    });
    expect(owner.inspect()["state"]).toBe("propertiesKnown");
    expect(seen(lab.ask({ payload: plain(StorOperation.endInitialization) })).status).toBe(0);
    expect(owner.save()).toEqual({ format: 1, negotiation: { kind: "ready", version: 0x0602 } });
  });
  test("comes from older kernels in shorter packets, which no SCSI request may be", () => {
    const owner = storvsp(controllerOf([0, ramDisk(4096)]));
    const lab = labChannel(owner);
    lab.open();
    const status = (payload: Uint8Array<ArrayBuffer>) =>
      seen(lab.ask({ payload: payload.slice(0, 48) })).status;
    expect(seen(lab.ask({ payload: version(0x0602).slice(0, 47) })).status).toBe(
      StorNtStatus.invalidParameter,
    );
    expect(status(plain(StorOperation.beginInitialization))).toBe(0);
    expect(status(version(0x0501))).toBe(StorNtStatus.revisionMismatch);
    expect(status(version(0x0602))).toBe(0);
    expect(status(plain(StorOperation.queryProperties))).toBe(0);
    expect(status(plain(StorOperation.endInitialization))).toBe(0);
    expect(owner.inspect()["state"]).toBe("ready");
    expect(status(read10(0, 1))).toBe(StorNtStatus.invalidParameter);
    expect(status(plain(StorOperation.resetBus))).toBe(StorNtStatus.invalidParameter);
  });
  test("steps out of order are answered and change nothing", () => {
    const owner = storvsp(controllerOf([0, ramDisk(4096)]));
    const lab = labChannel(owner);
    lab.open();
    const early = [
      version(0x0602),
      plain(StorOperation.queryProperties),
      plain(StorOperation.endInitialization),
      plain(StorOperation.resetBus),
    ];
    for (const payload of early)
      expect(seen(lab.ask({ payload })).status).toBe(StorNtStatus.invalidDeviceState);
    const io = seen(lab.ask({ payload: read10(0, 1), dataRoom: 512 }));
    expect(io).toMatchObject({
      status: StorNtStatus.invalidDeviceState,
      srbStatus: SrbStatus.error,
      transferLength: 0,
    });
    expect(owner.inspect()["state"]).toBe("opened");
  });
  test("unknown operations and short packets get a status", () => {
    const lab = ready(storvsp(controllerOf()));
    for (const operation of [0, 1, 2, 4096, 11, 12, 13, 0xffffffff]) {
      expect(seen(lab.ask({ payload: plain(operation) })).status).toBe(StorNtStatus.invalidDeviceRequest);
    }
    for (const length of [0, 4, 63]) {
      expect(seen(lab.ask({ payload: zeros(length) })).status).toBe(StorNtStatus.invalidParameter);
    }
  });
  test("a guest that opens again starts over", () => {
    const owner = storvsp(controllerOf([0, ramDisk(4096)]));
    const lab = ready(owner);
    lab.close();
    expect(owner.inspect()["state"]).toBe("closed");
    lab.open();
    expect(seen(lab.ask({ payload: read10(0, 1), dataRoom: 512 })).srbStatus).toBe(SrbStatus.error);
    expect(seen(lab.ask({ payload: plain(StorOperation.beginInitialization) })).status).toBe(0);
  });
});

describe("requests", () => {
  test("bytes travel both ways and are counted", () => {
    const owner = storvsp(controllerOf([0, ramDisk(1 << 20)]));
    const lab = ready(owner);
    const data = Uint8Array.from({ length: 1024 }, (_, at) => at & 0xff);
    const written = seen(lab.ask({ payload: write10(5, 2), data }));
    expect(written).toMatchObject({ srbStatus: 1, scsiStatus: 0, transferLength: 1024, status: 0 });
    const answer = lab.ask({ payload: read10(5, 2), dataRoom: 1024 });
    expect(seen(answer)).toMatchObject({ srbStatus: 1, scsiStatus: 0, transferLength: 1024 });
    expect(answer.data).toEqual(data);
    lab.ask({ payload: srb({ cdb: [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0], direction: SrbDirection.none }) });
    expect(owner.inspect()).toMatchObject({
      reads: 1,
      writes: 1,
      bytesRead: 1024,
      bytesWritten: 1024,
      flushes: 1,
      errors: 0,
      inFlight: 0,
    });
  });
  test("a refused command carries sense and no data", () => {
    const lab = ready(storvsp(controllerOf([0, ramDisk(4096)])));
    const answer = lab.ask({ payload: read10(8, 1), dataRoom: 512 });
    const fields = seen(answer);
    expect(fields).toMatchObject({ srbStatus: 0x84, scsiStatus: 2, senseLength: 18, transferLength: 0 });
    expect(Array.from(fields.cdbOrSense)).toEqual([
      0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0,
    ]);
    expect(answer.data.length).toBe(0);
  });
  test("the guest's buffer, its length field and its direction all bound the data", () => {
    const lab = ready(storvsp(controllerOf([0, ramDisk(1 << 20)])));
    const inquiry = { cdb: [0x12, 0, 0, 0, 96, 0], length: 96 };
    expect(lab.ask({ payload: srb(inquiry), dataRoom: 96 }).data.length).toBe(36);
    expect(lab.ask({ payload: srb(inquiry), dataRoom: 10 }).data.length).toBe(10);
    expect(lab.ask({ payload: srb({ ...inquiry, length: 5 }), dataRoom: 96 }).data.length).toBe(5);
    const wrongWay = srb({ ...inquiry, direction: SrbDirection.none });
    expect(lab.ask({ payload: wrongWay, dataRoom: 96 }).data.length).toBe(0);
    const short = lab.ask({ payload: write10(0, 2), data: zeros(1023) });
    expect(seen(short).scsiStatus).toBe(ScsiStatus.checkCondition);
    const shortLength = lab.ask({ payload: read10(0, 2, { length: 512 }), dataRoom: 1024 });
    expect(seen(shortLength).scsiStatus).toBe(ScsiStatus.checkCondition);
  });
  test("a request nobody waits for is carried out in silence", () => {
    const owner = storvsp(controllerOf([0, ramDisk(4096)]));
    const lab = ready(owner);
    const before = lab.answers.length;
    lab.request({ payload: write10(0, 1), data: zeros(512).fill(3), wantsCompletion: false });
    for (const payload of [plain(99), plain(StorOperation.queryProperties), plain(6), zeros(3)]) {
      lab.request({ payload, wantsCompletion: false });
    }
    lab.request({ payload: read10(99, 1), wantsCompletion: false });
    expect(lab.answers.length).toBe(before);
    expect(lab.ask({ payload: read10(0, 1), dataRoom: 512 }).data).toEqual(zeros(512).fill(3));
  });
});

describe("addresses", () => {
  const inquiry: Srb = { cdb: [0x12, 0, 0, 0, 36, 0], length: 36 };
  const reportLuns: Srb = { cdb: [0xa0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0], length: 4096 };
  const absent = [{ lun: 1 }, { lun: 255 }, { target: 1 }, { path: 1 }, { path: 7, target: 1, lun: 3 }];

  test.each(absent)("nothing is at %o", (at) => {
    const lab = ready(storvsp(controllerOf([0, ramDisk(4096)])));
    const answer = lab.ask({ payload: srb({ ...inquiry, ...at }), dataRoom: 36 });
    expect(seen(answer)).toMatchObject({ srbStatus: 1, scsiStatus: 0, transferLength: 36 });
    expect(Array.from(answer.data)).toEqual([0x7f, 0, 0, 0, 31, ...zeros(31)]);
    for (const cdb of [[0], [0x1a, 0, 0x3f, 0, 4, 0], [0x25], [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0]]) {
      const other = lab.ask({ payload: srb({ cdb, length: 512, ...at }), dataRoom: 512 });
      expect(seen(other)).toMatchObject({ srbStatus: 0x20, scsiStatus: 0, transferLength: 0 });
      expect(other.data.length).toBe(0);
    }
  });
  test("report luns answers for the target, also where nothing is", () => {
    const lab = ready(storvsp(controllerOf([3, ramDisk(4096)], [1, ramDisk(4096)])));
    const here = lab.ask({ payload: srb(reportLuns), dataRoom: 4096 });
    expect(Array.from(here.data)).toEqual([
      0, 0, 0, 16, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0,
    ]);
    const there = lab.ask({ payload: srb({ ...reportLuns, path: 2 }), dataRoom: 4096 });
    expect(Array.from(there.data)).toEqual(Array.from(zeros(8)));
    const wellKnown = [0xa0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 0, 0];
    const none = lab.ask({ payload: srb({ ...reportLuns, cdb: wellKnown }), dataRoom: 4096 });
    expect(Array.from(none.data)).toEqual(Array.from(zeros(8)));
  });
  test("a disk that came while running is found and announced", () => {
    const controller = controllerOf([0, ramDisk(4096)]);
    const owner = storvsp(controller);
    const lab = ready(owner);
    controller.luns.set(1, { disk: ramDisk(512), id: labId });
    owner.busChanged();
    expect(lab.sent.map((packet) => [packet.length, packet[0]])).toEqual([[64, StorOperation.enumerateBus]]);
    expect(seen(lab.ask({ payload: srb({ cdb: [0], lun: 1, direction: 2 }) })).srbStatus).toBe(1);
  });
});

describe("ranges that must be waited for", () => {
  test("requests are copied, held and answered once", async () => {
    const { disk, arrive } = slowDisk(1 << 20);
    const owner = storvsp(controllerOf([0, disk]));
    const lab = ready(owner);
    const before = lab.answers.length;
    lab.request({ payload: write10(1, 1), data: zeros(512).fill(9), transactionId: 71n });
    lab.request({ payload: read10(1, 1), dataRoom: 512, transactionId: 72n });
    expect(lab.answers.length).toBe(before);
    expect(owner.inspect()["inFlight"]).toBe(2);
    await arrive();
    const late = lab.answers.slice(before);
    expect(late.map((answer) => answer.transactionId)).toEqual([71n, 72n]);
    expect(late.map((answer) => seen(answer).srbStatus)).toEqual([1, 1]);
    expect(late[1]?.data).toEqual(zeros(512).fill(9));
    expect(owner.inspect()["inFlight"]).toBe(0);
  });
  test("a range the command will be refused for is not waited for", () => {
    const { disk, arrivals } = slowDisk(4096);
    const lab = ready(storvsp(controllerOf([0, disk])));
    expect(seen(lab.ask({ payload: read10(8, 1), dataRoom: 512 })).scsiStatus).toBe(2);
    expect(arrivals.length).toBe(0);
  });
  test("after the channel closed nothing is answered, and the next guest hears nothing of it", async () => {
    const { disk, arrive } = slowDisk(4096);
    const lab = ready(storvsp(controllerOf([0, disk])));
    lab.request({ payload: read10(0, 1), dataRoom: 512 });
    lab.close();
    lab.open();
    const before = lab.answers.length;
    await arrive();
    expect(lab.answers.length).toBe(before);
  });
  test("a reset answers what waits first, then itself, and nothing twice", async () => {
    const { disk, arrive } = slowDisk(4096);
    const lab = ready(storvsp(controllerOf([0, disk], [1, disk])));
    const before = lab.answers.length;
    lab.request({ payload: read10(0, 1), dataRoom: 512, transactionId: 1000n });
    lab.request({ payload: read10(0, 1, { lun: 1 }), dataRoom: 512, transactionId: 1001n });
    const resetLun = srb({ cdb: [], lun: 1 });
    resetLun[0] = StorOperation.resetLun;
    lab.request({ payload: resetLun, transactionId: 1002n });
    expect(lab.answers.slice(before).map((answer) => answer.transactionId)).toEqual([1001n, 1002n]);
    lab.request({ payload: plain(StorOperation.resetBus), transactionId: 1003n });
    const ended = lab.answers.slice(before).map((answer) => answer.transactionId);
    expect(ended).toEqual([1001n, 1002n, 1000n, 1003n]);
    await arrive();
    expect(lab.answers.length).toBe(before + 4);
  });
  test("what cannot be held is answered busy", async () => {
    const { disk, arrive } = slowDisk(1 << 20);
    const lab = ready(storvsp(controllerOf([0, disk])));
    const before = lab.answers.length;
    for (let count = 0; count < 600; count++) lab.request({ payload: read10(0, 1), dataRoom: 512 });
    const busy = lab.answers.slice(before).map(seen);
    expect(busy.length).toBe(600 - 512);
    expect(busy.every((fields) => fields.scsiStatus === ScsiStatus.busy && fields.srbStatus === 1)).toBe(
      true,
    );
    await arrive();
    expect(lab.answers.length).toBe(before + 600);
  });
  test("held guest data are bounded by bytes, too", async () => {
    const { disk, arrive } = slowDisk(1 << 20);
    const owner = storvsp(controllerOf([0, disk]));
    const lab = ready(owner);
    const data = zeros(1 << 20);
    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < 40; count++) lab.request({ payload: write10(0, 1), data });
      expect(owner.inspect()["inFlight"]).toBe(32);
      await arrive();
      expect(owner.inspect()["inFlight"]).toBe(0);
    }
  });
  test("a preparation that fails is answered by the disk", async () => {
    const disk: Disk = {
      ...ramDisk(4096),
      prepare: () => Promise.reject(new Error("gone")),
      read: () => "mediumError",
    };
    const lab = ready(storvsp(controllerOf([0, disk])));
    const before = lab.answers.length;
    lab.request({ payload: read10(0, 1), dataRoom: 512 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(lab.answers.slice(before).map((answer) => seen(answer).scsiStatus)).toEqual([2]);
  });
});

test("an emulated IDE disk is served without negotiation", () => {
  const lab = labChannel(ideDisk({ disk: ramDisk(4096), id: labId }));
  lab.open();
  expect(seen(lab.ask({ payload: read10(0, 8), dataRoom: 4096 }))).toMatchObject({
    srbStatus: 1,
    transferLength: 4096,
  });
});

test("offers of several controllers differ in their instance", () => {
  const offers = [0, 1, 2, 3].map((controller) => scsiOffer(controller, 7 as ChannelId));
  expect(new Set(offers.map((offer) => offer.instance)).size).toBe(4);
  expect(offers[0]).toMatchObject({ channel: 7, interfaceType: DeviceClass.scsi, gather: "storvsc" });
});
