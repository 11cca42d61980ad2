import { describe, expect, test } from "vitest";
import type { TcpConnection } from "../../../src/network/stack/tcp/connection.ts";
import { Flag } from "../../../src/network/stack/tcp/segment.ts";
import type { TcpHandlers } from "../../../src/network/stack/tcp/tcb.ts";
import { micros } from "../../../src/support/index.ts";
import { bench, listener, standing, theirs } from "../../lab/tcp-wire.ts";

const { fin, ack } = Flag;
const second = 1_000_000;

function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value);
}

/** Bytes of `length` that tell their place. */
function long(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, at) => 97 + (at % 26));
}

describe("acknowledging", () => {
  test("one segment is acknowledged after 40 ms, two at once", () => {
    const { bench: on, iss, seq } = standing();
    on.say({ seq, ack: iss + 1, payload: "a" });
    on.wait(30_000);
    expect(on.heard()).toEqual([]);
    on.wait(10_000);
    expect(on.heard()).toMatchObject([{ flags: "ACK", ack: seq + 1 }]);
    on.say({ seq: seq + 1, ack: iss + 1, payload: "b" });
    on.say({ seq: seq + 2, ack: iss + 1, payload: "c" });
    expect(on.heard()).toMatchObject([{ flags: "ACK", ack: seq + 3 }]);
  });

  test("bytes of ours carry it", () => {
    const { bench: on, connection, iss, seq } = standing();
    on.say({ seq, ack: iss + 1, payload: "a" });
    connection.write(text("b"));
    expect(on.heard()).toMatchObject([{ payload: "b", ack: seq + 1 }]);
    on.wait(100_000);
    expect(on.heard()).toEqual([]);
  });

  test("a hole, what fills it and what comes twice are answered at once", () => {
    const { bench: on, events, iss, seq } = standing();
    on.say({ seq: seq + 2, ack: iss + 1, payload: "cd" });
    on.say({ seq: seq + 4, ack: iss + 1, payload: "ef" });
    expect(on.heard().map((heard) => heard.ack - seq)).toEqual([0, 0]);
    on.say({ seq, ack: iss + 1, payload: "abc" });
    expect(on.heard()).toMatchObject([{ ack: seq + 6 }]);
    on.say({ seq: seq + 1, ack: iss + 1, payload: "bcd" });
    expect(on.heard()).toMatchObject([{ ack: seq + 6 }]);
    on.say({ seq: seq + 5, ack: iss + 1, payload: "fg" });
    on.wait(50_000);
    expect(on.heard()).toMatchObject([{ ack: seq + 7 }]);
    expect(events.join("")).toBe("data:abcdefdata:g");
  });
});

