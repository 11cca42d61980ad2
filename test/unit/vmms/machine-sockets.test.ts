import { describe, expect, it } from "vitest";
import { guestFilePort, type VmGuid } from "../../../src/hvdef/index.ts";
import { micros } from "../../../src/support/index.ts";
import { openClientSockets } from "../../../src/vmms/sockets/client-sockets.ts";
import { type MachineSockets, openMachineSockets } from "../../../src/vmms/sockets/machine-sockets.ts";
import { openReceived } from "../../../src/vmms/sockets/received.ts";
import { openSocketLab } from "../../lab/hvsocket.ts";
import { codeOf, settle, textOf } from "../../lab/memory-host.ts";

const vm = "id of web01" as VmGuid;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const shown = (piece: Uint8Array | null) => (piece === null ? null : Buffer.from(piece).toString());

/** A machine's sockets over a scripted guest. */
function openMachineLab() {
  let running = true;
  const told: string[] = [];
  const received = openReceived({ wallClock: () => 0, changed() {} });
  const clock = { now: () => lab.clock.now() };
  const machine: MachineSockets = openMachineSockets({
    vm,
    name: "web01",
    clock,
    isRunning: () => running,
    received,
    tell: (_level, text) => void told.push(text),
  });
  const lab = openSocketLab(machine.options().service);
  machine.begin(lab.sockets);
  machine.goOn();
  lab.load();
  const client = openClientSockets(() => machine);
  /** Lets guest and host go on until nothing follows any more. */
  async function run(turns = 8): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      lab.settle(3);
      await settle(3);
    }
  }
  async function wait(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      lab.clock.advance(micros(1_000_000));
      machine.tick();
    }
    await run();
  }
  function be(on: boolean): void {
    running = on;
  }
  return { machine, lab, client, received, told, run, wait, be };
}

const copy = (name = "file") => ({
  name,
  folder: "/root",
  byteLength: 300_000,
  pieces: (async function* () {
    yield new Uint8Array(300_000);
  })(),
});
const steps = (signal: AbortSignal) => ({ signal, step: async () => {} });

describe("sockets for clients of the host", () => {
  it("connect, listen, carry bytes and end", async () => {
    const { lab, client, run } = openMachineLab();
    lab.listening.add(6000);
    const connecting = client.connectSocket(vm, 6000);
    await run();
    const out = await connecting;
    expect(out).toMatchObject({ guestPort: 6000, hostPort: 49152 });
    expect(await codeOf(client.writeSocket(out.socket, new Uint8Array((16 << 20) + 1)))).toBe(
      "socket.tooMuch",
    );
    await client.writeSocket(out.socket, bytesOf("ping"));
    await run();
    expect(shown(lab.accepted[0]?.read() ?? null)).toBe("ping");

    await client.listenSocket(vm, 5000);
    const accepting = client.acceptSocket(vm, 5000);
    const socket = lab.connect(5000, 0x444);
    await run();
    const into = await accepting;
    expect(into).toMatchObject({ guestPort: 0x444, hostPort: 5000 });
    if (into === null) return;
    socket?.write(bytesOf("one"));
    socket?.write(bytesOf("two"));
    socket?.shutdown();
    await run();
    expect(shown(await client.readSocket(into.socket))).toBe("onetwo");
    expect(await client.readSocket(into.socket)).toBeNull();
    await client.endSocket(into.socket);
    await run();
    socket?.read();
    expect(socket?.rescinded()).toBe(true);
    await client.abortSocket(into.socket);
    expect(await codeOf(client.readSocket(into.socket))).toBe("socket.gone");
  });

  it("are refused with a sentence", async () => {
    const { client, run, wait, be } = openMachineLab();
    expect(await codeOf(client.connectSocket(vm, 0))).toBe("socket.noPort");
    expect(await codeOf(client.listenSocket(vm, 1.5))).toBe("socket.noPort");
    expect(await codeOf(client.listenSocket(vm, guestFilePort))).toBe("socket.port");
    expect(await codeOf(client.acceptSocket(vm, 5000))).toBe("socket.notListening");
    const nobody = textOf(client.connectSocket(vm, 6000));
    await run();
    await wait(12);
    expect(await nobody).toContain("No program in the guest of web01 took the connection to port 6000");
    be(false);
    expect(await codeOf(client.connectSocket(vm, 6000))).toBe("vm.state");
  });

  it("hold the writer back until the guest reads, and fail when it is over", async () => {
    const { lab, client, run } = openMachineLab();
    lab.listening.add(6000);
    const connecting = client.connectSocket(vm, 6000);
    await run();
    const { socket } = await connecting;
    let through = false;
    const writing = client.writeSocket(socket, new Uint8Array(200_000)).then(() => {
      through = true;
    });
    await run();
    expect(through).toBe(false);
    const [guest] = lab.accepted;
    let read = 0;
    for (let turn = 0; turn < 40; turn++) {
      read += guest?.read().length ?? 0;
      await run(1);
    }
    await writing;
    expect([through, read]).toEqual([true, 200_000]);
    lab.load();
    await run();
    expect(await textOf(client.writeSocket(socket, bytesOf("x")))).toBe(
      "The connection with the guest of web01 broke off.",
    );
  });

  it("that nobody takes are bounded, and end with their port", async () => {
    const { lab, client, run } = openMachineLab();
    await client.listenSocket(vm, 5000);
    const made = Array.from({ length: 17 }, (_, at) => lab.connect(5000, 0x500 + at));
    expect(made.filter((one) => one !== null)).toHaveLength(16);
    await client.closeSocketPort(vm, 5000);
    await run();
    expect(made.slice(0, 16).every((one) => one?.rescinded() === true)).toBe(true);
    expect(lab.connect(5000, 0x900)).toBeNull();
    await client.listenSocket(vm, 5000);
    const waiting = client.acceptSocket(vm, 5000);
    await client.closeSocketPort(vm, 5000);
    expect(await waiting).toBeNull();
  });
});

