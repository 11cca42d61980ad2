import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { channelLimit, readVmbus } from "../../../src/ui/vmbus-picture.ts";
import { legacyTree, vmbusTree } from "../../browser/ui-harness/recorded-tree.ts";

describe("a connected guest", () => {
  const picture = readVmbus(vmbusTree(3));

  test("connection and counters", () => {
    expect(picture).toMatchObject({
      version: "5.3",
      connected: true,
      counters: { messagesToHost: 24, messagesToGuest: 31, postMessage: 24, unknownHypercalls: 1 },
    });
    expect(picture?.counters.interrupts).toBe(22_431 + 750);
  });

  test("a channel joins what the bus and the relay say; in is towards the host", () => {
    expect(picture?.channels[0]).toMatchObject({
      id: "1",
      className: "SCSI controller",
      state: "open",
      guestToHost: { ring: { size: 20480 }, bytes: expect.any(Number) },
    });
    const [scsi] = picture?.channels ?? [];
    expect(scsi?.guestToHost.packets).toBe((scsi?.hostToGuest.packets ?? 0) + 2);
    expect(scsi?.hostToGuest.bytes).toBeGreaterThan(scsi?.guestToHost.bytes ?? 0);
  });

  test("a channel that is not open has no ring and no counters, not zeros", () => {
    expect(picture?.channels[2]).toMatchObject({
      className: "Guest shutdown",
      guestToHost: { ring: null, packets: null, bytes: null },
      inFlight: null,
    });
  });
});

describe("what is missing", () => {
  test("no bus, no picture", () => {
    expect(readVmbus({ hypervisor: {} })).toBeNull();
    expect(readVmbus({ vmbus: "gone" })).toBeNull();
  });

  test("a guest without drivers is not connected", () => {
    expect(readVmbus(legacyTree())).toMatchObject({ connected: false, version: null });
  });

  test("counters of another type are absent", () => {
    const picture = readVmbus({
      vmbus: {
        connection: { state: "connected", version: 0x0005_0003, messagesIn: "many", messagesOut: -1 },
      },
      hypervisor: { hypercalls: { postMessage: Number.NaN } },
    });
    expect(picture?.version).toBe("5.3");
    expect(Object.values(picture?.counters ?? {}).every((value) => value === null)).toBe(true);
  });

  test("a version left over from a lost connection does not count", () => {
    expect(readVmbus({ vmbus: { connection: { state: "disconnected", version: "5.3" } } })?.connected).toBe(
      false,
    );
  });
});

describe("hostile trees", () => {
  test("a ring is never fuller than full, and one without size is no ring", () => {
    const lane = { ringBytesIn: 100, waitingIn: 5000, ringBytesOut: 0, waitingOut: 0 };
    const channel = readVmbus({ vmbus: { channels: { 7: lane } } })?.channels[0];
    expect(channel?.guestToHost.ring).toEqual({ size: 100, used: 100 });
    expect(channel?.hostToGuest.ring).toBeNull();
  });

  test("channels are bounded and in the order of their numbers", () => {
    const channels = Object.fromEntries(Array.from({ length: 500 }, (_, id) => [String(id), {}]));
    expect(readVmbus({ vmbus: { channels } })?.channels).toHaveLength(channelLimit);
    const few = readVmbus({ vmbus: { channels: { c10: {}, c9: {} } } });
    expect(few?.channels.map((channel) => channel.id)).toEqual(["c9", "c10"]);
  });

  test("any tree is read without throwing", () => {
    const leaf = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null));
    const node = fc.dictionary(
      fc.constantFrom("connection", "channels", "version", "state", "1", "2", "relay", "__proto__", "class"),
      fc.oneof(leaf, fc.dictionary(fc.string(), leaf)),
    );
    fc.assert(fc.property(node, (vmbus) => readVmbus({ vmbus }) !== undefined));
  });
});
