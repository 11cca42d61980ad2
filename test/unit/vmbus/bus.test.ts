import { describe, expect, it } from "vitest";
import { type ChannelId, DeviceClass } from "../../../src/hvdef/index.ts";
import { guid } from "../../../src/support/index.ts";
import type { ChannelOffer, ChannelOpening } from "../../../src/vmbus/index.ts";
import { openBus } from "../../../src/vmbus/index.ts";
import { joinBytes, openFakeGuest, pfnBytes, postAll, say, words } from "../../lab/loopback-guest.ts";

const first = 5 as ChannelId;
const second = 6 as ChannelId;

function offerOf(channel: ChannelId): ChannelOffer {
  const tail = channel.toString(16).padStart(12, "0");
  return { channel, interfaceType: DeviceClass.scsi, instance: guid(`7a6b1c2d-0001-4f00-8000-${tail}`) };
}

function openLab(options: { maxVersion?: number; accept?: boolean } = {}) {
  const guest = openFakeGuest(9000);
  const log: string[] = [];
  const openings: ChannelOpening[] = [];
  const bus = openBus({
    offers: [offerOf(first), offerOf(second)],
    memory: guest.memory,
    synic: guest.synic,
    ...(options.maxVersion === undefined ? {} : { maxVersion: options.maxVersion }),
    events: {
      opened(opening) {
        openings.push(opening);
        log.push(`opened ${opening.channel}`);
        return options.accept ?? true;
      },
      closed: (channel) => void log.push(`closed ${channel}`),
      released: (channel) => void log.push(`released ${channel}`),
      doorbell: (channel) => void log.push(`doorbell ${channel}`),
    },
  });
  const post = (...messages: Uint8Array<ArrayBuffer>[]) => postAll(bus.calls, messages);
  /** Answers so far: type, and the words behind the header. */
  const answers = () =>
    guest.take().map(({ bytes }) => {
      const view = new DataView(bytes.buffer);
      return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4, true)).filter(
        (_, i) => i !== 1,
      );
    });
  function connect(version = 0x5_0003, interruptPage = 0): void {
    post(say.contact(version, interruptPage), say.requestOffers());
    guest.take();
  }
  const pages = (count: number) => Array.from({ length: count }, (_, i) => 100 + i);
  function openChannel(channel: ChannelId, gpadl = 0xe1e10): void {
    post(...say.gpadl(channel, gpadl, pages(8)), say.open(channel, gpadl, 4));
    guest.take();
  }
  const state = (channel: number) => {
    const channels = bus.inspect()["channels"];
    const node = typeof channels === "object" ? channels?.[String(channel)] : undefined;
    return typeof node === "object" ? node?.["state"] : undefined;
  };
  const connection = () => bus.inspect()["connection"];
  return { guest, bus, log, openings, post, answers, connect, pages, openChannel, state, connection };
}

const failure = 0xc000_0001;

