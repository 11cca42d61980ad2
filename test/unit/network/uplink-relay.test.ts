import { describe, expect, it } from "vitest";
import { longestFrame, openRelay } from "../../../src/network/index.ts";
import { labBroadcast, labDial, labFrame, labPort, labSurroundings } from "../../lab/uplink.ts";

function openLab() {
  const around = labSurroundings();
  const network = labDial();
  const port = labPort();
  const relay = openRelay({ ...around.options, address: "ws://relay.example/", dial: network.dial });
  function up() {
    relay.open(port);
    network.last().events.opened();
    return network.last();
  }
  return { ...around, network, port, relay, up };
}

describe("an Ethernet relay", () => {
  it("calls nobody before it is opened, and drops what comes", () => {
    const { network, relay } = openLab();
    relay.tick();
    expect(network.calls).toEqual([]);
    expect(relay.frame(labFrame(1, 2), 0, 60)).toBe(false);
    expect(relay.inspect()).toMatchObject({ state: "closed", notUp: 1, sent: 0 });
    expect(relay.describe().status).toBe("Not connected.");
  });

  it("is one message a frame, both ways", () => {
    const { network, port, relay, up, states } = openLab();
    const call = up();
    expect(call.options).toEqual({ address: "ws://relay.example/", protocol: null });
    const bytes = new Uint8Array(200);
    bytes.set(labFrame(1, 2), 100);
    expect(relay.frame(bytes, 100, 60)).toBe(true);
    expect(network.last().sent).toEqual([labFrame(1, 2)]);
    call.events.bytes(labFrame(2, 1));
    expect(port.frames).toEqual([labFrame(2, 1)]);
    expect(states).toEqual(["connecting", "up"]);
    expect(relay.describe().status).toBe("Connected.");
  });

  it("while it is being called, frames are dropped and counted", () => {
    const { relay, port, network } = openLab();
    relay.open(port);
    expect(relay.frame(labFrame(1, 2), 0, 60)).toBe(false);
    expect(network.last().sent).toEqual([]);
  });

  it("comes back after it was lost, and says why and when", () => {
    const { network, relay, up, pass, states } = openLab();
    up().events.ended("The connection to ws://relay.example/ broke.");
    expect(network.last().closed).toBe(true);
    expect(relay.describe().status).toBe(
      "The connection to ws://relay.example/ broke. The next attempt is in 1 s.",
    );
    relay.tick();
    expect(network.calls.length).toBe(1);
    pass(1.1);
    relay.tick();
    expect(network.calls.length).toBe(2);
    network.last().events.opened();
    expect(states).toEqual(["connecting", "up", "lost", "connecting", "up"]);
    expect(relay.frame(labFrame(1, 2), 0, 60)).toBe(true);
  });

  it("closing ends everything", () => {
    const { network, relay, up, pass } = openLab();
    const call = up();
    relay.close();
    expect(call.closed).toBe(true);
    pass(1000);
    relay.tick();
    expect(network.calls.length).toBe(1);
    expect(relay.state()).toEqual({ kind: "closed", reason: null });
  });

  it("does not wait for a slow network: what does not fit is lost", () => {
    const { relay, up } = openLab();
    const call = up();
    call.backlog = 1024 * 1024;
    expect(relay.frame(labFrame(1, 2), 0, 60)).toBe(false);
    call.backlog = 0;
    expect(relay.frame(labFrame(1, 2), 0, 60)).toBe(true);
    expect(relay.inspect()).toMatchObject({ full: 1, sent: 1 });
  });

  it("keeps the relay's echoes of our own frames away from the switch", () => {
    const { relay, port, up, pass } = openLab();
    const call = up();
    relay.frame(labBroadcast(7), 0, 60);
    call.events.bytes(labBroadcast(7));
    call.events.bytes(labBroadcast(8));
    expect(port.frames).toEqual([labBroadcast(8)]);
    expect(relay.inspect()).toMatchObject({ echoes: 1, received: 1 });
    // The machine moved to a host beyond the relay.
    pass(2);
    call.events.bytes(labBroadcast(7));
    expect(port.frames.length).toBe(2);
  });
});

describe("a relay that lies", () => {
  it("loses what is no frame; the rest goes on", () => {
    const { relay, port, up, lines } = openLab();
    const call = up();
    call.events.text(5);
    call.events.bytes(new Uint8Array(13));
    call.events.bytes(new Uint8Array(longestFrame + 1));
    call.events.bytes(new Uint8Array(0));
    call.events.bytes(labFrame(1, 2));
    expect(port.frames.length).toBe(1);
    expect(relay.inspect()).toMatchObject({ lies: 4, received: 1, state: "up" });
    expect(lines[0]).toBe(
      "The relay ws://relay.example/ sent a text message of 5 characters. It is ignored.",
    );
  });

  it("is hung up on when it goes on, with a sentence; the log is not flooded", () => {
    const { relay, up, lines } = openLab();
    const call = up();
    for (let told = 0; told < 100; told++) call.events.text(28);
    expect(call.closed).toBe(true);
    expect(relay.state()).toMatchObject({ kind: "lost" });
    expect(relay.describe().status).toContain("It is probably no Ethernet relay: check the address.");
    expect(lines.length).toBeLessThan(10);
  });

  it("that mended its ways is judged anew after each call", () => {
    const { relay, network, up, pass } = openLab();
    const call = up();
    for (let told = 0; told < 20; told++) call.events.text(1);
    call.events.ended("gone");
    pass(2);
    relay.tick();
    network.last().events.opened();
    for (let told = 0; told < 20; told++) network.last().events.text(1);
    expect(relay.state().kind).toBe("up");
  });

  it("is tried again ever more seldom", () => {
    const { relay, network, up, pass } = openLab();
    up();
    for (let seconds = 0; seconds < 600; seconds++) {
      const call = network.last();
      if (!call.closed) {
        call.events.opened();
        for (let told = 0; told < 40; told++) call.events.text(1);
      }
      pass(1);
      relay.tick();
    }
    expect(network.calls.length).toBeGreaterThan(8);
    expect(network.calls.length).toBeLessThan(18);
  });

  it("that floods loses what is over the rate", () => {
    const { relay, port, up, pass, lines } = openLab();
    const call = up();
    const frame = labFrame(1, 2, 1514);
    for (let sent = 0; sent < 40_000; sent++) call.events.bytes(frame);
    const first = Number(relay.inspect()["received"]);
    expect(first).toBeLessThan(12_000);
    expect(Number(relay.inspect()["overRate"])).toBe(40_000 - first);
    expect(port.frames.length).toBeGreaterThan(1000);
    expect(lines.length).toBe(1);
    pass(1);
    call.events.bytes(frame);
    expect(Number(relay.inspect()["received"])).toBe(first + 1);
  });
});
