import { describe, expect, it } from "vitest";
import { bytesOfMac } from "../../../src/network/index.ts";
import { ipFrame } from "../../lab/ip-frames.ts";
import { gpaDirect } from "../../lab/loopback-guest.ts";
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
    await lab.settle();
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

  it("that are under way when policy changes reach nobody, and none goes in after the answer", async () => {
    const lab = await openPair();
    const { a, b, live } = lab;
    send(a, rndis.packet(frame(a, b)));
    live.startCapture(1);
    // The change is not answered before the source has let go.
    expect(pathsOut(a)).toBe(0);
    await live.settled();
    send(a, rndis.packet(frame(a, b, 50, 7)));
    expect(straight(a)).toBe(1);
    await lab.settle();
    const got = b.frames();
    expect(got.map((one) => one.at(-1))).toEqual([7]);
  });

  it("keep their order when a path opens: what was sent before goes first", async () => {
    const lab = await openPair();
    const { a, b } = lab;
    b.unplug();
    await lab.settle();
    b.plug();
    const ring = a.guest.rings().up;
    const header = (fill: number) => {
      const bytes = rndis.packet(frame(a, b, 20, fill));
      const at = 0x60 * 4096 + fill * 512;
      a.guest.guest.memory.bytes().set(bytes, at);
      return gpaDirect({ bytes: bytes.length, offset: at & 4095, pages: [at >> 12] });
    };
    const packet = (fill: number) =>
      ring.put({
        type: 9,
        flags: 1,
        transaction: BigInt(fill),
        header: header(fill),
        payload: nvsp.rndis(0),
      });
    packet(1);
    a.guest.side.relay.doorbell(a.guest.channel);
    a.guest.side.relay.drain();
    for (let turn = 0; turn < 40; turn++) await Promise.resolve();
    expect(pathsOut(a)).toBe(1);
    packet(2);
    a.guest.side.relay.drain();
    expect([straight(a), a.guest.inspectLane()["inFlight"]]).toEqual([0, 1]);
    await lab.settle();
    expect([straight(a), a.guest.inspectLane()["inFlight"]]).toEqual([1, 0]);
    expect(b.frames().map((one) => one.at(-1))).toEqual([1, 2]);
  });

  it("are answered when the other end has taken them, and soon when it does not", async () => {
    const lab = await openPair();
    const { a, b } = lab;
    const { relay } = a.guest.side;
    const first = send(a, rndis.packet(frame(a, b)));
    expect([relay.awaitsAnswer(), a.guest.completions().size]).toEqual([true, 0]);
    await lab.settle();
    expect(relay.awaitsAnswer()).toBe(false);
    expect([...a.guest.completions().keys()]).toEqual([first]);
    const second = send(a, rndis.packet(frame(a, b)));
    for (let turn = 0; turn < 30; turn++) relay.deliver();
    expect([...a.guest.completions().keys()]).toEqual([second]);
  });

  it("are lost when the target is behind, and counted; the source's guest is answered all the same", async () => {
    const lab = await openPair();
    const { a, b, live } = lab;
    const macs = { from: [...bytesOfMac(a.mac)], to: [...bytesOfMac(b.mac)] };
    const large = ipFrame({ protocol: "tcp", version: 4, data: new Uint8Array(60_000), ...macs });
    const message = rndis.packet(large, [[2, 1460]]);
    for (let turn = 0; turn < 80; turn++) send(a, message);
    await lab.settle();
    expect(a.guest.completions().size).toBe(80);
    send(a, rndis.packet(frame(a, b)));
    b.frames();
    await lab.settle();
    expect(b.frames().length).toBe(1);
    lab.report();
    await lab.settle();
    const { ports } = live.summary();
    expect(ports[1]?.dropped).toBeGreaterThan(10);
    expect((ports[1]?.dropped ?? 0) + (ports[1]?.framesOut ?? 0)).toBe(ports[0]?.framesIn);
  });

  it("end with the guest's halt, its buffer and its channel, and begin anew", async () => {
    const lab = await openPair();
    const { a, b } = lab;
    a.guest.put(nvsp.rndis(1), { pages: rndis.halt() });
    send(a, rndis.packet(frame(a, b)));
    expect(straight(a)).toBe(0);
    await lab.settle();
    expect([pathsOut(a), b.frames()]).toEqual([0, []]);
    a.guest.control(rndis.initialize());
    await lab.settle();
    expect(pathsOut(a)).toBe(1);
    send(a, rndis.packet(frame(a, b)));
    b.guest.close();
    b.guest.bringUp();
    await lab.settle();
    expect(b.frames()).toEqual([]);
    send(a, rndis.packet(frame(a, b)));
    await lab.settle();
    expect([straight(a), b.frames().length]).toEqual([2, 1]);
    b.guest.put(nvsp.revokeReceive());
    send(a, rndis.packet(frame(a, b)));
    await lab.settle();
    expect([pathsOut(a), b.guest.side.relay.inspect()["queues"]]).toEqual([0, 0]);
  });

  it("follow weights, with four queues a network", async () => {
    const lab = await openPair(6);
    const queues = () => lab.live.summary().ports.map(({ queue }) => queue);
    expect(queues()).toEqual([true, true, true, true, false, false]);
    const last = lab.hosts[5];
    const first = lab.hosts[0];
    first?.unplug();
    first?.plug({ vmqWeight: 0 });
    last?.unplug();
    last?.plug({ vmqWeight: 100 });
    await lab.settle();
    expect(lab.live.summary().ports.filter(({ queue }) => queue).length).toBe(4);
    expect(lab.hosts.map((host) => host.guest.side.relay.inspect()["queues"])).toEqual([0, 1, 1, 1, 1, 0]);
    expect(lab.hosts.map(pathsOut)).toEqual([4, 3, 3, 3, 3, 4]);
  });

  it("lead both ways again after one end was plugged in anew", async () => {
    const lab = await openPair();
    const { a, b } = lab;
    b.unplug();
    b.plug({ vmqWeight: 50 });
    await lab.settle();
    expect([pathsOut(a), pathsOut(b)]).toEqual([1, 1]);
    expect([a, b].map((host) => host.guest.side.relay.inspect()["queues"])).toEqual([1, 1]);
  });

  it("never lose parts, however often they come and go", async () => {
    const lab = await openPair();
    const { a, b } = lab;
    b.unplug();
    await lab.settle();
    b.frames();
    const whole = partsFree(b);
    for (let cycle = 0; cycle < 1000; cycle++) {
      b.plug();
      for (let turn = 0; turn < (cycle % 7) * 4; turn++) await Promise.resolve();
      if (cycle % 50 === 0) {
        await lab.settle();
        send(a, rndis.packet(frame(a, b)));
        await lab.settle();
      }
      b.unplug();
      if (cycle % 10 === 0) b.guest.side.relay.drain();
    }
    // News of the link wait for parts as well; the guest takes them all.
    for (let round = 0; round < 4; round++) {
      await lab.settle();
      b.frames();
    }
    expect(partsFree(b)).toBe(whole);
    const { queues, pathsIn, pathsOut: out } = b.guest.side.relay.inspect();
    expect([queues, pathsIn, out, pathsOut(a)]).toEqual([0, 0, 0, 0]);
    b.plug();
    await lab.settle();
    expect(pathsOut(a)).toBe(1);
  }, 60_000);
});