describe("negotiation", () => {
  it.each([
    [0x5_0003, "5.3"],
    [0x5_0002, "5.2"],
    [0x5_0001, "5.1"],
    [0x5_0000, "5.0"],
    [0x4_0001, "4.1"],
    [0x4_0000, "4.0"],
    [0x3_0000, "3.0"],
    [0x2_0004, "2.4"],
    [0x1_0001, "1.1"],
    [0x0_000d, "0.13"],
  ])("accepts %i as %s", (version, text) => {
    const lab = openLab();
    lab.post(say.contact(version, 0x3000));
    expect(lab.answers()).toEqual([[15, 1, 1]]);
    expect(lab.connection()).toMatchObject({ version: text });
  });

  it.each([0x6_0000, 0x5_0004, 0x2_0003, 0, 0xffff_ffff])("refuses version %i and stays apart", (version) => {
    const lab = openLab();
    lab.post(say.contact(version, 0x3000), say.requestOffers());
    expect(lab.answers()).toEqual([[15, 0, 0]]);
    expect(lab.connection()).toMatchObject({ state: "disconnected", refused: 2 });
  });

  it("keeps to the highest version it is allowed", () => {
    const lab = openLab({ maxVersion: 0x4_0000 });
    lab.post(say.contact(0x5_0000), say.contact(0x4_0001), say.contact(0x4_0000));
    expect(lab.answers()).toEqual([
      [15, 0, 0],
      [15, 0, 0],
      [15, 1, 1],
    ]);
  });

  it.each([0, 0x3001, 9000 * 4096])("needs a real interrupt page below 2.4 (%i)", (page) => {
    const lab = openLab();
    lab.post(say.contact(0x1_0001, page));
    expect(lab.answers()).toEqual([[15, 0, 0]]);
  });

  it("answers statuses a hypercall owes", () => {
    const { bus } = openLab();
    expect(bus.calls.postMessage(3, 1, words(3, 0))).toBe(18);
    expect(bus.calls.postMessage(1, 1, new Uint8Array(241))).toBe(5);
    expect(bus.calls.postMessage(1, 2, words(3, 0))).toBe(5);
    expect(bus.calls.postMessage(1, 1, words(3, 0))).toBe(0);
    expect(bus.calls.signalEvent(0x2007, 0)).toBe(18);
    expect(bus.calls.signalEvent(0x12005, 0)).toBe(18);
    expect(bus.calls.signalEvent(5, 0)).toBe(18);
    expect(bus.calls.signalEvent(2, 0)).toBe(18);
    expect(bus.calls.signalEvent(0x2005, 1)).toBe(5);
    expect(bus.calls.signalEvent(0x2005, 0)).toBe(0);
  });

  it("offers once, however often it is asked", () => {
    const lab = openLab();
    lab.post(say.contact(0x5_0003), say.requestOffers(), say.requestOffers());
    expect(lab.guest.takeTypes()).toEqual([15, 1, 1, 4, 4]);
  });
});