describe("a copy to a guest", () => {
  it("to one without our program says what is missing and the way out", async () => {
    const { machine, run, wait } = openMachineLab();
    const failing = textOf(machine.copyToGuest(copy(), steps(new AbortController().signal)));
    await run();
    await wait(12);
    expect(await failing).toMatch(/Nothing in the guest of web01 takes files.*tabvisor-guest serve/);
  });

  it("that is cancelled, or of which the guest takes nothing for a minute, ends its connection", async () => {
    for (const reason of ["cancelled", "silent"]) {
      const { machine, lab, run, wait } = openMachineLab();
      lab.listening.add(guestFilePort);
      const stop = new AbortController();
      const failing = textOf(machine.copyToGuest(copy(), steps(stop.signal)));
      await run();
      await wait(50);
      expect(lab.accepted[0]?.rescinded()).toBe(false);
      if (reason === "cancelled") stop.abort(new Error("The job was cancelled."));
      await wait(reason === "cancelled" ? 1 : 12);
      expect(lab.accepted[0]?.rescinded()).toBe(true);
      expect(await failing).toContain(reason === "cancelled" ? "was cancelled" : "broke off");
    }
  });

  it("waits as long as the machine stands still", async () => {
    const { machine, lab, run, wait, be } = openMachineLab();
    lab.listening.add(guestFilePort);
    machine.copyToGuest(copy(), steps(new AbortController().signal)).catch(() => {});
    await run();
    be(false);
    await wait(300);
    expect(lab.accepted[0]?.rescinded()).toBe(false);
  });
});

describe("a guest that gives files", () => {
  it("is heard without anybody asking, eight at a time", async () => {
    const { lab, received, told, run } = openMachineLab();
    const made = Array.from({ length: 9 }, (_, at) => lab.connect(guestFilePort, 0x600 + at));
    expect(made.filter((one) => one !== null)).toHaveLength(8);
    const head = new DataView(new ArrayBuffer(24));
    head.setUint32(0, 0x3146_5654, true);
    head.setUint16(16, 5, true);
    made[0]?.write(new Uint8Array(head.buffer));
    made[0]?.write(bytesOf("empty"));
    made[0]?.write(new Uint8Array(4));
    await run();
    expect(received.list().map(({ name, vmName }) => [name, vmName])).toEqual([["empty", "web01"]]);
    expect(told).toEqual([]);
    made[0]?.read();
    made[0]?.shutdown();
    await run();
    expect(told).toEqual(["The guest of web01 has sent the file empty."]);
    expect(lab.connect(guestFilePort, 0x700)).not.toBeNull();
  });
});
