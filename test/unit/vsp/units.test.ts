import { describe, expect, test } from "vitest";
import { type ChannelId, DeviceClass, StorOperation } from "../../../src/hvdef/index.ts";
import { type Disk, ramDisk } from "../../../src/storage/index.ts";
import { guid, toWire } from "../../../src/support/index.ts";
import { ideAccelerator, ideOffer, restoreStorvsp, storvsp } from "../../../src/vsp/index.ts";
import { labChannel } from "../../lab/channel.ts";
import {
  controllerOf,
  labId,
  plain,
  read10,
  ready,
  seen,
  slowDisk,
  srb,
  version,
  write10,
  zeros,
} from "../../lab/storvsc.ts";

const testUnitReady = (lun = 0) => srb({ cdb: [0], direction: 2, lun });
const inquiry = { cdb: [0x12, 0, 0, 0, 36, 0], length: 36 };

/** Key, code and qualifier of an answer's sense data; `null` when the command was good. */
function senseOf(answer: { payload: Uint8Array<ArrayBuffer> }): string | null {
  const { srbStatus, cdbOrSense: sense } = seen(answer);
  if (srbStatus === 1) return null;
  if (srbStatus !== 0x84) return `srb ${srbStatus.toString(16)}`;
  return [sense[2], sense[12], sense[13]].map((part) => part?.toString(16)).join("/");
}

describe("units that come and go", () => {
  test("the guest is told while it listens, and at no other time", () => {
    const owner = storvsp(controllerOf());
    owner.busChanged();
    const lab = labChannel(owner);
    owner.busChanged();
    lab.open();
    owner.busChanged();
    const steps = [
      plain(StorOperation.beginInitialization),
      version(0x0602),
      plain(StorOperation.queryProperties),
    ];
    for (const payload of steps) lab.ask({ payload });
    owner.busChanged();
    expect(lab.sent).toEqual([]);
    lab.ask({ payload: plain(StorOperation.endInitialization) });
    owner.busChanged();
    expect(lab.sent).toEqual([plain(StorOperation.enumerateBus)]);
    lab.close();
    owner.busChanged();
    lab.open();
    owner.busChanged();
    expect(lab.sent.length).toBe(1);
  });
  test("an emulated controller and an accelerated one are not told", () => {
    for (const owner of [
      storvsp(controllerOf(), { negotiated: true }),
      ideAccelerator(controllerOf([0, ramDisk(4096)]), 0),
    ]) {
      const lab = labChannel(owner);
      lab.open();
      for (const operation of [7, 9, 10, 8])
        lab.request({ payload: operation === 9 ? version(0x602) : plain(operation) });
      owner.busChanged();
      expect(lab.sent).toEqual([]);
    }
  });
  test("what waits for a unit that is removed ends before the guest is told", () => {
    const slow = slowDisk(4096);
    const controller = controllerOf([0, slow.disk], [1, slow.disk]);
    const owner = storvsp(controller);
    const lab = ready(owner);
    const before = lab.answers.length;
    lab.request({ payload: read10(0, 1), dataRoom: 512, transactionId: 90n });
    lab.request({ payload: read10(0, 1, { lun: 1 }), dataRoom: 512, transactionId: 91n });
    controller.luns.delete(0);
    const heard: string[] = [];
    const send = lab.sent.push.bind(lab.sent);
    lab.sent.push = (...packets) => {
      heard.push(`told after ${lab.answers.length - before}`);
      return send(...packets);
    };
    owner.busChanged();
    expect(heard).toEqual(["told after 1"]);
    expect(lab.answers.at(-1)?.transactionId).toBe(90n);
    expect(senseOf(lab.answers.at(-1) ?? { payload: zeros(0) })).toBe("srb 20");
    expect(senseOf(lab.ask({ payload: testUnitReady() }))).toBe("srb 20");
  });
  test("its range comes too late when nobody said that it is gone", async () => {
    const slow = slowDisk(4096);
    const controller = controllerOf([0, slow.disk]);
    const lab = ready(storvsp(controller));
    lab.request({ payload: read10(0, 1), dataRoom: 512 });
    controller.luns.delete(0);
    const before = lab.answers.length;
    await slow.arrive();
    expect(lab.answers.length).toBe(before + 1);
    expect(senseOf(lab.answers.at(-1) ?? { payload: zeros(0) })).toBe("srb 20");
  });
  test("a write never lands on the disk that took its unit's place", async () => {
    const slow = slowDisk(4096);
    const controller = controllerOf([0, slow.disk]);
    const lab = ready(storvsp(controller));
    lab.request({ payload: write10(0, 1), data: zeros(512).fill(1) });
    const next = ramDisk(4096);
    controller.luns.set(0, { disk: next, id: labId });
    await slow.arrive();
    expect(senseOf(lab.answers.at(-1) ?? { payload: zeros(0) })).toBe("srb 20");
    const into = zeros(512);
    next.read(0, into);
    expect(into).toEqual(zeros(512));
  });
  test("ending what was held for it tells the guest that the unit is gone", () => {
    const slow = slowDisk(4096);
    const controller = controllerOf([0, slow.disk]);
    const owner = storvsp(controller);
    const lab = ready(owner);
    lab.ask({ payload: testUnitReady() });
    lab.request({ payload: read10(0, 1), dataRoom: 512 });
    controller.luns.set(0, { disk: ramDisk(8192), id: labId });
    owner.busChanged();
    expect(senseOf(lab.answers.at(-1) ?? { payload: zeros(0) })).toBe("srb 20");
    expect(senseOf(lab.ask({ payload: testUnitReady() }))).toBeNull();
  });
  test("a unit that is only wrapped anew keeps its requests", async () => {
    const slow = slowDisk(4096);
    const controller = controllerOf([0, slow.disk]);
    const owner = storvsp(controller);
    const lab = ready(owner);
    lab.request({ payload: read10(0, 1), dataRoom: 512 });
    controller.luns.set(0, { disk: slow.disk, id: labId });
    owner.busChanged();
    await slow.arrive();
    expect(senseOf(lab.answers.at(-1) ?? { payload: zeros(0) })).toBeNull();
  });
});