describe("page lists", () => {
  it.each([
    [1, 1],
    [26, 1],
    [27, 2],
    [54, 2],
    [55, 3],
    [4096, 147],
    [7936, 284],
    [8190, 293],
  ])("takes %i pages in %i messages and answers once, at the end", (count, messages) => {
    const lab = openLab();
    lab.connect();
    const parts = say.gpadl(first, 0xe1e10, lab.pages(count));
    expect(parts).toHaveLength(messages);
    for (const [index, part] of parts.entries()) {
      lab.post(part);
      expect(lab.answers()).toEqual(index === messages - 1 ? [[10, 5, 0xe1e10, 0]] : []);
    }
    expect(lab.connection()).toMatchObject({ gpadls: { created: 1, collecting: 0, pages: count } });
  });

  it("interleaves two collections", () => {
    const lab = openLab();
    lab.connect();
    const [a1, a2] = say.gpadl(first, 1, lab.pages(30));
    const [b1, b2] = say.gpadl(second, 2, lab.pages(31));
    if (a1 && a2 && b1 && b2) lab.post(a1, b1, a2, b2);
    expect(lab.answers()).toEqual([
      [10, 5, 1, 0],
      [10, 6, 2, 0],
    ]);
  });

  it("reads several ranges", () => {
    const lab = openLab();
    lab.connect();
    const ranges = joinBytes(words(4096, 4000), pfnBytes([7, 9]), words(4096, 0), pfnBytes([8]));
    lab.post(joinBytes(words(8, 0, first, 1, ranges.length | (2 << 16)), ranges));
    expect(lab.answers()).toEqual([[10, 5, 1, 0]]);
    expect(lab.connection()).toMatchObject({ gpadls: { pages: 3 } });
    // Two ranges are no ring.
    lab.post(say.open(first, 1, 1));
    expect(lab.answers()).toEqual([[6, 5, 5, failure]]);
  });

  it.each([
    ["page beyond memory", joinBytes(words(4096, 0), pfnBytes([9000]))],
    ["page beyond 32 bits", words(4096, 0, 1, 1)],
    ["missing page numbers", joinBytes(words(8192, 0), pfnBytes([1]))],
    ["empty range", joinBytes(words(0, 0), pfnBytes([1]))],
    ["endless range", joinBytes(words(0xffff_ffff, 0xffff_ffff), pfnBytes([1]))],
  ])("refuses: %s", (_name, ranges) => {
    const lab = openLab();
    lab.connect();
    lab.post(joinBytes(words(8, 0, first, 1, ranges.length | (1 << 16)), ranges));
    expect(lab.answers()).toEqual([[10, 5, 1, failure]]);
    expect(lab.connection()).toMatchObject({ gpadls: { created: 0, collecting: 0, pages: 0 } });
  });

  it("refuses for no channel, a handle in use, and no ranges", () => {
    const lab = openLab();
    lab.connect();
    lab.post(...say.gpadl(9 as ChannelId, 1, [1]), ...say.gpadl(first, 1, [1]), ...say.gpadl(first, 1, [1]));
    lab.post(words(8, 0, first, 2, 16));
    expect(lab.answers()).toEqual([
      [10, 9, 1, failure],
      [10, 5, 1, 0],
      [10, 5, 1, failure],
      [10, 5, 2, failure],
    ]);
  });

  it("bounds lists, pages and unfinished lists", () => {
    const lab = openLab();
    lab.connect();
    for (let handle = 1; handle <= 17; handle++)
      lab.post(...say.gpadl(first, handle, lab.pages(27)).slice(0, 1));
    expect(lab.answers()).toEqual([[10, 5, 17, failure]]);
    lab.connect();
    for (let handle = 1; handle <= 9; handle++) lab.post(...say.gpadl(first, handle, lab.pages(8000)));
    expect(lab.answers().filter((answer) => answer[3] === 0)).toHaveLength(8);
    lab.connect();
    for (let handle = 1; handle <= 300; handle++) lab.post(...say.gpadl(first, handle, [1]));
    expect(lab.answers().filter((answer) => answer[3] === 0)).toHaveLength(256);
  });

  it("answers every teardown, and the header it cuts short", () => {
    const lab = openLab();
    lab.connect();
    lab.post(say.teardown(first, 77), say.teardown(44, 78));
    lab.post(...say.gpadl(first, 1, lab.pages(27)).slice(0, 1), say.teardown(first, 1));
    expect(lab.answers()).toEqual([
      [12, 77],
      [12, 78],
      [10, 5, 1, failure],
      [12, 1],
    ]);
  });

  it("gives the pages of a list back when it is torn down or its channel released", () => {
    const lab = openLab();
    lab.connect();
    lab.post(...say.gpadl(first, 1, lab.pages(30)), ...say.gpadl(first, 2, lab.pages(5)));
    lab.post(...say.gpadl(second, 1, lab.pages(3)), say.teardown(first, 1));
    expect(lab.connection()).toMatchObject({ gpadls: { created: 2, pages: 8 } });
    lab.post(say.released(first));
    expect(lab.connection()).toMatchObject({ gpadls: { created: 1, pages: 3 } });
  });

  it("stops a ring whose list is torn down while open", () => {
    const lab = openLab();
    lab.connect();
    lab.openChannel(first);
    lab.post(say.teardown(first, 0xe1e10));
    expect(lab.log).toEqual(["opened 5", "closed 5"]);
    expect(lab.answers()).toEqual([[12, 0xe1e10]]);
  });
});

