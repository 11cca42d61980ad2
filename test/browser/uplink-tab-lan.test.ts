import { afterEach, expect, it } from "vitest";
import { threadClock } from "../../src/hal/clock.ts";
import { afterThisTask, joinTabChannel } from "../../src/hal/uplink/tab-channel.ts";
import { openTabLan, type TabLan } from "../../src/network/index.ts";
import { labBroadcast, labFrame, labPort } from "../lab/uplink.ts";
import { until } from "./lab-server.ts";

const open: TabLan[] = [];
const workers: Worker[] = [];
afterEach(() => {
  for (const lan of open.splice(0)) lan.close();
  for (const worker of workers.splice(0)) worker.terminate();
});

function openTab(id: string, segment: string) {
  const port = labPort();
  const lan = openTabLan({
    segment,
    tab: id,
    join: joinTabChannel,
    soon: afterThisTask,
    clock: threadClock,
    random: () => 0,
    told: () => {},
    log: () => {},
  });
  open.push(lan);
  lan.open(port);
  return { lan, port };
}

it("tabs hear each other on their own segment only", async () => {
  const [a, b, other] = [openTab("a", "s1"), openTab("b", "s1"), openTab("c", "s2")];
  a.lan.frame(labBroadcast(1), 0, 60);
  b.lan.frame(labFrame(1, 2, 9000), 0, 9000);
  await until(() => a.port.frames.length === 1 && b.port.frames.length === 1, "both frames");
  expect(b.port.frames).toEqual([labBroadcast(1)]);
  expect(a.port.frames).toEqual([labFrame(1, 2, 9000)]);
  expect(other.port.frames).toEqual([]);
  expect(a.lan.tabOf(labFrame(2, 0), 0)).toBe("b");
});

it("a burst arrives whole and in order, in few messages", async () => {
  const [a, b] = [openTab("a", "s3"), openTab("b", "s3")];
  for (let sent = 0; sent < 2000; sent++) a.lan.frame(labFrame(2, 1, 1000, sent & 255), 0, 1000);
  await until(() => b.port.frames.length === 2000, "the burst");
  expect(b.port.frames.every((frame, index) => frame[999] === (index & 255))).toBe(true);
  expect(Number(a.lan.inspect()["messages"])).toBe(Math.ceil(2000 / Math.floor(65536 / 1002)));
});

it("a tab that vanishes in the middle leaves the other sane", async () => {
  const a = openTab("a", "s4");
  const worker = new Worker(new URL("./tab-lan.worker.ts", import.meta.url), { type: "module" });
  workers.push(worker);
  await until(() => a.port.frames.length > 100, "the other's frames");
  worker.terminate();
  workers.pop();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const heard = a.port.frames.length;
  expect(a.lan.state().kind).toBe("up");
  expect(a.lan.inspect()).toMatchObject({ lies: 0 });
  expect(a.lan.frame(labBroadcast(1), 0, 60)).toBe(true);
  const again = openTab("b", "s4");
  again.lan.frame(labBroadcast(2), 0, 60);
  await until(() => a.port.frames.length > heard, "a new tab");
});