describe("units that change", () => {
  /** A disk of changeable size. */
  function growing(): Disk & { byteLength: number } {
    return Object.assign({ ...ramDisk(1 << 20) }, { byteLength: 4096 });
  }
  test("a new size is told once, to the command after it", () => {
    const disk = growing();
    const lab = ready(storvsp(controllerOf([0, disk])));
    const ask = (payload: Uint8Array<ArrayBuffer>) => lab.ask({ payload, dataRoom: 4096 });
    expect(senseOf(ask(testUnitReady()))).toBeNull();
    disk.byteLength = 8192;
    expect(senseOf(ask(srb(inquiry)))).toBeNull();
    expect(senseOf(ask(srb({ cdb: [0xa0, 0, 0, 0, 0, 0, 0, 0, 16], length: 4096 })))).toBeNull();
    expect(senseOf(ask(read10(0, 1)))).toBe("6/2a/9");
    expect(senseOf(ask(read10(15, 1)))).toBeNull();
  });
  test("request sense tells it as data, and it is told then", () => {
    const disk = growing();
    const lab = ready(storvsp(controllerOf([0, disk])));
    const requestSense = () => lab.ask({ payload: srb({ cdb: [3, 0, 0, 0, 18], length: 18 }), dataRoom: 18 });
    expect(requestSense().data[2]).toBe(0);
    disk.byteLength = 8192;
    expect(Array.from(requestSense().data)).toEqual([
      0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x2a, 9, 0, 0, 0, 0,
    ]);
    expect(requestSense().data[2]).toBe(0);
    expect(senseOf(lab.ask({ payload: testUnitReady() }))).toBeNull();
  });
  test("another disk at the same place is told before anything is read of it or written to it", () => {
    const controller = controllerOf([0, ramDisk(4096)], [1, ramDisk(4096)]);
    const lab = ready(storvsp(controller));
    for (const lun of [0, 1]) lab.ask({ payload: testUnitReady(lun) });
    const next = ramDisk(8192);
    controller.luns.set(0, { disk: next, id: labId });
    const write = () => lab.ask({ payload: write10(0, 1), data: zeros(512).fill(1) });
    expect(senseOf(write())).toBe("6/3f/5");
    expect(senseOf(write())).toBe("6/2a/9");
    expect(next.inspect()["allocated"]).toBe(0);
    expect(senseOf(write())).toBeNull();
    expect(senseOf(lab.ask({ payload: testUnitReady(1) }))).toBeNull();
  });
  test("one that the guest saw go is new when it comes", () => {
    const controller = controllerOf([0, ramDisk(4096)]);
    const lab = ready(storvsp(controller));
    lab.ask({ payload: testUnitReady() });
    controller.luns.delete(0);
    // An address that was never ours does not count as having been told.
    lab.ask({ payload: srb({ cdb: [0], direction: 2, target: 1 }) });
    expect(senseOf(lab.ask({ payload: testUnitReady() }))).toBe("srb 20");
    controller.luns.set(0, { disk: ramDisk(8192), id: labId });
    expect(senseOf(lab.ask({ payload: testUnitReady() }))).toBeNull();
  });
  test("other targets are no news of ours", () => {
    const controller = controllerOf([0, ramDisk(4096)]);
    const lab = ready(storvsp(controller));
    lab.ask({ payload: testUnitReady() });
    lab.ask({ payload: srb({ cdb: [0], direction: 2, target: 1 }) });
    controller.luns.set(0, { disk: ramDisk(4096), id: labId });
    expect(senseOf(lab.ask({ payload: testUnitReady() }))).toBe("6/3f/5");
  });
  test("the next guest sees everything for the first time", () => {
    const disk = growing();
    const owner = storvsp(controllerOf([0, disk]));
    ready(owner).ask({ payload: testUnitReady() });
    disk.byteLength = 8192;
    expect(senseOf(ready(owner).ask({ payload: testUnitReady() }))).toBeNull();
  });
  test("our own emulated controller hears of no such things, only that the medium is out", () => {
    const controller = controllerOf([0, ramDisk(4096)]);
    const owner = storvsp(controller, { negotiated: true });
    const lab = labChannel(owner);
    lab.open();
    const read = () => senseOf(lab.ask({ payload: read10(0, 1), dataRoom: 512 }));
    expect(read()).toBeNull();
    controller.luns.delete(0);
    owner.busChanged();
    expect(read()).toBe("srb 20");
    controller.luns.set(0, { disk: ramDisk(8192), id: labId });
    expect(read()).toBeNull();
    controller.luns.set(0, { disk: ramDisk(4096), id: labId });
    expect(read()).toBeNull();
  });
});