describe("channels", () => {
  it("opens with the guest's pages, closes and opens again", () => {
    const lab = openLab();
    lab.connect();
    lab.openChannel(first);
    expect(lab.openings[0]).toMatchObject({ downstreamPage: 4, version: 0x5_0003 });
    expect([...(lab.openings[0]?.pages ?? [])]).toEqual(lab.pages(8));
    lab.post(say.close(first), say.teardown(first, 0xe1e10));
    lab.openChannel(first, 0xe1e11);
    expect(lab.log).toEqual(["opened 5", "closed 5", "opened 5"]);
  });

  it.each([
    ["an unknown list", 0x99, 4],
    ["no first ring", 0xe1e10, 0],
    ["no second ring", 0xe1e10, 8],
    ["an offset beyond", 0xe1e10, 0xffff_ffff],
  ])("refuses an open with %s and stays offered", (_name, gpadl, page) => {
    const lab = openLab();
    lab.connect();
    lab.post(...say.gpadl(first, 0xe1e10, lab.pages(8)), say.open(first, gpadl, page));
    expect(lab.answers().at(-1)).toEqual([6, 5, 5, failure]);
    expect(lab.log).toEqual([]);
    expect(lab.state(first)).toBe("offered");
  });

  it("refuses an open when the ring is refused, while open, and of no channel", () => {
    const lab = openLab({ accept: false });
    lab.connect();
    lab.post(...say.gpadl(first, 1, lab.pages(8)), say.open(first, 1, 4), say.open(99, 1, 4));
    expect(lab.answers().slice(1)).toEqual([
      [6, 5, 5, failure],
      [6, 99, 99, failure],
    ]);
    const other = openLab();
    other.connect();
    other.openChannel(first);
    other.post(say.open(first, 0xe1e10, 4));
    expect(other.answers()).toEqual([[6, 5, 5, failure]]);
    expect(other.state(first)).toBe("open");
  });

  it("answers modify at 5.3 only", () => {
    const lab = openLab();
    lab.connect();
    lab.post(say.modify(first, 0), say.modify(99, 0));
    expect(lab.answers()).toEqual([
      [24, 5, 0],
      [24, 99, failure],
    ]);
    lab.connect(0x5_0002);
    lab.post(say.modify(first, 0));
    expect(lab.answers()).toEqual([]);
  });

  it("rings only for open channels", () => {
    const lab = openLab();
    lab.connect();
    lab.bus.calls.signalEvent(0x2005, 0);
    lab.bus.signal(first);
    expect([lab.log, lab.guest.events]).toEqual([[], []]);
    lab.openChannel(first);
    lab.bus.calls.signalEvent(0x2005, 0);
    lab.bus.signal(first);
    expect([lab.log, lab.guest.events]).toEqual([["opened 5", "doorbell 5"], [5]]);
  });
});

describe("devices that come and go", () => {
  it("rescinds the first of two offers before its open, which crosses", () => {
    const lab = openLab();
    lab.connect();
    lab.post(...say.gpadl(first, 1, lab.pages(8)));
    lab.bus.rescind(first);
    lab.post(say.open(first, 1, 4));
    expect(lab.answers()).toEqual([
      [10, 5, 1, 0],
      [2, 5],
      [6, 5, 5, failure],
    ]);
    expect(lab.bus.offer(offerOf(first))).toBe("channelBusy");
    expect(lab.bus.offer({ ...offerOf(first), channel: 7 as ChannelId })).toBe("instanceBusy");
    lab.post(say.close(first), say.released(first));
    expect(lab.log).toEqual(["released 5"]);
    expect(lab.connection()).toMatchObject({ refused: 0, gpadls: { created: 0 } });
    expect(lab.bus.offer({ ...offerOf(first), channel: 7 as ChannelId })).toBe("offered");
    expect(lab.guest.takeTypes()).toEqual([1]);
    lab.openChannel(second);
    expect(lab.log).toEqual(["released 5", "opened 6"]);
  });

  it("stops the ring before it says rescind, and gives a list for a revoked channel", () => {
    const lab = openLab();
    lab.connect();
    lab.openChannel(first);
    lab.bus.rescind(first);
    lab.bus.rescind(first);
    lab.post(...say.gpadl(first, 2, [1]));
    expect(lab.log).toEqual(["opened 5", "closed 5"]);
    expect(lab.answers()).toEqual([
      [2, 5],
      [10, 5, 2, 0],
    ]);
    lab.post(say.close(first), say.released(first));
    expect(lab.state(first)).toBeUndefined();
  });

  it("frees at once what the guest never knew", () => {
    const lab = openLab();
    lab.bus.rescind(first);
    expect(lab.log).toEqual(["released 5"]);
    lab.post(say.contact(0x5_0003), say.requestOffers());
    expect(lab.guest.takeTypes()).toEqual([15, 1, 4]);
  });

  it("offers a new device to a guest that listens, and to no other", () => {
    const lab = openLab();
    expect(lab.bus.offer(offerOf(9 as ChannelId))).toBe("offered");
    expect(lab.bus.offer(offerOf(0 as ChannelId))).toBe("badChannel");
    expect(lab.bus.offer(offerOf(2048 as ChannelId))).toBe("badChannel");
    lab.connect();
    lab.bus.offer(offerOf(10 as ChannelId));
    expect(lab.guest.takeTypes()).toEqual([1]);
  });

  it("takes a number back that the guest declines, until it reconnects", () => {
    const lab = openLab();
    lab.connect();
    lab.post(say.released(first), say.open(first, 1, 4));
    expect(lab.state(first)).toBe("declined");
    expect(lab.answers()).toEqual([[6, 5, 5, failure]]);
    lab.post(say.contact(0x5_0003), say.requestOffers());
    expect(lab.guest.takeTypes()).toEqual([15, 1, 1, 4]);
  });
});

