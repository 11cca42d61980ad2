import { describe, expect, test } from "vitest";
import { Flag } from "../../../src/network/stack/tcp/segment.ts";
import type { TcpState } from "../../../src/network/stack/tcp/tcb.ts";
import { type Bench, bench, listener, type Standing, standing, theirs } from "../../lab/tcp-wire.ts";

const { fin, syn, rst, ack } = Flag;

/** A connection we open: the SYN is heard, nothing answered yet. */
function opening(made: Bench = bench()) {
  const events: string[] = [];
  const connection = made.tcp.connect(theirs, 7, listener(events));
  if (connection === null) throw new Error("no connection");
  const [heard] = made.heard();
  made.peerPort = 7;
  made.ourPort = heard?.sourcePort ?? 0;
  return { bench: made, connection, events, iss: heard?.seq ?? 0, heard };
}

/** Brings a connection that stands into a state of its end. */
function brought(state: TcpState): Standing {
  const made = standing();
  const { bench: on, connection, iss, seq } = made;
  if (state === "closeWait" || state === "lastAck") {
    on.say({ seq, ack: iss + 1, flags: fin | ack });
    made.seq++;
    if (state === "lastAck") connection.close();
  } else if (state !== "established") {
    connection.close();
    if (state === "finWait2" || state === "timeWait") on.say({ seq, ack: iss + 2 });
    if (state === "closing") on.say({ seq, ack: iss + 1, flags: fin | ack });
    if (state === "timeWait") on.say({ seq, ack: iss + 2, flags: fin | ack });
    if (state === "closing" || state === "timeWait") made.seq++;
  }
  expect(connection.state).toBe(state);
  on.heard();
  return made;
}

