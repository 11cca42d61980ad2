import { describe, expect, it } from "vitest";
import { type ChannelId, LinkFlag, LinkKind } from "../../../src/hvdef/index.ts";
import { type Channel, loopbackCarriers, openEndpoints, openLink } from "../../../src/vmbus/index.ts";

const five = 5 as ChannelId;
const six = 6 as ChannelId;
const bytes = (length: number, fill = 1) => Uint8Array.from({ length }, (_, i) => (i + fill) & 0xff);

/** Endpoints with owners on channels 5 and 6; the test plays the child. */
function openLab(onRequest: (channel: Channel, id: bigint) => void = () => {}) {
  const carriers = loopbackCarriers((deliver) => deliver());
  const child = openLink(carriers.child);
  child.receive(() => {});
  const turns: (() => void)[] = [];
  const endpoints = openEndpoints(openLink(carriers.parent), (flush) => turns.push(flush));
  const channels: Channel[] = [];
  const log: string[] = [];
  for (const id of [five, six]) {
    endpoints.attach(id, (channel) => {
      channels.push(channel);
      return {
        opened: (version, userData) => void log.push(`${id} opened ${version} ${userData.length}`),
        closed: () => void log.push(`${id} closed`),
        request({ transactionId, wantsCompletion, payload, data, dataRoom }) {
          log.push(`${id} ${transactionId} ${wantsCompletion} ${payload.length} ${data.length} ${dataRoom}`);
          onRequest(channel, transactionId);
        },
      };
    });
  }
  function say(
    kind: number,
    channel: number,
    over: { id?: number; flags?: number; room?: number; payload?: number; data?: number } = {},
  ) {
    const { id = 0, flags = 0, room = 0, payload = 0, data = 0 } = over;
    child.reserve({
      channel,
      kind,
      flags,
      transactionLow: id,
      transactionHigh: 0,
      payloadLength: payload,
      dataLength: data,
      dataRoom: room,
    });
    child.commit(data);
  }
  const open = (channel: number, generation = 1) =>
    say(LinkKind.opened, channel, { payload: 128, room: generation });
  const heard = () => {
    const out: (readonly [
      channel: number,
      kind: number,
      id: number,
      high: number,
      room: number,
      length: number,
    ])[] = [];
    child.read((r) => {
      out.push([
        r.channel,
        r.kind,
        r.transactionLow,
        r.transactionHigh,
        r.dataRoom,
        r.payloadLength + r.dataLength,
      ]);
    });
    return out;
  };
  const turn = () => {
    for (const flush of turns.splice(0)) flush();
  };
  const channel = (index: number) => {
    const found = channels[index];
    if (found === undefined) throw new Error(`no channel ${index}`);
    return found;
  };
  return { child, endpoints, channel, channels, log, say, open, heard, turn, turns };
}

