import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AdapterConfiguration, DeviceClass, type DriveSummary } from "../../../src/hvdef/index.ts";
import type { InspectNode } from "../../../src/support/index.ts";
import { deviceRows, waysInShort } from "../../../src/ui/device-ways.ts";
import { ideOffer, netOffer, scsiOffer } from "../../../src/vsp/index.ts";
import { slotOf } from "../../lab/memory-host.ts";

const drive = (place: string, kind: DriveSummary["kind"]): DriveSummary => ({
  slot: slotOf(place),
  kind,
  medium: { kind: "empty" },
  title: place,
  byteLength: null,
  kept: "memory",
});
const adapter = (type: AdapterConfiguration["type"]): AdapterConfiguration => ({
  type,
  index: 0,
  mac: null,
  staticMac: false,
  network: null,
  vlan: { kind: "untagged" },
  spoofing: false,
  mirroring: "none",
  vmqWeight: 0,
});
const vm = {
  drives: [
    drive("floppy", "floppy"),
    drive("IDE 0:1", "disk"),
    drive("IDE 1:0", "dvd"),
    drive("SCSI 0:0", "disk"),
  ],
  adapters: [adapter("synthetic"), adapter("legacy")],
};

/** What a child says: the bus offers what the providers announce, these channels are open. */
function tree(open: readonly number[], framesSent: number): InspectNode {
  const offers = [ideOffer(0, 1, 9 as never), scsiOffer(0, 1 as never), netOffer(0, 32 as never)];
  const channels = offers.map(({ channel, interfaceType, instance }) => {
    const said = { interfaceType, instance, state: "offered" };
    const used = { ...said, state: "open", bytesIn: 100, bytesOut: Number(channel) };
    return [String(channel), open.includes(channel) ? used : said] as const;
  });
  return {
    vmbus: { channels: Object.fromEntries(channels) },
    ide: { 1: { bytesRead: 5000, bytesWritten: 7 }, 2: { bytesRead: 0, bytesWritten: 0 } },
    floppy: { 4: { bytesRead: 512, bytesWritten: 0 } },
    nic: { 0: { framesSent, bytesSent: framesSent * 60, bytesReceived: 900 } },
  };
}
const ways = (open: readonly number[], framesSent: number) =>
  deviceRows(vm, tree(open, framesSent)).map(({ device, way, through, bytes }) => [
    device,
    way,
    through,
    bytes,
  ]);

describe("the way of each device", () => {
  test("before integration services: emulated, and what has no emulated form is not in use", () => {
    expect(ways([], 3)).toEqual([
      ["Diskette drive", "emulated", "diskette controller", 512],
      ["Hard disk, IDE 0:1", "emulated", "IDE controller", 5007],
      ["DVD drive, IDE 1:0", "emulated", "IDE controller", 0],
      ["Hard disk, SCSI 0", "unused", "needs integration services", null],
      ["Network Adapter", "unused", "needs integration services", null],
      ["Legacy Network Adapter", "emulated", "NE2000", 1080],
    ]);
    expect(waysInShort(deviceRows(vm, tree([], 3)))).toBe("4 emulated");
  });

  test("with them: synthetic where the guest has opened a channel", () => {
    expect(ways([9, 1, 32], 0)).toEqual([
      ["Diskette drive", "emulated", "diskette controller", 512],
      ["Hard disk, IDE 0:1", "synthetic", "VMBus channel 9", 109],
      ["DVD drive, IDE 1:0", "emulated", "IDE controller", 0],
      ["Hard disk, SCSI 0", "synthetic", "VMBus channel 1", 101],
      ["Network Adapter", "synthetic", "VMBus channel 32", 132],
      ["Legacy Network Adapter", "unused", "", 900],
    ]);
    expect(waysInShort(deviceRows(vm, tree([9, 1, 32], 0)))).toBe("3 synthetic, 2 emulated");
  });

  test("screen, keyboard and mouse appear when the bus offers them", () => {
    const offered = (state: string): InspectNode => ({
      vmbus: {
        channels: {
          40: { interfaceType: DeviceClass.video, instance: "video", state },
          41: { interfaceType: DeviceClass.mouse, instance: "mouse", state: "offered" },
        },
      },
    });
    const rows = (state: string) =>
      deviceRows({ drives: [], adapters: [] }, offered(state)).map(({ device, way }) => `${device} ${way}`);
    expect(rows("offered")).toEqual(["Screen emulated", "Mouse emulated"]);
    expect(rows("open")).toEqual(["Screen synthetic", "Mouse emulated"]);
  });

  test("a tree of any shape makes rows for the drives and adapters there are, and no exception", () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const any = fc.dictionary(fc.constantFrom("vmbus", "channels", "ide", "nic", "relay", "0", "1"), leaf);
    const nested = fc.dictionary(fc.constantFrom("vmbus", "ide", "nic", "floppy"), fc.oneof(leaf, any));
    fc.assert(
      fc.property(nested, (random) => {
        expect(deviceRows(vm, JSON.parse(JSON.stringify(random)))).toHaveLength(6);
      }),
    );
  });
});