describe("opening", () => {
  test("passive: SYN, our SYN with options, acknowledgement", () => {
    const made = bench();
    const events: string[] = [];
    made.tcp.listen(80, () => listener(events));
    made.say({ seq: 1000, flags: syn, options: [2, 4, 0x05, 0xb4, 1, 3, 3, 7] });
    const [answer] = made.heard();
    expect(answer).toMatchObject({ ack: 1001, flags: "SYN,ACK", mss: 1460, shift: 3, window: 65535 });
    made.say({ seq: 1001, ack: (answer?.seq ?? 0) + 1 });
    expect(made.heard()).toEqual([]);
    expect(made.tcp.inspect()).toMatchObject({ connections: { 0: { state: "established" } } });
  });

  test("passive: bytes with the acknowledgement that completes it are taken", () => {
    const made = bench();
    const events: string[] = [];
    made.tcp.listen(80, () => listener(events));
    made.say({ seq: 1000, flags: syn });
    const iss = made.heard()[0]?.seq ?? 0;
    made.say({ seq: 1001, ack: iss + 1, payload: "hello" });
    expect(events).toEqual(["data:hello"]);
  });

  test("no shift is used with a side that offers none, and no size is guessed", () => {
    const { bench: on, connection, iss, seq } = standing(bench(), { options: [] });
    connection.write(new Uint8Array(2000));
    const sizes = on.heard().map((heard) => heard.payload.length);
    expect(sizes).toEqual([536, 536, 536, 392]);
    on.say({ seq, ack: iss + 2001, payload: "x" });
    on.wait(50_000);
    expect(on.heard()).toMatchObject([{ window: 65535 }]);
  });

  test("a port nobody listens on is refused, with and without an acknowledgement", () => {
    const made = bench();
    made.say({ seq: 500, flags: syn, payload: "abc" });
    made.say({ seq: 500, ack: 77, flags: ack });
    made.say({ seq: 500, flags: rst });
    expect(made.heard()).toMatchObject([
      { flags: "RST,ACK", seq: 0, ack: 504 },
      { flags: "RST", seq: 77, ack: 0 },
    ]);
  });

  test("an acknowledgement for a listening port is refused, a reset is not answered", () => {
    const made = bench();
    made.tcp.listen(80, () => listener([]));
    made.say({ seq: 1, ack: 9 });
    made.say({ seq: 1, ack: 9, flags: syn | ack });
    made.say({ seq: 1, flags: rst | syn });
    made.say({ seq: 1, flags: fin });
    expect(made.heard()).toMatchObject([
      { flags: "RST", seq: 9 },
      { flags: "RST", seq: 9 },
      { flags: "RST,ACK", seq: 0, ack: 2 },
    ]);
  });

  test("active: our SYN, theirs, our acknowledgement", () => {
    const { bench: on, connection, events, iss, heard } = opening();
    expect(heard).toMatchObject({ flags: "SYN", mss: 1460, shift: 3, ack: 0, destinationPort: 7 });
    expect(connection.state).toBe("synSent");
    on.say({ seq: 300, ack: iss + 1, flags: syn | ack });
    expect(connection.state).toBe("established");
    expect(on.heard()).toMatchObject([{ flags: "ACK", seq: iss + 1, ack: 301 }]);
    expect(events).toEqual(["open"]);
  });

  test("active: bytes written before it stands follow at once", () => {
    const { bench: on, connection, iss } = opening();
    expect(connection.write(new TextEncoder().encode("early"))).toBe(5);
    on.say({ seq: 300, ack: iss + 1, flags: syn | ack });
    expect(on.heard()).toMatchObject([{ flags: "ACK", seq: iss + 1, ack: 301, payload: "early" }]);
  });

  test("active: refused by a reset of our SYN, and by no other reset", () => {
    const { bench: on, connection, events, iss } = opening();
    on.say({ seq: 0, flags: rst });
    on.say({ seq: 0, ack: iss + 2, flags: rst | ack });
    on.say({ seq: 0, ack: iss, flags: rst | ack });
    expect(connection.state).toBe("synSent");
    expect(on.heard()).toEqual([]);
    on.say({ seq: 0, ack: iss + 1, flags: rst | ack });
    expect(events).toEqual(["closed:refused"]);
  });

  test("active: an acknowledgement of something else is refused and the SYN said again", () => {
    const { bench: on, connection, iss } = opening();
    on.say({ seq: 300, ack: iss + 9, flags: syn | ack });
    on.say({ seq: 300, ack: iss + 9, flags: ack });
    on.say({ seq: 300, ack: iss + 1, flags: ack });
    expect(on.heard()).toMatchObject([
      { flags: "RST", seq: iss + 9 },
      { flags: "RST", seq: iss + 9 },
    ]);
    on.wait(1_100_000);
    expect(on.heard()).toMatchObject([{ flags: "SYN", seq: iss }]);
    expect(connection.state).toBe("synSent");
  });

  test("both at once, figure 7 of RFC 9293", () => {
    const { bench: on, connection, events, iss } = opening();
    on.say({ seq: 300, flags: syn, options: [3, 3, 2, 1] });
    expect(connection.state).toBe("synReceived");
    expect(on.heard()).toMatchObject([{ flags: "SYN,ACK", seq: iss, ack: 301, shift: 3 }]);
    on.say({ seq: 300, ack: iss + 1, flags: syn | ack });
    expect(on.heard()).toMatchObject([{ flags: "ACK", seq: iss + 1, ack: 301 }]);
    on.say({ seq: 301, ack: iss + 1 });
    expect(connection.state).toBe("established");
    expect(events).toEqual(["open"]);
  });

  test("both at once, and the other side changes its mind", () => {
    const { bench: on, events, connection } = opening();
    on.say({ seq: 300, flags: syn });
    on.say({ seq: 301, flags: rst });
    expect(connection.state).toBe("closed");
    expect(events).toEqual(["closed:refused"]);
  });

  test("closing before it stands: nothing more is said", () => {
    const { bench: on, events, connection } = opening();
    connection.close();
    expect(events).toEqual(["closed:aborted"]);
    on.wait(3_000_000);
    expect(on.heard()).toEqual([]);
  });

  test("closing while both open at once: the FIN follows once it stands", () => {
    const { bench: on, connection, iss } = opening();
    on.say({ seq: 300, flags: syn });
    connection.close();
    on.heard();
    on.say({ seq: 301, ack: iss + 1 });
    expect(on.heard()).toMatchObject([{ flags: "FIN,ACK", seq: iss + 1 }]);
    expect(connection.state).toBe("finWait1");
  });

  test("half-open: a wrong acknowledgement is refused, a reset and another SYN make an end", () => {
    const made = bench();
    const events: string[] = [];
    made.tcp.listen(80, () => listener(events));
    made.say({ seq: 1000, flags: syn });
    const iss = made.heard()[0]?.seq ?? 0;
    made.say({ seq: 1001, ack: iss + 5 });
    expect(made.heard()).toMatchObject([{ flags: "RST", seq: (iss + 5) >>> 0 }]);
    expect(made.tcp.inspect()).toMatchObject({ connections: { 0: { state: "synReceived" } } });
    made.say({ seq: 1000, flags: syn });
    expect(made.heard()).toMatchObject([{ flags: "SYN,ACK", seq: iss, ack: 1001 }]);
    made.say({ seq: 1001, flags: rst });
    expect(made.tcp.inspect()).toMatchObject({ connections: {} });
    made.say({ seq: 1000, flags: syn });
    made.say({ seq: 1002, flags: syn });
    expect(made.tcp.inspect()).toMatchObject({ connections: {} });
    expect(events).toEqual([]);
  });

  test("a holder that does not want it breaks it off", () => {
    const made = bench();
    made.tcp.listen(80, () => null);
    made.say({ seq: 1000, flags: syn });
    const iss = made.heard()[0]?.seq ?? 0;
    made.say({ seq: 1001, ack: iss + 1 });
    expect(made.heard()).toMatchObject([{ flags: "RST,ACK", seq: iss + 1, ack: 1001 }]);
    expect(made.tcp.inspect()).toMatchObject({ connections: {} });
  });

  test("without a road the holder hears so in the next tick", () => {
    const made = bench();
    made.host.fate = "unreachable";
    const events: string[] = [];
    made.tcp.connect(theirs, 80, listener(events));
    expect(events).toEqual([]);
    made.tcp.tick();
    expect(events).toEqual(["closed:unreachable"]);
  });
});

