import { describe, expect, it } from "vitest";
import { bytesOfMac } from "../../../src/network/index.ts";
import { ipFrame } from "../../lab/ip-frames.ts";
import { nvsp, rndis } from "../../lab/netvsc.ts";
import { type LabHost, openStraightHosts } from "../../lab/straight-hosts.ts";

async function openPair(count = 2) {
  const lab = openStraightHosts(count);
  for (const host of lab.hosts) {
    host.plug();
    host.guest.bringUp();
  }
  await lab.settle();
  const [a, b] = lab.hosts;
  if (a === undefined || b === undefined) throw new Error("no hosts");
  return { ...lab, a, b };
}

function frame(from: LabHost, to: LabHost, length = 100, fill = 1) {
  const macs = { from: [...bytesOfMac(from.mac)], to: [...bytesOfMac(to.mac)] };
  return ipFrame({ protocol: "udp", version: 4, data: new Uint8Array(length).fill(fill), ...macs });
}

function send(from: LabHost, ...messages: Uint8Array[]) {
  return from.guest.put(nvsp.rndis(0), { pages: Buffer.concat(messages) });
}

const pathsOut = (host: LabHost) => host.guest.side.relay.inspect()["pathsOut"];
const straight = (host: LabHost) => host.guest.inspectLane()["straight"];
const partsFree = (host: LabHost) => host.adapter.inspect()["partsFree"];

describe("frames past the switch", () => {
  it("go straight between two guests, and are counted as if they had passed", async () => {
    const lab = await openPair();
    const { a, b, live } = lab;
    expect([pathsOut(a), pathsOut(b)]).toEqual([1, 1]);
    const sent = frame(a, b);
    send(a, rndis.packet(sent));
    const done = a.guest.completions();
    expect([...done.values()].map((one) => Buffer.from(one.subarray(0, 8)).toString("hex"))).toEqual([
      "6c00000001000000",
    ]);
    await lab.settle();
    expect(b.frames()).toEqual([sent]);
    expect([straight(a), straight(b)]).toEqual([1, 1]);
    lab.report();
    await lab.settle();
    const summary = live.summary();
    expect(summary.direct).toEqual([{ from: 1, to: 2, frames: 1, bytes: sent.length }]);
    expect(summary.ports.map(({ queue, framesIn, framesOut }) => [queue, framesIn, framesOut])).toEqual([
      [true, 1, 0],
      [true, 0, 1],
    ]);
  });

  it("take the switch again as soon as a setting changes, and the parts come back", async () => {
    const lab = await openPair();
    const { a, b, live } = lab;
    const whole = Number(partsFree(b)) * 2;
    b.unplug();
    await live.settled();
    send(a, rndis.packet(frame(a, b)));
    await lab.settle();
    expect(b.frames()).toEqual([]);
    expect([pathsOut(a), straight(a)]).toEqual([0, 0]);
    expect(Number(partsFree(b))).toBeGreaterThanOrEqual(whole - 2);
    b.plug({ vlan: { kind: "access", id: 7 } });
    await lab.settle();
    expect(pathsOut(a)).toBe(0);
    send(a, rndis.packet(frame(a, b)));
    await lab.settle();
    expect(b.frames()).toEqual([]);
    b.unplug();
    b.plug();
    await lab.settle();
    expect(pathsOut(a)).toBe(1);
  });

  it("are seen by a capture, which ends them", async () => {
    const lab = await openPair();
    const { a, b, live } = lab;
    live.startCapture(null);
    await live.settled();
    expect(pathsOut(a)).toBe(0);
    send(a, rndis.packet(frame(a, b)));
    await lab.settle();
    expect(b.frames().length).toBe(1);
    expect(live.readCapture({ after: 0, limit: 10, filter: "" }).length).toBe(2);
    live.stopCapture();
    await lab.settle();
    expect(pathsOut(a)).toBe(1);
  });
});