describe("sending again", () => {
  test("an unanswered SYN after 1, 2, 4 … seconds, and no more after three minutes", () => {
    const made = bench();
    const events: string[] = [];
    made.tcp.connect(theirs, 7, listener(events));
    const times: number[] = [];
    const start = made.clock.now();
    made.heard();
    while (events.length === 0) {
      made.wait(100_000);
      if (made.heard().length > 0) times.push(Math.round((made.clock.now() - start) / second));
    }
    expect(times).toEqual([1, 3, 7, 15, 31, 63, 123]);
    expect(made.clock.now() - start).toBeCloseTo(180 * second, -6);
    expect(events).toEqual(["closed:silent"]);
  });

  test("unanswered bytes with doubled waits, the first piece only, and no more after 100 s", () => {
    const { bench: on, connection, events, iss } = standing();
    connection.write(long(4000));
    expect(on.heard()).toHaveLength(3);
    const start = on.clock.now();
    const times: number[] = [];
    while (connection.state === "established") {
      on.wait(10_000);
      for (const heard of on.heard()) {
        expect(heard).toMatchObject({ seq: iss + 1 });
        times.push((on.clock.now() - start) / 250_000);
      }
    }
    expect(times).toEqual([1, 3, 7, 15, 31, 63, 127, 255]);
    expect(on.clock.now() - start).toBe(100 * second);
    expect(events).toEqual(["closed:silent"]);
  });

  test("after a timeout what was kept by the other side is not sent again", () => {
    const { bench: on, connection, iss, seq } = standing();
    connection.write(long(4380));
    on.wait(260_000);
    expect(on.heard().map((heard) => heard.seq - iss - 1)).toEqual([0, 1460, 2920, 0]);
    on.say({ seq, ack: iss + 1 + 4380 });
    on.wait(second);
    expect(on.heard()).toEqual([]);
    expect(connection.unacknowledged).toBe(0);
  });

  test("three repeats bring the first piece back without a wait, a partial answer the next hole", () => {
    const { bench: on, connection, iss, seq } = standing();
    connection.write(long(14_600));
    expect(on.heard()).toHaveLength(10);
    on.say({ seq, ack: iss + 1 + 1460 });
    on.heard();
    for (let repeat = 0; repeat < 3; repeat++) on.say({ seq, ack: iss + 1 + 1460 });
    expect(on.heard()).toMatchObject([{ seq: iss + 1 + 1460 }]);
    on.say({ seq, ack: iss + 1 + 4380 });
    expect(on.heard()).toMatchObject([{ seq: iss + 1 + 4380 }]);
    on.say({ seq, ack: iss + 1 + 14_600 });
    on.wait(second);
    expect(on.heard()).toEqual([]);
  });

  test("answers that tell a new window, or carry bytes, are no repeats", () => {
    const { bench: on, connection, iss, seq } = standing();
    connection.write(long(14_600));
    on.heard();
    for (let repeat = 0; repeat < 4; repeat++) on.say({ seq, ack: iss + 1, window: 60_000 - repeat });
    for (let repeat = 0; repeat < 4; repeat++)
      on.say({ seq: seq + repeat, ack: iss + 1, window: 59_997, payload: "x" });
    expect(on.heard().filter((heard) => heard.payload !== "")).toEqual([]);
  });

  test("the window grows by what is acknowledged, and is small again after a timeout", () => {
    const { bench: on, connection, iss, seq } = standing();
    connection.write(long(100_000));
    expect(on.heard()).toHaveLength(10);
    on.say({ seq, ack: iss + 1 + 2920 });
    expect(on.heard()).toHaveLength(3);
    on.wait(260_000);
    expect(on.heard()).toMatchObject([{ seq: iss + 1 + 2920 }]);
    on.say({ seq, ack: iss + 1 + 2920 + 1460 });
    expect(on.heard().map((heard) => heard.seq - iss - 1)).toEqual([4380, 5840]);
  });
});

