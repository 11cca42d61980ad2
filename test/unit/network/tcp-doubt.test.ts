import { describe, expect, test } from "vitest";
import { Flag } from "../../../src/network/stack/tcp/segment.ts";
import type { TcpHandlers } from "../../../src/network/stack/tcp/tcb.ts";
import { bench, listener, seeded, standing, theirs, written } from "../../lab/tcp-wire.ts";

const { fin, syn, rst, ack, psh } = Flag;

describe("a connection in progress", () => {
  test("is unhurt by 20000 segments from outside its window", () => {
    const { bench: on, connection, events, iss, seq } = standing();
    const random = seeded(11);
    connection.write(new TextEncoder().encode("hello"));
    on.heard();
    let answers = 0;
    for (let count = 0; count < 20_000; count++) {
      const far = 0x0008_0000 + Math.floor(random() * 0xfff0_0000);
      const flags = Math.floor(random() * 32) | (random() < 0.3 ? rst : 0);
      const payload = random() < 0.5 ? "bad" : "";
      on.say({ seq: (seq + far) >>> 0, ack: Math.floor(random() * 2 ** 32), flags, payload, window: 0 });
      answers += on.heard().length;
    }
    expect(events).toEqual([]);
    expect(connection.state).toBe("established");
    on.say({ seq, ack: iss + 6, payload: "world" });
    expect(events).toEqual(["data:world"]);
    expect(connection.unacknowledged).toBe(0);
    // Old bytes are answered one for one; nothing that carries none is answered without end.
    expect(answers).toBeLessThan(10_000);
  });

  test("a reset inside the window, but not where it should be, is asked for again", () => {
    const { bench: on, connection, iss, seq } = standing();
    on.say({ seq: seq + 1, flags: rst });
    expect(on.heard()).toMatchObject([{ flags: "ACK", seq: iss + 1, ack: seq }]);
    expect(connection.state).toBe("established");
    on.say({ seq, flags: rst });
    expect(connection.state).toBe("closed");
  });

  test("no more than ten answers a second to what looks forged", () => {
    const { bench: on, seq } = standing();
    for (let count = 0; count < 50; count++) on.say({ seq: seq + 1, flags: rst });
    expect(on.heard()).toHaveLength(10);
    on.wait(1_000_000);
    for (let count = 0; count < 50; count++) on.say({ seq: seq + 9, flags: syn });
    expect(on.heard()).toHaveLength(10);
  });

  test("bytes with an acknowledgement of what was never sent, or of long ago, are not taken", () => {
    const { bench: on, events, iss, seq } = standing();
    on.say({ seq, ack: iss + 2, payload: "future" });
    on.say({ seq, ack: iss + 1 - 0x10000, payload: "past" });
    expect(on.heard()).toMatchObject([
      { flags: "ACK", ack: seq },
      { flags: "ACK", ack: seq },
    ]);
    expect(events).toEqual([]);
    on.say({ seq, ack: iss + 1 - 0xffff, payload: "late" });
    expect(events).toEqual(["data:late"]);
  });

  test("a segment without acknowledgement is not looked at", () => {
    const { bench: on, events, seq } = standing();
    on.say({ seq, flags: psh, payload: "x" });
    on.say({ seq, flags: fin, payload: "x" });
    on.wait(100_000);
    expect(events).toEqual([]);
    expect(on.heard()).toEqual([]);
  });

  test("what lies partly outside the window is cut", () => {
    const made = standing(bench({ buffer: 4096 }));
    const { bench: on, events, iss, seq } = made;
    on.say({ seq: seq - 3, ack: iss + 1, payload: "oldnew" });
    expect(events).toEqual(["data:new"]);
    made.appetite = 0;
    for (let sent = 0; sent < 4; sent++) {
      on.say({ seq: seq + 3 + sent * 1000, ack: iss + 1, payload: new Uint8Array(1000).fill(97) });
    }
    on.heard();
    on.say({ seq: seq + 4003, ack: iss + 1, payload: "x".repeat(200), flags: fin | ack });
    expect(on.heard()).toMatchObject([{ ack: seq + 3 + 4096, window: 0 }]);
    expect(made.connection.state).toBe("established");
  });

  test("an end said at two places counts where the bytes end", () => {
    const { bench: on, connection, events, iss, seq } = standing();
    on.say({ seq: seq + 2, ack: iss + 1, flags: fin | ack });
    on.say({ seq, ack: iss + 1, payload: "abcd" });
    expect(connection.state).toBe("established");
    expect(events).toEqual(["data:abcd"]);
    on.say({ seq: seq + 4, ack: iss + 1, flags: fin | ack });
    expect(connection.state).toBe("closeWait");
    expect(events).toEqual(["data:abcd", "end"]);
  });

  test("bytes after the end are not taken", () => {
    const { bench: on, events, iss, seq } = standing();
    on.say({ seq, ack: iss + 1, flags: fin | ack });
    on.heard();
    on.say({ seq: seq + 1, ack: iss + 1, payload: "more" });
    expect(events).toEqual(["end"]);
    expect(on.heard()).toEqual([]);
  });
});