describe("closing", () => {
  test("we first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, gone after a minute", () => {
    const { bench: on, connection, events, iss, seq } = standing();
    connection.write(new TextEncoder().encode("bye"));
    connection.close();
    expect(connection.state).toBe("finWait1");
    expect(on.heard()).toMatchObject([
      { payload: "bye", flags: "ACK" },
      { payload: "", flags: "FIN,ACK", seq: iss + 4 },
    ]);
    on.say({ seq, ack: iss + 4 });
    expect(connection.state).toBe("finWait1");
    on.say({ seq, ack: iss + 5 });
    expect(connection.state).toBe("finWait2");
    on.say({ seq, ack: iss + 5, payload: "late" });
    on.say({ seq: seq + 4, ack: iss + 5, flags: fin | ack });
    expect(connection.state).toBe("timeWait");
    expect(on.heard().at(-1)).toMatchObject({ flags: "ACK", seq: iss + 5, ack: seq + 5 });
    expect(events).toEqual(["data:late", "end", "closed:done"]);
    on.wait(59_000_000);
    expect(connection.state).toBe("timeWait");
    on.wait(1_100_000);
    expect(connection.state).toBe("closed");
  });

  test("they first: CLOSE-WAIT, where we may still write, then LAST-ACK", () => {
    const { bench: on, connection, events, iss, seq } = standing();
    on.say({ seq, ack: iss + 1, flags: fin | ack, payload: "all" });
    expect(connection.state).toBe("closeWait");
    expect(on.heard()).toMatchObject([{ ack: seq + 4 }]);
    expect(events).toEqual(["data:all", "end"]);
    connection.write(new TextEncoder().encode("more"));
    connection.close();
    expect(connection.state).toBe("lastAck");
    on.say({ seq: seq + 4, ack: iss + 5 });
    expect(connection.state).toBe("lastAck");
    on.say({ seq: seq + 4, ack: iss + 6 });
    expect(connection.state).toBe("closed");
    expect(events).toEqual(["data:all", "end", "closed:done"]);
  });

  test("both at once: CLOSING, then TIME-WAIT", () => {
    const { bench: on, connection, events, iss, seq } = standing();
    connection.close();
    on.say({ seq, ack: iss + 1, flags: fin | ack });
    expect(connection.state).toBe("closing");
    expect(on.heard().at(-1)).toMatchObject({ flags: "ACK", seq: iss + 2, ack: seq + 1 });
    expect(events).toEqual(["end"]);
    on.say({ seq: seq + 1, ack: iss + 2 });
    expect(connection.state).toBe("timeWait");
    expect(events).toEqual(["end", "closed:done"]);
  });

  test("FIN with the acknowledgement of ours: straight to TIME-WAIT", () => {
    const { bench: on, connection, iss, seq } = standing();
    connection.close();
    on.say({ seq, ack: iss + 2, flags: fin | ack });
    expect(connection.state).toBe("timeWait");
  });

  test("a FIN that overtakes its bytes waits for them", () => {
    const { bench: on, connection, events, iss, seq } = standing();
    on.say({ seq: seq + 3, ack: iss + 1, flags: fin | ack, payload: "def" });
    expect(connection.state).toBe("established");
    on.say({ seq, ack: iss + 1, payload: "abc" });
    expect(connection.state).toBe("closeWait");
    expect(events).toEqual(["data:abcdef", "end"]);
    expect(on.heard().at(-1)).toMatchObject({ ack: seq + 7 });
  });

  test("FIN-WAIT-2 ends by itself when the other side stays silent", () => {
    const { bench: on, events } = brought("finWait2");
    on.wait(61_000_000);
    expect(events).toEqual(["closed:silent"]);
    expect(on.heard()).toMatchObject([{ flags: "RST,ACK" }]);
  });

  test("TIME-WAIT answers a FIN said again and starts anew", () => {
    const { bench: on, connection, iss, seq } = brought("timeWait");
    on.wait(50_000_000);
    on.say({ seq: seq - 1, ack: iss + 2, flags: fin | ack });
    expect(on.heard()).toMatchObject([{ flags: "ACK", ack: seq }]);
    on.wait(50_000_000);
    expect(connection.state).toBe("timeWait");
    on.wait(11_000_000);
    expect(connection.state).toBe("closed");
  });

  test("a new SYN beyond the old numbers reopens ends in TIME-WAIT with higher numbers of ours", () => {
    const { bench: on, connection, iss, seq } = brought("timeWait");
    const events: string[] = [];
    on.tcp.listen(80, () => listener(events));
    on.say({ seq: seq + 10, flags: syn });
    expect(connection.state).toBe("closed");
    const [answer] = on.heard();
    expect(answer).toMatchObject({ flags: "SYN,ACK", ack: seq + 11 });
    expect((((answer?.seq ?? 0) - (iss + 2)) | 0) > 0).toBe(true);
  });

  test("an old SYN does not reopen them", () => {
    const { bench: on, connection, seq } = brought("timeWait");
    on.tcp.listen(80, () => listener([]));
    on.say({ seq: seq - 10, flags: syn });
    expect(connection.state).toBe("timeWait");
    expect(on.heard()).toMatchObject([{ flags: "ACK", ack: seq }]);
  });

  test("bytes the holder has not taken outlive the connection", () => {
    const made = standing();
    const { bench: on, connection, events, iss, seq } = made;
    made.appetite = 0;
    on.say({ seq, ack: iss + 1, flags: fin | ack, payload: "kept" });
    connection.close();
    on.say({ seq: seq + 5, ack: iss + 2 });
    expect(connection.state).toBe("closed");
    expect(events).toEqual([]);
    made.appetite = 3;
    connection.resume();
    expect(events).toEqual(["data:kep"]);
    connection.resume();
    expect(events).toEqual(["data:kep", "data:t", "end", "closed:done"]);
  });
});