describe("windows", () => {
  test("no more is sent than the other side allows, and a shut window is asked", () => {
    const { bench: on, connection, events, iss, seq } = standing(bench(), { window: 3000 });
    connection.write(long(10_000));
    expect(on.heard().map((heard) => heard.payload.length)).toEqual([1460, 1460]);
    on.say({ seq, ack: iss + 1 + 2920, window: 0 });
    const start = on.clock.now();
    const probes: number[] = [];
    for (let tenth = 0; tenth < 3000; tenth++) {
      on.wait(100_000);
      for (const heard of on.heard()) {
        expect(heard).toMatchObject({ seq: iss + 1 + 2920, payload: "i" });
        probes.push(Math.ceil((on.clock.now() - start) / 250_000));
        on.say({ seq, ack: iss + 1 + 2920, window: 0 });
      }
    }
    expect(probes.slice(0, 6)).toEqual([2, 4, 8, 16, 32, 64]);
    expect(events).toEqual([]);
  });

  test("a shut window that never answers ends the connection", () => {
    const { bench: on, connection, events, iss, seq } = standing();
    on.say({ seq, ack: iss + 1, window: 0 });
    connection.write(text("x"));
    on.wait(102 * second);
    expect(events).toEqual(["closed:silent"]);
  });

  test("an opened window is used at once, whether the probe's byte was taken or not", () => {
    for (const took of [0, 1]) {
      const { bench: on, connection, iss, seq } = standing(bench(), { window: 0 });
      connection.write(text("hello"));
      on.wait(1100_000);
      expect(on.heard()[0]).toMatchObject({ payload: "h" });
      on.say({ seq, ack: iss + 1 + took, window: 4000 });
      expect(on.heard()).toMatchObject([{ seq: iss + 1 + took, payload: "hello".slice(took) }]);
    }
  });

  test("a FIN waits for the window too", () => {
    const { bench: on, connection, iss, seq } = standing(bench(), { window: 5 });
    connection.write(text("hello"));
    connection.close();
    expect(on.heard()).toMatchObject([{ payload: "hello", flags: "ACK" }]);
    on.say({ seq, ack: iss + 6, window: 0 });
    expect(on.heard()).toEqual([]);
    on.say({ seq, ack: iss + 6, window: 10 });
    expect(on.heard()).toMatchObject([{ payload: "", flags: "FIN,ACK", seq: iss + 6 }]);
  });

  test("while our byte knocks at a shut window, answers carry a number the other side accepts", () => {
    const { bench: on, connection, iss, seq } = standing(bench(), { window: 0 });
    connection.write(text("hello"));
    on.wait(1100_000);
    on.heard();
    on.say({ seq, ack: iss + 1, window: 0, payload: "ab" });
    on.wait(50_000);
    expect(on.heard()[0]).toMatchObject({ seq: iss + 1, ack: seq + 2, payload: "" });
  });

  test("silly small pieces wait unless they are all there is", () => {
    const { bench: on, connection, iss, seq } = standing();
    on.say({ seq, ack: iss + 1, window: 100 });
    connection.write(long(1000));
    expect(on.heard()).toEqual([]);
    on.wait(1100_000);
    expect(on.heard()[0]?.payload).toHaveLength(100);
    connection.write(text("x"));
    on.say({ seq, ack: iss + 101, window: 2000 });
    expect(on.heard()).toMatchObject([{ payload: `${String.fromCharCode(...long(1000).subarray(100))}x` }]);
  });

  test("what the holder leaves shuts our window; taking it opens it again", () => {
    const made = standing(bench({ buffer: 4096 }), { options: [2, 4, 5, 180, 3, 3, 0, 1] });
    const { bench: on, connection, events, iss } = made;
    made.appetite = 0;
    let seq = made.seq;
    for (let sent = 0; sent < 4; sent++) {
      on.say({ seq, ack: iss + 1, payload: long(1024) });
      seq += 1024;
    }
    on.wait(50_000);
    expect(on.heard().at(-1)).toMatchObject({ ack: seq, window: 0 });
    on.say({ seq, ack: iss + 1, payload: "!" });
    expect(on.heard()).toMatchObject([{ ack: seq, window: 0 }]);
    made.appetite = Number.POSITIVE_INFINITY;
    connection.resume();
    expect(on.heard()).toMatchObject([{ ack: seq, window: 4096 }]);
    expect(events.join("").length).toBe("data:".length + 4096);
    on.say({ seq, ack: iss + 1, payload: "!" });
    expect(events.at(-1)).toBe("data:!");
  });

  test("a full queue refuses bytes and tells when to go on", () => {
    const { bench: on, connection, events, iss, seq } = standing(bench({ buffer: 4096 }));
    expect(connection.write(long(5000))).toBe(4096);
    expect(connection.room).toBe(0);
    expect(connection.write(long(10))).toBe(0);
    on.say({ seq, ack: iss + 1 + 1000 });
    expect(events).toEqual([]);
    on.say({ seq, ack: iss + 1 + 2920 });
    expect(events).toEqual(["writable"]);
    expect(connection.room).toBe(2920);
  });
});

describe("staying", () => {
  test("keep-alive asks after a silence, and ends what does not answer five times", () => {
    const { bench: on, connection, events, iss, seq } = standing();
    connection.keepAlive(micros(10 * second));
    on.wait(10 * second);
    expect(on.heard()).toMatchObject([{ flags: "ACK", seq: iss, ack: seq, payload: "" }]);
    on.say({ seq, ack: iss + 1 });
    on.wait(9 * second);
    expect(on.heard()).toEqual([]);
    on.wait(second * 60);
    expect(on.heard().map((heard) => heard.flags)).toEqual(["ACK", "ACK", "ACK", "ACK", "ACK", "RST,ACK"]);
    expect(events).toEqual(["closed:silent"]);
  });

  test("without it a silent connection stays", () => {
    const { bench: on, connection } = standing();
    on.wait(3600 * second);
    expect(connection.state).toBe("established");
    expect(on.heard()).toEqual([]);
  });

  test("their keep-alive is answered", () => {
    const { bench: on, iss, seq } = standing();
    on.say({ seq: seq - 1, ack: iss + 1 });
    expect(on.heard()).toMatchObject([{ flags: "ACK", seq: iss + 1, ack: seq }]);
  });
});