describe("echoes", () => {
  test("acknowledgements from outside are not answered without end", () => {
    const { bench: on, iss, seq } = standing();
    for (let count = 0; count < 100; count++) on.say({ seq: seq - 1, ack: iss + 1 });
    expect(on.heard()).toHaveLength(10);
    for (let count = 0; count < 100; count++) on.say({ seq: seq + 0x10_0000, ack: iss + 1, payload: "x" });
    expect(on.heard()).toEqual([]);
  });

  test("bytes sent again are answered each time", () => {
    const { bench: on, iss, seq } = standing();
    on.say({ seq, ack: iss + 1, payload: "x" });
    for (let count = 0; count < 30; count++) on.say({ seq, ack: iss + 1, payload: "x" });
    expect(on.heard()).toHaveLength(30);
  });

  test("an end beyond the window is not believed when the bytes come there", () => {
    const { bench: on, connection, iss, seq } = standing(bench({ buffer: 4096 }));
    on.say({ seq: seq + 4000, ack: iss + 1, payload: "x".repeat(200), flags: fin | ack });
    for (let at = 0; at < 4200; at += 100) on.say({ seq: seq + at, ack: iss + 1, payload: "y".repeat(100) });
    expect(connection.state).toBe("established");
  });

  test("a segment that a holder brings while it is called is lost", () => {
    const on = bench();
    const heard: string[] = [];
    let iss = 0;
    on.tcp.listen(80, () => ({
      onData(bytes, at, length) {
        heard.push(String.fromCharCode(...bytes.subarray(at, at + length)));
        if (heard.length === 1) on.say({ seq: 1004, ack: iss + 1, payload: "two" });
        return length;
      },
    }));
    on.say({ seq: 1000, flags: syn });
    iss = on.heard()[0]?.seq ?? 0;
    on.say({ seq: 1001, ack: iss + 1, payload: "one" });
    expect(heard).toEqual(["one"]);
    on.say({ seq: 1004, ack: iss + 1, payload: "two" });
    expect(heard).toEqual(["one", "two"]);
  });

  test("breaking off in LAST-ACK is told while bytes of ours are missing there", () => {
    const { bench: on, connection, iss, seq } = standing();
    on.say({ seq, ack: iss + 1, flags: fin | ack });
    connection.write(new TextEncoder().encode("unheard"));
    connection.close();
    on.heard();
    connection.abort();
    expect(on.heard()).toMatchObject([{ flags: "RST,ACK" }]);
  });
});

