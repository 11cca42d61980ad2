import { describe, expect, test } from "vitest";
import { type MacAddress, parseMac } from "../../../src/network/index.ts";
import type { FrameHandlers } from "../../../src/vmbus/index.ts";
import {
  checkLegacyNicState,
  type LegacyNic,
  legacyChannel,
  legacyDescription,
  legacyNic,
} from "../../../src/vsp/index.ts";

function address(text: string): MacAddress {
  const mac = parseMac(text);
  if (mac === null) throw new Error(`${text} is no address`);
  return mac;
}
const mac = address("00-15-5D-01-0A-03");
const whole = (bytes: Uint8Array<ArrayBuffer>) => [bytes, 0, bytes.length] as const;

/** A port that remembers what came in. */
function openPort() {
  const sent: number[][] = [];
  return {
    sent,
    send: (bytes: Uint8Array, at: number, length: number) =>
      void sent.push([...bytes.subarray(at, at + length)]),
  };
}

/** The guest's end of the adapter's channel. */
function openGuest(nic: LegacyNic, takes = () => true) {
  const received: number[][] = [];
  const handlers: FrameHandlers = nic({
    send(bytes, at, length) {
      if (takes()) received.push([...bytes.subarray(at, at + length)]);
      return takes();
    },
  });
  return { received, ...handlers };
}

test("its machine knows it by index and address, and so does its channel", () => {
  const { index, mac: bytes } = legacyDescription(2, mac);
  expect([index, ...bytes]).toEqual([2, 0x00, 0x15, 0x5d, 0x01, 0x0a, 0x03]);
  expect([0, 1, 2, 3].map(legacyChannel)).toEqual([0x10008, 0x10009, 0x1000a, 0x1000b]);
  for (const wrong of [-1, 4, 0.5, Number.NaN]) expect(() => legacyChannel(wrong)).toThrow(RangeError);
});

describe("frames", () => {
  test("go from the guest to the port and from the port to the guest", () => {
    const port = openPort();
    const nic = legacyNic({ mac, port });
    const guest = openGuest(nic);
    const frame = Uint8Array.from({ length: 64 }, (_, i) => i);
    guest.frame(frame, 2, 60);
    expect(nic.frame(frame, 1, 20)).toBe(true);
    expect(port.sent).toEqual([[...frame.subarray(2, 62)]]);
    expect(guest.received).toEqual([[...frame.subarray(1, 21)]]);
    expect(nic.counters()).toEqual({
      framesSent: 1,
      bytesSent: 60,
      framesReceived: 1,
      bytesReceived: 20,
      framesDropped: 0,
      bytesDropped: 0,
    });
  });

  test("of a length that is none are dropped, both ways", () => {
    const port = openPort();
    const nic = legacyNic({ mac, port });
    const guest = openGuest(nic);
    for (const length of [0, 13, 1519, 0x8000]) {
      guest.frame(...whole(new Uint8Array(length)));
      expect(nic.frame(...whole(new Uint8Array(length)))).toBe(false);
    }
    for (const length of [14, 1518]) {
      guest.frame(...whole(new Uint8Array(length)));
      expect(nic.frame(...whole(new Uint8Array(length)))).toBe(true);
    }
    expect([port.sent.length, guest.received.length]).toEqual([2, 2]);
    expect(nic.counters()).toMatchObject({ framesDropped: 8, bytesDropped: 2 * (13 + 1519 + 0x8000) });
  });

  test("are lost when the guest is behind: whoever sent them hears it", () => {
    let takes = false;
    const nic = legacyNic({ mac, port: openPort() });
    const guest = openGuest(nic, () => takes);
    expect(nic.frame(...whole(new Uint8Array(60)))).toBe(false);
    takes = true;
    expect(nic.frame(...whole(new Uint8Array(60)))).toBe(true);
    expect(guest.received).toHaveLength(1);
    expect(nic.counters()).toMatchObject({ framesReceived: 1, framesDropped: 1, bytesDropped: 60 });
  });

  test("are lost while no machine runs, and go to the one after a reset", () => {
    const nic = legacyNic({ mac, port: openPort() });
    expect(nic.frame(...whole(new Uint8Array(60)))).toBe(false);
    const first = openGuest(nic);
    first.closed();
    expect(nic.inspect()).toMatchObject({ state: "closed" });
    expect(nic.frame(...whole(new Uint8Array(60)))).toBe(false);
    const second = openGuest(nic);
    expect(nic.frame(...whole(new Uint8Array(60)))).toBe(true);
    expect([first.received.length, second.received.length]).toEqual([0, 1]);
    // Late news of the machine before says nothing of this one.
    first.closed();
    expect(nic.frame(...whole(new Uint8Array(60)))).toBe(true);
    expect(nic.inspect()).toMatchObject({ state: "open", framesReceived: 2, framesDropped: 2 });
  });
});

describe("the cable", () => {
  test("is pulled out and plugged in elsewhere while the guest runs", () => {
    const [one, other] = [openPort(), openPort()];
    const nic = legacyNic({ mac });
    const guest = openGuest(nic);
    guest.frame(...whole(new Uint8Array(60)));
    expect(nic.inspect()).toMatchObject({ mac: "00-15-5D-01-0A-03", plugged: false, framesDropped: 1 });
    nic.plug(one);
    guest.frame(...whole(new Uint8Array(60)));
    nic.plug(null);
    guest.frame(...whole(new Uint8Array(60)));
    expect(nic.frame(...whole(new Uint8Array(60)))).toBe(false);
    nic.plug(other);
    guest.frame(...whole(new Uint8Array(60)));
    expect([one.sent.length, other.sent.length, guest.received.length]).toEqual([1, 1, 0]);
    expect(nic.inspect()).toMatchObject({ plugged: true, framesSent: 2, framesDropped: 3 });
  });
});

describe("a saved adapter", () => {
  test("goes on with the address the guest knows", () => {
    expect(checkLegacyNicState(structuredClone(legacyNic({ mac }).save()), mac)).toBeNull();
  });

  test.each([
    [null, "not the saved state"],
    ["x", "not the saved state"],
    [{}, "not the saved state"],
    [{ format: 2, mac }, "format"],
    [{ format: 1 }, "another address"],
    [{ format: 1, mac: address("00-15-5D-01-0A-04") }, "another address than 00-15-5D-01-0A-03"],
  ])("does not go on from %j", (value, reason) => {
    expect(checkLegacyNicState(value, mac)).toContain(reason);
  });
});