describe("breaking off", () => {
  const states: readonly [TcpState, string, string][] = [
    ["established", "RST,ACK", "reset"],
    ["finWait1", "RST,ACK", "reset"],
    ["finWait2", "RST,ACK", "reset"],
    ["closeWait", "RST,ACK", "reset"],
    ["closing", "", "done"],
    ["lastAck", "", "done"],
    ["timeWait", "", "done"],
  ];
  for (const [state, said, end] of states) {
    test(`${state}: by us`, () => {
      const { bench: on, connection, events } = brought(state);
      connection.abort();
      expect(connection.state).toBe("closed");
      expect(on.heard().map((heard) => heard.flags)).toEqual(said === "" ? [] : [said]);
      if (state !== "timeWait") expect(events.at(-1)).toBe("closed:aborted");
      connection.abort();
      connection.close();
      expect(connection.write(new Uint8Array(1))).toBe(0);
      expect(events.filter((event) => event.startsWith("closed"))).toHaveLength(1);
    });

    test(`${state}: by them, with exactly the number we expect`, () => {
      const { bench: on, connection, events, seq } = brought(state);
      on.say({ seq: seq - 1, flags: rst });
      expect(connection.state).toBe(state);
      on.say({ seq, flags: rst });
      expect(connection.state).toBe("closed");
      expect(events.at(-1)).toBe(`closed:${end}`);
      expect(on.heard()).toEqual([]);
    });

    test(`${state}: a SYN in the window is answered with what we know`, () => {
      const { bench: on, connection, iss, seq } = brought(state);
      on.say({ seq: state === "timeWait" ? seq - 5 : seq + 5, flags: syn });
      expect(connection.state).toBe(state);
      expect(on.heard()).toMatchObject([{ flags: "ACK", ack: seq }]);
      expect(iss).toBeGreaterThanOrEqual(0);
    });
  }

  test("the reset after a lost one finds nobody and says so exactly", () => {
    const { bench: on, connection, iss, seq } = brought("established");
    connection.abort();
    on.heard();
    on.say({ seq, ack: iss + 1, payload: "still there?" });
    expect(on.heard()).toMatchObject([{ flags: "RST", seq: iss + 1 }]);
  });

  test("our address is edited: all connections end, nothing is said", () => {
    const { bench: on, events } = brought("established");
    on.host.address = 0x0a00_0001;
    on.tcp.tick();
    expect(events).toEqual(["closed:addressChanged"]);
    expect(on.heard()).toEqual([]);
  });

  test("disposing breaks everything off and leaves the host", () => {
    const { bench: on, events } = brought("established");
    on.tcp[Symbol.dispose]();
    expect(events).toEqual(["closed:aborted"]);
    expect(on.heard()).toMatchObject([{ flags: "RST,ACK" }]);
    expect(on.host.receive).toBeNull();
  });
});