describe("bounds", () => {
  test("a flood of SYNs keeps 64 half-open connections and lets an honest one through", () => {
    const on = bench();
    const events: string[] = [];
    on.tcp.listen(80, () => listener(events));
    const flood = (from: number, count: number) => {
      for (let sent = 0; sent < count; sent++) on.say({ seq: sent, flags: syn, from: from + sent });
    };
    flood(0x0b00_0000, 5000);
    on.heard();
    on.say({ seq: 1000, flags: syn });
    const iss = on.heard()[0]?.seq ?? 0;
    flood(0x0c00_0000, 60);
    on.say({ seq: 1001, ack: iss + 1, payload: "hi" });
    expect(events).toEqual(["data:hi"]);
    const inspected = on.tcp.inspect();
    expect(Object.keys(inspected["connections"] ?? {}).length).toBe(64);
    on.wait(61_000_000);
    expect(Object.keys(on.tcp.inspect()["connections"] ?? {}).length).toBe(1);
  });

  test("with all connections in use another is not opened, either way", () => {
    const on = bench({ connections: 4 });
    const events: string[] = [];
    on.tcp.listen(80, () => listener(events));
    const open = (port: number) => {
      on.peerPort = port;
      on.say({ seq: 1000, flags: syn });
      const [answer] = on.heard();
      if (answer !== undefined) on.say({ seq: 1001, ack: answer.seq + 1 });
      return answer !== undefined;
    };
    expect([1, 2, 3, 4, 5].map(open)).toEqual([true, true, true, true, false]);
    expect(on.tcp.connect(theirs, 9, listener([]))).toBeNull();
    expect(on.tcp.inspect()).toMatchObject({ crowded: 2 });
    expect(events).toEqual([]);
  });

  test("who is in TIME-WAIT makes room", () => {
    const on = bench({ connections: 2 });
    const made = standing(on);
    made.connection.close();
    on.say({ seq: made.seq, ack: made.iss + 2, flags: fin | ack });
    expect(made.connection.state).toBe("timeWait");
    on.peerPort = 4001;
    standing(on);
    on.peerPort = 4002;
    standing(on);
    expect(made.connection.state).toBe("closed");
  });

  test("memory follows use and never passes the limit, whatever comes early", () => {
    const { bench: on, iss, seq } = standing();
    const memory = () => {
      const connections = on.tcp.inspect()["connections"];
      return JSON.stringify(connections).match(/"memory":(\d+)/)?.[1];
    };
    expect(memory()).toBe("0");
    const random = seeded(2);
    for (let count = 0; count < 5000; count++) {
      const payload = new Uint8Array(Math.floor(random() * 1460));
      on.say({ seq: seq + 1 + Math.floor(random() * 2 ** 19), ack: iss + 1, payload });
    }
    expect(Number(memory())).toBeLessThanOrEqual(256 << 10);
    expect(on.tcp.inspect()).toMatchObject({ connections: { 0: { state: "established" } } });
  });

  test("ends are told apart by address and port", () => {
    const on = bench();
    const heard = new Map<number, string>();
    on.tcp.listen(80, (connection): TcpHandlers => {
      const { remotePort, remoteAddress } = connection.ends;
      return {
        onData(bytes, at, length) {
          heard.set(remotePort + remoteAddress, String.fromCharCode(...bytes.subarray(at, at + length)));
          return length;
        },
      };
    });
    const peers = [1, 2, 3].flatMap((port) => [theirs, theirs + 5].map((from) => ({ port, from })));
    const opened = peers.map(({ port, from }) => {
      on.say({ seq: 1000, flags: syn, from, sourcePort: port });
      return { port, from, iss: on.heard()[0]?.seq ?? 0 };
    });
    expect(new Set(opened.map(({ iss }) => iss)).size).toBe(6);
    for (const { port, from, iss } of opened) {
      on.say({ seq: 1001, ack: iss + 1, from, sourcePort: port, payload: `${port} ${from}` });
    }
    for (const { port, from } of peers) expect(heard.get(port + from)).toBe(`${port} ${from}`);
  });

  test("a port can be had once, and again when it was given back", () => {
    const { tcp } = bench();
    const port = tcp.listen(80, () => null);
    expect(tcp.listen(80, () => null)).toBeNull();
    port?.[Symbol.dispose]();
    const next = tcp.listen(80, () => null);
    expect(next).not.toBeNull();
    port?.[Symbol.dispose]();
    expect(tcp.listen(80, () => null)).toBeNull();
  });
});

describe("damage", () => {
  test("short, cut, broken and misdirected segments are counted and not answered", () => {
    const on = bench();
    on.tcp.listen(80, () => listener([]));
    const whole = written({ seq: 1000, flags: syn });
    const give = (bytes: Uint8Array<ArrayBuffer>, length = bytes.length, to = on.host.address) =>
      on.host.receive?.(bytes, 0, length, theirs, to);
    give(whole, 19);
    give(new Uint8Array(0));
    for (const at of [0, 4, 13, 16, 19]) {
      const broken = whole.slice();
      broken[at] = (broken[at] ?? 0) ^ 1;
      give(broken);
    }
    for (const offset of [0, 4, 6, 15]) {
      const broken = whole.slice();
      broken[12] = offset << 4;
      give(broken);
    }
    give(whole, whole.length, 0xffff_ffff);
    expect(on.heard()).toEqual([]);
    expect(on.tcp.inspect()).toMatchObject({ damaged: 12, connections: {} });
    give(whole);
    expect(on.heard()).toHaveLength(1);
  });
});