describe("around the end of the numbers", () => {
  for (const first of [0xffff_fff0, 0xffff_ffff, 0x7fff_fffa]) {
    test(`theirs, from ${first.toString(16)}`, () => {
      const { bench: on, connection, events, iss, seq } = standing(bench(), { seq: first });
      const at = (count: number) => (seq + count) >>> 0;
      on.say({ seq: at(20), ack: iss + 1, payload: long(46).subarray(20) });
      on.say({ seq: at(5), ack: iss + 1, payload: long(46).subarray(5, 15) });
      on.say({ seq: at(0), ack: iss + 1, payload: long(46).subarray(0, 30) });
      expect(events.join("").replaceAll("data:", "")).toBe(String.fromCharCode(...long(46)));
      on.say({ seq: at(46), ack: iss + 1, flags: fin | ack });
      expect(on.heard().at(-1)?.ack).toBe(at(47));
      expect(connection.state).toBe("closeWait");
    });
  }

  test("ours: whatever number we begin with, a megabyte arrives", () => {
    // The clock moves our first number: it is brought just before the end of the numbers.
    const probe = standing();
    const made = bench();
    made.clock.advance(micros((2 ** 32 - probe.iss - 1000) * 4));
    const { bench: on, connection, iss, seq } = standing(made);
    expect(iss).toBeGreaterThan(2 ** 32 - 20_000);
    const bytes = long(1 << 20);
    let sent = 0;
    let heardBytes = "";
    const before = (a: number, b: number) => ((a - b) | 0) < 0;
    let next = (iss + 1) >>> 0;
    while (heardBytes.length < bytes.length) {
      sent += connection.write(bytes, sent);
      for (const heard of on.heard()) {
        expect(before(next, heard.seq)).toBe(false);
        heardBytes += heard.payload.slice((next - heard.seq) >>> 0);
        next = (iss + 1 + heardBytes.length) >>> 0;
      }
      on.say({ seq, ack: next });
    }
    expect(
      heardBytes === String.fromCharCode(...long(1024)).repeat(0) + Buffer.from(bytes).toString("latin1"),
    ).toBe(true);
  });
});

test("a holder may do anything while it is called", () => {
  const made = bench();
  const handlers: TcpHandlers = { onData: () => 0 };
  let calls = 0;
  made.tcp.listen(80, (connection) => ({
    ...handlers,
    onData(_bytes, _at, length) {
      calls++;
      connection.resume();
      connection.write(text("answer"));
      if (calls === 2) connection.abort();
      return length;
    },
    onClosed: () => {
      connection.close();
      connection.abort();
      connection.resume();
      connection.write(text("too late"));
    },
  }));
  made.say({ seq: 1000, flags: Flag.syn });
  const iss = made.heard()[0]?.seq ?? 0;
  made.say({ seq: 1001, ack: iss + 1, payload: "one" });
  expect(made.heard()).toMatchObject([{ payload: "answer", ack: 1004 }]);
  made.say({ seq: 1004, ack: iss + 1, payload: "two" });
  expect(made.heard().map((heard) => heard.flags)).toEqual(["ACK", "RST,ACK"]);
  expect(made.tcp.inspect()).toMatchObject({ connections: {} });
});

test("bytes are offered once, though the holder asks for more while it is offered some", () => {
  const made = bench();
  let taken = "";
  let greed = 0;
  let held: TcpConnection | null = null;
  made.tcp.listen(80, (connection) => {
    held = connection;
    return {
      onData(bytes, at, length) {
        const count = Math.min(greed, length);
        taken += String.fromCharCode(...bytes.subarray(at, at + count));
        connection.resume();
        return count;
      },
    };
  });
  made.say({ seq: 1000, flags: Flag.syn });
  const iss = made.heard()[0]?.seq ?? 0;
  made.say({ seq: 1001, ack: iss + 1, payload: "abcdef" });
  greed = 2;
  for (let round = 0; round < 3; round++) (held as TcpConnection | null)?.resume();
  expect(taken).toBe("abcdef");
});

