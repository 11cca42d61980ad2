import { afterEach, expect, it } from "vitest";
import { commands } from "vitest/browser";
import { threadClock } from "../../src/hal/clock.ts";
import { dialWebSocket } from "../../src/hal/uplink/web-socket.ts";
import { openRelay, type Uplink } from "../../src/network/index.ts";
import { labBroadcast, labFrame, labPort } from "../lab/uplink.ts";
import { until, withLabServer } from "./lab-server.ts";

const open: Uplink[] = [];
let ticking: ReturnType<typeof setInterval> | undefined;
afterEach(() => {
  clearInterval(ticking);
  for (const uplink of open.splice(0)) uplink.close();
});

function openUplink(address: string) {
  const port = labPort();
  const states: string[] = [];
  const uplink = openRelay({
    address,
    dial: dialWebSocket,
    clock: threadClock,
    random: () => 0,
    told: ({ kind }) => states.push(kind),
    log: () => {},
  });
  open.push(uplink);
  clearInterval(ticking);
  ticking = setInterval(() => {
    for (const each of open) each.tick();
  }, 50);
  uplink.open(port);
  return { uplink, port, states, isUp: () => uplink.state().kind === "up" };
}

it("two hosts reach each other through a relay, and do not hear themselves", async () => {
  await withLabServer("relay-server", async (port) => {
    const [a, b] = [openUplink(`ws://127.0.0.1:${port}/`), openUplink(`ws://127.0.0.1:${port}/`)];
    await until(() => a.isUp() && b.isUp(), "both up");
    expect(a.uplink.frame(labBroadcast(1), 0, 60)).toBe(true);
    await until(() => b.port.frames.length === 1, "the broadcast");
    for (let sent = 0; sent < 500; sent++) b.uplink.frame(labFrame(1, 2, 1514, sent), 0, 1514);
    await until(() => a.port.frames.length === 500, "the answers");
    expect(a.port.frames[499]).toEqual(labFrame(1, 2, 1514, 499));
    expect(a.uplink.inspect()).toMatchObject({ echoes: 1, lies: 0, received: 500 });
    expect(b.port.frames).toEqual([labBroadcast(1)]);
  });
});

it("a relay that dies is told, and found again", async () => {
  await withLabServer("relay-server", async (port) => {
    const { uplink, states, isUp } = openUplink(`ws://127.0.0.1:${port}/`);
    await until(isUp, "up");
    await commands.stopLabServer(port);
    await until(() => !isUp(), "lost");
    expect(uplink.describe().status).toContain(`The connection to ws://127.0.0.1:${port}/ broke.`);
    expect(uplink.frame(labFrame(1, 2), 0, 60)).toBe(false);
    await until(() => states.length >= 5, "another attempt");
    expect(states.slice(0, 5)).toEqual(["connecting", "up", "lost", "connecting", "lost"]);
    expect(uplink.describe().status).toContain("could not be reached");
  });
});

it("a relay that closes each time is called again, and comes up each time", async () => {
  await withLabServer("relay-server", async (port) => {
    const { uplink, states } = openUplink(`ws://127.0.0.1:${port}/hangup`);
    await until(() => states.length >= 5, "two attempts");
    expect(states.slice(0, 5)).toEqual(["connecting", "up", "lost", "connecting", "up"]);
    uplink.close();
  });
});

it("a server that talks is no relay", async () => {
  await withLabServer("relay-server", async (port) => {
    const { uplink } = openUplink(`ws://127.0.0.1:${port}/text`);
    await until(() => uplink.state().kind === "lost", "given up");
    expect(uplink.describe().status).toContain("a text message of 29 characters");
    expect(uplink.describe().status).toContain("probably no Ethernet relay");
  });
});

it("messages longer than any frame are not passed on", async () => {
  await withLabServer("relay-server", async (port) => {
    const { uplink, port: inside } = openUplink(`ws://127.0.0.1:${port}/oversize`);
    await until(() => uplink.state().kind === "lost", "given up");
    expect(uplink.describe().status).toContain("a message of 20000 bytes, which is no Ethernet frame");
    expect(inside.frames).toEqual([]);
  });
});

it("a relay that floods leaves the thread its time", async () => {
  await withLabServer("relay-server", async (port) => {
    const { uplink } = openUplink(`ws://127.0.0.1:${port}/flood`);
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(performance.now() - start).toBeLessThan(6000);
    const received = Number(uplink.inspect()["received"]);
    expect(received).toBeGreaterThan(1000);
    expect((received * 1514) / ((performance.now() - start) / 1000)).toBeLessThan(80 * 1024 * 1024);
  });
});

it("a server that refuses, and an address nobody answers at, are told", async () => {
  await withLabServer("relay-server", async (port) => {
    const refused = openUplink(`ws://127.0.0.1:${port}/refuse`);
    const nobody = openUplink("ws://127.0.0.1:1/");
    for (const { uplink, states } of [refused, nobody]) {
      await until(() => states.includes("lost"), "lost");
      expect(uplink.describe().status).toContain("could not be reached");
    }
  });
});

it("what the browser itself refuses is told, not thrown", async () => {
  const { uplink, states } = openUplink("ws://host:99999/");
  await until(() => states.includes("lost"), "lost");
  expect(uplink.describe().status).toContain("The browser refuses the address");
});
