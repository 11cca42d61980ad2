import { afterEach, describe, expect, it } from "vitest";
import { threadClock } from "../../src/hal/clock.ts";
import { dialWebSocket } from "../../src/hal/uplink/web-socket.ts";
import { openWisp, type StreamTarget, type StreamUplink } from "../../src/network/index.ts";
import { labListener, opened } from "../lab/uplink.ts";
import { until, withLabServer } from "./lab-server.ts";

const open: StreamUplink[] = [];
let ticking: ReturnType<typeof setInterval> | undefined;
afterEach(() => {
  clearInterval(ticking);
  for (const wisp of open.splice(0)) wisp.close();
});

function openServer(address: string, login: { name: string; password: string } | null = null): StreamUplink {
  const wisp = openWisp({
    address,
    login,
    dial: dialWebSocket,
    clock: threadClock,
    random: () => 0,
    told: () => {},
    log: () => {},
  });
  open.push(wisp);
  ticking = setInterval(() => wisp.tick(), 50);
  wisp.connect();
  return wisp;
}
async function openUp(address: string, login: { name: string; password: string } | null = null) {
  const wisp = openServer(address, login);
  await until(() => wisp.state().kind === "up", "up");
  return wisp;
}
const here = (port: number, kind: StreamTarget["kind"] = "tcp"): StreamTarget => ({
  kind,
  host: "127.0.0.1",
  port,
});
const request = (path: string) =>
  new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);

describe.each([
  ["2", "/"],
  ["1", "/one/"],
])("a Wisp server of version %s", (version, path) => {
  it("carries a TCP connection", async () => {
    await withLabServer("wisp-server", async (port) => {
      const wisp = await openUp(`ws://127.0.0.1:${port}${path}`);
      expect(wisp.inspect()["version"]).toBe(Number(version));
      const listener = labListener();
      const stream = opened(wisp.open(here(port), listener));
      const question = request("/hello");
      expect(stream.send(question, 0, question.length)).toBe(question.length);
      await until(() => listener.ends.length === 1, "the end");
      expect(new TextDecoder().decode(Uint8Array.from(listener.got))).toContain("You asked for /hello.");
      expect(listener.ends[0]?.kind).toBe("finished");
    });
  });

  it("carries datagrams", async () => {
    await withLabServer("wisp-server", async (port) => {
      const wisp = await openUp(`ws://127.0.0.1:${port}${path}`);
      const listener = labListener();
      opened(wisp.open(here(port, "udp"), listener)).send(Uint8Array.of(5, 6, 7), 0, 3);
      await until(() => listener.got.length === 3, "the echo");
      expect(listener.got).toEqual([5, 6, 7]);
    });
  });
});

it("says who refused a connection", async () => {
  await withLabServer("wisp-server", async (port) => {
    const wisp = await openUp(`ws://127.0.0.1:${port}/`);
    const listener = labListener();
    opened(wisp.open(here(1), listener));
    await until(() => listener.ends.length === 1, "the end");
    expect(listener.ends).toEqual([{ kind: "refused", reason: "The address refused the connection." }]);
  });
});

it("a long upload waits for credit and arrives whole", async () => {
  await withLabServer("wisp-server", async (port) => {
    const wisp = await openUp(`ws://127.0.0.1:${port}/slow/`);
    const listener = labListener();
    const stream = opened(wisp.open(here(port), listener));
    const body = new Uint8Array(600_000);
    const head = new TextEncoder().encode(
      `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    const all = new Uint8Array([...head, ...body]);
    let sent = 0;
    let waits = 0;
    while (sent < all.length) {
      const taken = stream.send(all, sent, all.length - sent);
      sent += taken;
      if (sent === all.length) break;
      const rooms = listener.rooms;
      waits++;
      await until(() => listener.rooms > rooms, "room");
    }
    expect(waits).toBeGreaterThan(10);
    await until(() => listener.ends.length === 1, "the end");
    expect(new TextDecoder().decode(Uint8Array.from(listener.got))).toContain("You sent 600000 bytes.");
    expect(listener.ends[0]?.kind).toBe("finished");
  });
});

it("a guest that does not read loses its own stream only", async () => {
  await withLabServer("wisp-server", async (port) => {
    const wisp = await openUp(`ws://127.0.0.1:${port}/`);
    const [idle, other] = [labListener(), labListener()];
    idle.appetite = 0;
    const bulk = request("/bulk");
    opened(wisp.open(here(port), idle)).send(bulk, 0, bulk.length);
    await until(() => idle.ends.length === 1, "the end of the idle stream");
    expect(idle.ends[0]?.reason).toBe("The server sent more than the guest could read in time.");
    const question = request("/still-here");
    opened(wisp.open(here(port), other)).send(question, 0, question.length);
    await until(() => other.ends.length === 1, "the other's answer");
    expect(new TextDecoder().decode(Uint8Array.from(other.got))).toContain("You asked for /still-here.");
    expect(wisp.inspect()).toMatchObject({ state: "up", keptBytes: 0, streams: 0 });
  });
});

it("a password is asked for, and judged", async () => {
  await withLabServer("wisp-server", async (port) => {
    const address = `ws://127.0.0.1:${port}/secret/`;
    await openUp(address, { name: "lab", password: "secret" });
    for (const [login, words] of [
      [null, "asks for a name and a password"],
      [{ name: "lab", password: "guess" }, "does not accept the name or the password"],
    ] as const) {
      const wisp = openServer(address, login);
      await until(() => wisp.state().kind === "closed", "closed");
      expect(wisp.describe().status).toContain(words);
    }
  });
});

it("a server that makes up streams is hung up on", async () => {
  await withLabServer("wisp-server", async (port) => {
    const wisp = openServer(`ws://127.0.0.1:${port}/flood/`);
    await until(() => wisp.state().kind === "lost", "lost");
    expect(wisp.describe().status).toContain("data for a connection that was never opened");
  });
});