describe("channel ends", () => {
  it("hand each opening to its owner, with a channel of its own", () => {
    const lab = openLab();
    lab.open(5);
    lab.say(LinkKind.request, 5, { id: 9, flags: LinkFlag.wantsCompletion, payload: 8, data: 16, room: 16 });
    lab.say(LinkKind.closed, 5);
    lab.open(5, 2);
    lab.child.flush();
    expect(lab.log).toEqual(["5 opened 0 120", "5 9 true 8 16 16", "5 closed", "5 opened 0 120"]);
    expect(lab.channels).toHaveLength(2);
    lab.channel(0).complete(9n, bytes(8));
    lab.channel(0).send(bytes(8));
    lab.channel(0).begin(9n, 8, 8).end(8);
    expect(lab.turns).toEqual([]);
    lab.channel(1).complete(9n, bytes(8));
    lab.turn();
    expect(lab.heard()).toEqual([[5, LinkKind.complete, 9, 0, 2, 8]]);
  });

  it("send everything of a turn in one batch", () => {
    const lab = openLab();
    lab.open(5);
    lab.open(6);
    lab.child.flush();
    lab.channel(0).complete(1n << 40n, bytes(8));
    lab.channel(1).send(bytes(4));
    lab.channel(0).complete(3n, bytes(8));
    expect(lab.turns).toHaveLength(1);
    expect(lab.heard()).toEqual([]);
    lab.turn();
    expect(lab.heard()).toEqual([
      [5, LinkKind.complete, 0, 256, 1, 8],
      [6, LinkKind.send, 0, 0, 1, 4],
      [5, LinkKind.complete, 3, 0, 1, 8],
    ]);
    expect(lab.child.counts().batchesIn).toBe(1);
  });

  it("answer within the arriving batch without a turn of their own", () => {
    const lab = openLab((channel, id) => channel.complete(id, bytes(1)));
    lab.open(5);
    lab.say(LinkKind.request, 5, { id: 1, flags: LinkFlag.wantsCompletion });
    lab.say(LinkKind.request, 5, { id: 2, flags: LinkFlag.wantsCompletion });
    lab.child.flush();
    expect(lab.turns).toEqual([]);
    expect(lab.heard().map((record) => record[2])).toEqual([1, 2]);
  });

  it("give credit for requests nobody answers", () => {
    const lab = openLab();
    lab.open(5);
    lab.say(LinkKind.request, 5, { payload: 8, room: 100 });
    lab.say(LinkKind.request, 5, { payload: 8 });
    lab.say(LinkKind.request, 5, { payload: 8, flags: LinkFlag.wantsCompletion });
    lab.child.flush();
    expect(lab.heard()).toEqual([[5, LinkKind.credit, 2, 116, 1, 0]]);
  });

  it("count strays and unknown kinds", () => {
    const lab = openLab();
    lab.say(LinkKind.request, 5);
    lab.say(LinkKind.opened, 77, { payload: 128 });
    lab.say(LinkKind.opened, 5, { payload: 4 });
    lab.say(15, 5);
    lab.child.flush();
    expect(lab.log).toEqual([]);
    expect(lab.endpoints.inspect()).toMatchObject({ strays: 4, channels: { "5": { state: "closed" } } });
  });

  it("close when the owner is taken away and when all ends", () => {
    const lab = openLab();
    lab.open(5);
    lab.open(6);
    lab.child.flush();
    lab.endpoints.detach(five);
    lab.endpoints.detach(five);
    lab.endpoints[Symbol.dispose]();
    expect(lab.log.slice(2)).toEqual(["5 closed", "6 closed"]);
  });
});

describe("a completion in the outgoing batch", () => {
  function openOne() {
    const lab = openLab();
    lab.open(5);
    lab.open(6);
    lab.child.flush();
    return lab;
  }

  it("carries as much data as it ends with", () => {
    const lab = openOne();
    const completion = lab.channel(0).begin(1n, 8, 4096);
    completion.data.set(bytes(512));
    completion.end(512);
    lab.turn();
    expect(lab.heard()).toEqual([[5, LinkKind.complete, 1, 0, 1, 520]]);
  });

  it("may be forgotten", () => {
    const lab = openOne();
    lab.channel(0).begin(1n, 8, 4096);
    lab.channel(0).complete(1n, bytes(8));
    lab.turn();
    expect(lab.heard()).toEqual([[5, LinkKind.complete, 1, 0, 1, 8]]);
  });

  it("throws when it ends after another use of the link, twice, or with too much", () => {
    const lab = openOne();
    const first = lab.channel(0).begin(1n, 8, 16);
    const second = lab.channel(1).begin(2n, 8, 16);
    expect(() => first.end(16)).toThrow("another use");
    expect(() => second.end(17)).toThrow(RangeError);
    second.end(16);
    expect(() => second.end(16)).toThrow("another use");
    const late = lab.channel(0).begin(3n, 8, 16);
    lab.turn();
    expect(() => late.end(16)).toThrow("another use");
    expect(lab.heard()).toEqual([[6, LinkKind.complete, 2, 0, 1, 24]]);
  });
});
