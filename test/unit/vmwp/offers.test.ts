import { describe, expect, test } from "vitest";
import {
  DeviceClass,
  IcHeader,
  IcMessage,
  IcTime,
  icUnixEpoch,
  type OfferDescription,
} from "../../../src/hvdef/index.ts";
import type { OfferOutcome } from "../../../src/vmbus/index.ts";
import { openOfferBook } from "../../../src/vmwp/offers.ts";
import { stampTimeSync } from "../../../src/vmwp/stamp/time-sync.ts";

const offer = (channel: number): OfferDescription => ({
  channel,
  interfaceType: DeviceClass.heartbeat,
  instance: `b6650ff7-33bc-4840-8048-e0676786f3${channel}`,
  gather: "none",
});

/** A bus whose guest lets go of a channel when it is told to. */
function openBus(first: readonly OfferDescription[]) {
  const there = new Set(first.map(({ channel }) => channel));
  const going = new Set<number>();
  const log: string[] = [];
  const book = openOfferBook(
    () => ({
      offer({ channel }): OfferOutcome {
        if (there.has(channel)) return "channelBusy";
        there.add(channel);
        log.push(`offer ${channel}`);
        return "offered";
      },
      rescind(channel) {
        going.add(channel);
        log.push(`rescind ${channel}`);
      },
    }),
    first,
  );
  return {
    book,
    log,
    letGo() {
      for (const channel of going) there.delete(channel);
      going.clear();
      book.released();
    },
  };
}

describe("what a bus offers", () => {
  test("comes and goes one by one", () => {
    const { book, log } = openBus([offer(48), offer(49)]);
    book.change([offer(48), offer(49)]);
    book.change([offer(49), offer(50)]);
    expect(log).toEqual(["rescind 48", "offer 50"]);
  });
  test("comes back when the guest has let go of it", () => {
    const { book, log, letGo } = openBus([offer(48)]);
    book.change([]);
    book.change([offer(48)]);
    expect(log).toEqual(["rescind 48"]);
    letGo();
    letGo();
    expect(log).toEqual(["rescind 48", "offer 48"]);
  });
  test("stays away when nobody wants it any more", () => {
    const { book, log, letGo } = openBus([offer(48)]);
    book.change([]);
    book.change([offer(48)]);
    book.change([]);
    letGo();
    expect(log).toEqual(["rescind 48"]);
  });
});

describe("a time message", () => {
  const stamp = stampTimeSync({ referenceTime: () => 77n, wallClock: () => Date.UTC(2026, 0, 1) });
  function message(type: number, major: number, length = IcHeader.size + IcTime.size) {
    const bytes = new Uint8Array(length + 4).subarray(4);
    const view = new DataView(bytes.buffer, 4);
    view.setUint16(IcHeader.at.messageType, type, true);
    if (length > IcHeader.at.messageMajor) view.setUint16(IcHeader.at.messageMajor, major, true);
    return bytes;
  }
  test("of version 4 gets both clocks of the moment it goes to the guest", () => {
    const bytes = message(IcMessage.timeSync, 4);
    stamp(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const { parentTime, referenceTime } = IcTime.read(view, IcHeader.size);
    expect(parentTime).toBe(icUnixEpoch + BigInt(Date.UTC(2026, 0, 1)) * 10_000n);
    expect(referenceTime).toBe(77n);
  });
  test.each([
    ["a negotiation", message(IcMessage.negotiate, 4)],
    ["an older message", message(IcMessage.timeSync, 3)],
    ["a short one", message(IcMessage.timeSync, 4, 40)],
  ])("%s is left alone", (_what, bytes) => {
    const before = bytes.slice();
    stamp(bytes);
    expect(bytes).toEqual(before);
  });
});