describe("what a SYN says is kept to", () => {
  test("windows are shifted, that of the SYN is not", () => {
    const on = bench();
    const made = standing(on, { options: [2, 4, 0x05, 0xb4, 3, 3, 2, 1], window: 1000 });
    made.connection.write(long(100_000));
    expect(on.heard().map((heard) => heard.payload.length)).toEqual([1460, 1460]);

    const opening = bench();
    const connection = opening.tcp.connect(theirs, 7, listener([]));
    connection?.write(long(10_000));
    const syn = opening.heard()[0];
    const ends = { sourcePort: 7, destinationPort: syn?.sourcePort ?? 0 };
    const ackOfSyn = (syn?.seq ?? 0) + 1;
    opening.say({
      ...ends,
      seq: 1,
      ack: ackOfSyn,
      flags: Flag.syn | ack,
      window: 1460,
      options: [2, 4, 5, 180, 3, 3, 4, 1],
    });
    expect(opening.heard().map((heard) => heard.payload.length)).toEqual([1460]);
  });

  test("pieces fit the other side and our own wire, and are not absurdly small", () => {
    for (const [theirMss, ourMtu, expected] of [
      [1000, 1500, 1000],
      [8960, 576, 536],
      [1, 1500, 88],
      [0, 1500, 88],
    ] as const) {
      const on = bench();
      on.host.mtu = ourMtu;
      const { connection } = standing(on, { options: [2, 4, theirMss >>> 8, theirMss & 255] });
      connection.write(long(9000));
      expect(on.heard()[0]?.payload).toHaveLength(expected);
    }
  });

  test("bytes in the answer to our SYN are the first", () => {
    const on = bench();
    const events: string[] = [];
    on.tcp.connect(theirs, 7, listener(events));
    const syn = on.heard()[0];
    const ends = { sourcePort: 7, destinationPort: syn?.sourcePort ?? 0 };
    on.say({ ...ends, seq: 1, ack: (syn?.seq ?? 0) + 1, flags: Flag.syn | ack, payload: "welcome" });
    expect(events).toEqual(["open", "data:welcome"]);
    expect(on.heard()).toMatchObject([{ ack: 9 }]);
  });
});

describe("finer points", () => {
  test("the first two repeats let a new piece each go beyond the window", () => {
    const { bench: on, connection, iss, seq } = standing();
    connection.write(long(100_000));
    expect(on.heard()).toHaveLength(10);
    on.say({ seq, ack: iss + 1 });
    on.say({ seq, ack: iss + 1 });
    expect(on.heard().map((heard) => heard.seq - iss - 1)).toEqual([14_600, 16_060]);
    on.say({ seq, ack: iss + 1 });
    expect(on.heard()[0]).toMatchObject({ seq: iss + 1 });
  });

  test("after a silence no more is sent at once than at the start", () => {
    const { bench: on, connection, iss, seq } = standing();
    let next = iss + 1;
    for (let round = 0; round < 30; round++) {
      connection.write(long(14_600));
      for (const heard of on.heard()) next = heard.seq + heard.payload.length;
      on.say({ seq, ack: next });
    }
    on.wait(10 * second);
    connection.write(long(60_000));
    expect(on.heard()).toHaveLength(10);
  });

  test("waits are short again once something new is acknowledged", () => {
    const { bench: on, connection, iss, seq } = standing();
    connection.write(long(100));
    on.wait(8 * second);
    on.heard();
    on.say({ seq, ack: iss + 101 });
    connection.write(long(100));
    on.heard();
    on.wait(270_000);
    expect(on.heard()).toMatchObject([{ seq: iss + 101 }]);
  });

  test("bytes sent twice are not timed", () => {
    const { bench: on, connection, iss, seq } = standing();
    connection.write(long(14_600));
    on.wait(200_000);
    for (let repeat = 0; repeat < 3; repeat++) on.say({ seq, ack: iss + 1 });
    on.say({ seq, ack: iss + 1 + 14_600 });
    expect(JSON.stringify(on.tcp.inspect())).toContain('"roundTripMicros":0');
  });

  test("an acknowledgement at the right edge of a used-up window counts", () => {
    const made = standing(bench({ buffer: 4096 }));
    const { bench: on, connection, iss, seq } = made;
    connection.write(long(100));
    on.say({ seq: seq + 4096, ack: iss + 101 });
    expect(connection.unacknowledged).toBe(0);
  });

  test("with our window shut an acknowledgement that comes with bytes counts, the bytes do not", () => {
    const made = standing(bench({ buffer: 4096 }));
    const { bench: on, connection, events, iss, seq } = made;
    made.appetite = 0;
    for (let at = 0; at < 4096; at += 1024) on.say({ seq: seq + at, ack: iss + 1, payload: long(1024) });
    connection.write(long(100));
    on.say({ seq: seq + 4096, ack: iss + 101, payload: "beyond" });
    expect(connection.unacknowledged).toBe(0);
    expect(events).toEqual([]);
    expect(on.heard().at(-1)).toMatchObject({ ack: seq + 4096, window: 0 });
  });

  test("a little room in a window that was shut is told at once", () => {
    const made = standing(bench({ buffer: 65_536 }));
    const { bench: on, connection, iss, seq } = made;
    made.appetite = 0;
    for (let at = 0; at < 65_536; at += 1024) on.say({ seq: seq + at, ack: iss + 1, payload: long(1024) });
    on.wait(50_000);
    on.heard();
    made.appetite = 2000;
    connection.resume();
    expect(on.heard()[0]?.window).toBe(2000);
  });
});