describe("the accelerated IDE controllers", () => {
  test.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])("controller %i, location %i: the instance tells where the disk is", (controller, location) => {
    const offer = ideOffer(controller, location, 9 as ChannelId);
    expect(offer).toMatchObject({ channel: 9, interfaceType: DeviceClass.ide, gather: "storvsc" });
    const wire = zeros(16);
    toWire(guid(offer.instance), wire, 0);
    expect([wire[0], wire[4], wire[5]]).toEqual([controller, location, 0]);
    const target = ((wire[5] ?? 0) << 8) | (wire[4] ?? 0);

    const lab = ready(ideAccelerator(controllerOf([0, ramDisk(4096)]), location));
    const there = lab.ask({ payload: srb({ ...inquiry, target }), dataRoom: 36 });
    expect(there.data[0]).toBe(0);
    expect(senseOf(lab.ask({ payload: read10(0, 1, { target }), dataRoom: 512 }))).toBeNull();
    for (const at of [{ target: 1 - target }, { target, lun: 1 }, { target, path: 1 }, { target: 255 }]) {
      expect(lab.ask({ payload: srb({ ...inquiry, ...at }), dataRoom: 36 }).data[0]).toBe(0x7f);
      expect(senseOf(lab.ask({ payload: read10(0, 1, at), dataRoom: 512 }))).toBe("srb 20");
    }
  });
  test("the four instances differ", () => {
    const all = [0, 1].flatMap((one) => [0, 1].map((other) => ideOffer(one, other, 9 as ChannelId).instance));
    expect(new Set(all).size).toBe(4);
  });
});

describe("saved state", () => {
  const controller = controllerOf([0, ramDisk(4096)]);
  const goOn = (saved: unknown) => {
    const restored = restoreStorvsp(saved, controller);
    if (restored.kind === "refused") throw new Error(restored.text);
    return restored.storvsp;
  };
  test("a negotiated controller goes on after the text of its state has travelled", () => {
    const owner = storvsp(controller);
    ready(owner);
    const storvspAgain = goOn(JSON.parse(JSON.stringify(owner.save())));
    const lab = labChannel(storvspAgain);
    lab.open();
    expect(senseOf(lab.ask({ payload: read10(0, 1), dataRoom: 512 }))).toBeNull();
    expect(storvspAgain.save()).toEqual(owner.save());
    lab.open();
    expect(storvspAgain.inspect()["state"]).toBe("opened");
  });
  test("every state that is saved is restored", () => {
    const owner = storvsp(controller);
    const lab = labChannel(owner);
    const check = () => {
      const again = goOn(owner.save());
      labChannel(again).open();
      expect(again.save()).toEqual(owner.save());
    };
    lab.open();
    check();
    const steps = [plain(7), version(0x0602), plain(10), plain(8)];
    for (const payload of steps) {
      lab.ask({ payload });
      check();
    }
    lab.close();
    const again = goOn(owner.save());
    labChannel(again).open();
    expect(again.inspect()["state"]).toBe("opened");
  });
  test.each([
    undefined,
    null,
    7,
    "ready",
    [],
    {},
    { format: 2, negotiation: { kind: "opened" } },
    { format: "1", negotiation: { kind: "opened" } },
    { format: 1 },
    { format: 1, negotiation: null },
    { format: 1, negotiation: { kind: "open" } },
    { format: 1, negotiation: { kind: "ready" } },
    { format: 1, negotiation: { kind: "ready", version: 0x0501 } },
    { format: 1, negotiation: { kind: "ready", version: "0x0602" } },
  ])("%o is refused with the reason", (saved) => {
    const restored = restoreStorvsp(saved, controller);
    expect(restored.kind === "refused" && restored.text).toMatch(/^The storage controller cannot .*\.$/);
  });
});