describe("ends of a connection", () => {
  it("drops everything on unload, then answers", () => {
    const lab = openLab();
    lab.connect();
    lab.openChannel(first);
    lab.bus.rescind(second);
    lab.guest.take();
    lab.post(...say.gpadl(first, 3, lab.pages(27)).slice(0, 1), say.unload());
    expect(lab.answers()).toEqual([[17]]);
    expect(lab.log).toEqual(["opened 5", "closed 5", "released 6"]);
    expect(lab.connection()).toMatchObject({ state: "disconnected", gpadls: { created: 0, collecting: 0 } });
    lab.post(say.unload());
    expect(lab.answers()).toEqual([[17]]);
  });

  it("takes a fresh contact as a new kernel, and forgets the old one's messages", () => {
    const lab = openLab();
    lab.guest.synic.discardMessages = (sint) => {
      expect(sint).toBe(2);
      lab.guest.take();
    };
    lab.connect();
    lab.openChannel(first);
    lab.post(say.modify(first, 0), say.contact(0x5_0001));
    expect(lab.log).toEqual(["opened 5", "closed 5"]);
    expect(lab.answers()).toEqual([[15, 1, 1]]);
    lab.post(say.open(first, 0xe1e10, 4));
    expect(lab.answers()).toEqual([[6, 5, 5, failure]]);
    lab.post(say.requestOffers());
    expect(lab.guest.takeTypes()).toEqual([1, 1, 4]);
  });

  it("says nothing on a reset", () => {
    const lab = openLab();
    lab.connect();
    lab.openChannel(first);
    lab.bus.reset();
    expect(lab.answers()).toEqual([]);
    expect(lab.log).toEqual(["opened 5", "closed 5"]);
  });
});

describe("guests older than 2.4", () => {
  it("interrupts through the interrupt page and flag 0, and hears through its second half", () => {
    const lab = openLab();
    lab.bus.offer(offerOf(300 as ChannelId));
    lab.post(say.contact(0x1_0001, 0x3000), say.requestOffers());
    expect(lab.guest.takeTypes()).toEqual([15, 1, 1, 4]);
    lab.openChannel(first);
    lab.bus.signal(first);
    expect(lab.guest.events).toEqual([0]);
    expect(lab.guest.memory.bytes()[0x3000]).toBe(1 << 5);
    expect(lab.guest.wrote).toEqual([[0x3000, 1]]);
    lab.guest.memory.bytes()[0x3800] = (1 << 5) | (1 << 6) | 1;
    expect(lab.bus.calls.signalEvent(2, 0)).toBe(0);
    expect(lab.log).toEqual(["opened 5", "doorbell 5"]);
    expect(lab.guest.memory.bytes()[0x3800]).toBe(1);
    lab.bus.calls.signalEvent(0x2005, 0);
    expect(lab.log.at(-1)).toBe("doorbell 5");
  });

  it("uses the channel's own flag from 2.4 on", () => {
    const lab = openLab();
    lab.connect(0x2_0004, 0x3000);
    lab.openChannel(first);
    lab.bus.signal(first);
    expect(lab.guest.events).toEqual([5]);
    expect(lab.guest.memory.bytes()[0x3000]).toBe(0);
  });
});
