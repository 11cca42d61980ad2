import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { VmGuid } from "../../src/hvdef/index.ts";
import { type InspectNode, micros } from "../../src/support/index.ts";
import { catalogue } from "../../src/vmms/index.ts";
import { openMachineSockets } from "../../src/vmms/sockets/machine-sockets.ts";
import { openReceived } from "../../src/vmms/sockets/received.ts";
import type { SocketStream } from "../../src/vmms/sockets/socket-stream.ts";
import { openHvSockets } from "../../src/vsp/index.ts";
import { type GuestLab, openGuestLab, prompt } from "../lab/guest.ts";

/** The unmodified hv_sock in the stock guest, and our program there. */
const boots = 240_000;
const patience = { timeout: 150_000, interval: 100 };
const clock = { now: () => micros(performance.now() * 1000) };
const stock = catalogue.find(({ name }) => name === "debian");
const received = openReceived({ wallClock: () => Date.now(), changed() {} });
const machine = openMachineSockets({
  vm: "debian" as VmGuid,
  name: "debian",
  clock,
  isRunning: () => true,
  received,
  tell() {},
});
const sockets = openHvSockets(machine.options());
const timer = setInterval(machine.tick, 500);
const steps = { signal: new AbortController().signal, step: async () => {} };
const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

let guest: GuestLab;

beforeAll(async () => {
  if (stock === undefined) throw new Error("the catalogue has no machine debian");
  guest = await openGuestLab({ vm: stock, sockets });
  machine.begin(sockets);
  machine.goOn();
  await guest.waitFor(prompt, boots);
}, 360_000);

afterAll(async () => {
  clearInterval(timer);
  await guest?.end();
});

/** Bytes that no compression or repetition hides the loss of. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let bits = 0x2545f491;
  for (let at = 0; at < length; at++) {
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    bytes[at] = bits;
  }
  return bytes;
}

async function* pieces(bytes: Uint8Array<ArrayBuffer>, size = 1 << 20) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(stream: SocketStream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let piece = await stream.read(1 << 16); piece !== null; piece = await stream.read(1 << 16))
    parts.push(piece);
  return Buffer.concat(parts);
}

/** Serves one connection after the other on a port of the host, as long as a test lasts. */
function serve(port: number, work: (stream: SocketStream) => unknown): () => void {
  return machine.listen(port, { ready: () => true, accept: (stream) => void work(stream) });
}

/** A connection to a program that the guest starts for it. */
async function connected(port: number): Promise<SocketStream> {
  for (let tries = 0; ; tries++) {
    try {
      return await machine.connect(port);
    } catch (failure) {
      if (tries === 5) throw failure;
    }
  }
}

/** Channels of connections, page lists and lanes that there are now. */
function remains() {
  const tree = guest.inspect();
  const vmbus = branch(tree, "vmbus");
  const channels = Object.keys(branch(vmbus, "channels"));
  return {
    channels: channels.length,
    lists: Number(branch(branch(vmbus, "connection"), "gpadls")["created"]),
    connections: Object.keys(branch(sockets.inspect(), "connections")).length,
  };
}
function branch(node: InspectNode | null | undefined, name: string): InspectNode {
  const child = node?.[name];
  return typeof child === "object" && child !== null ? child : {};
}

test("the guest's own driver is there, and our program takes files soon after the prompt", async () => {
  const copy = (name: string, bytes: Uint8Array<ArrayBuffer>) =>
    machine.copyToGuest({ name, folder: "/root", byteLength: bytes.length, pieces: pieces(bytes) }, steps);
  await expect
    .poll(() => copy("first file.txt", Buffer.from("hello")).catch(String), patience)
    .toEqual(["The guest of debian has it as /root/first file.txt."]);
  expect(await guest.shell("cat '/root/first file.txt'")).toBe("hello");
  expect(await guest.shell("cut -d' ' -f1 /proc/modules")).toContain("hv_sock");
});

test("bytes go both ways and each side hears the other's end", async () => {
  const close = serve(5000, async (stream) => {
    for (let piece = await stream.read(100); piece !== null; piece = await stream.read(100))
      await stream.write(piece);
    await stream.write(Buffer.from("over"));
    stream.end();
  });
  expect(await guest.shell("echo one two | tabvisor-guest connect 5000")).toBe("one two\nover");
  close();

  await guest.shell("tabvisor-guest listen 6000 'read line; echo got $line; cat; echo end' & sleep 1");
  const stream = await connected(6000);
  await stream.write(Buffer.from("a line\nmore"));
  stream.end();
  expect(text(await readAll(stream))).toBe("got a line\nmoreend\n");
});

test("8 MiB arrive unchanged in the guest and in the host", async () => {
  const bytes = noise(8 << 20);
  let from = performance.now();
  await machine.copyToGuest(
    { name: "big", folder: "/tmp", byteLength: bytes.length, pieces: pieces(bytes) },
    steps,
  );
  const there = (8 << 20) / ((performance.now() - from) / 1000);
  expect(await guest.shell("sha256sum </tmp/big")).toContain(sha(bytes));
  from = performance.now();
  expect(await guest.shell("sendtohost /tmp/big")).toContain("the host has it as big");
  const back = (8 << 20) / ((performance.now() - from) / 1000);
  console.log(
    `files: ${(there / 2 ** 20).toFixed(1)} MiB/s to the guest, ${(back / 2 ** 20).toFixed(1)} MiB/s to the host`,
  );
  const [file] = received.list();
  expect(file).toMatchObject({ name: "big", byteLength: 8 << 20 });
  expect(sha(Buffer.concat([...received.contents(file?.id ?? 0).pieces]))).toBe(sha(bytes));
  received.forget(file?.id ?? 0);
  expect(received.free()).toBe(256 << 20);

  // Without a program of ours between: the stream itself.
  await guest.shell("tabvisor-guest listen 6001 'cat >/dev/null; echo done' & sleep 1");
  const stream = await connected(6001);
  from = performance.now();
  await stream.write(bytes);
  stream.end();
  await readAll(stream);
  const raw = (8 << 20) / ((performance.now() - from) / 1000);
  console.log(`stream: ${(raw / 2 ** 20).toFixed(1)} MiB/s to the guest`);
});

test("what a guest cannot keep is refused with its reason, and leaves nothing there", async () => {
  const copy = (name: string, folder: string, bytes = noise(100)) =>
    machine
      .copyToGuest({ name, folder, byteLength: bytes.length, pieces: pieces(bytes) }, steps)
      .then(String, (failure: Error) => failure.message);
  expect(await copy("file", "/nowhere")).toContain("there is no such file or folder");
  expect(await copy("..", "/tmp")).toContain("the name is none that a file can have here");
  expect(await copy("a/b", "/tmp")).toContain("the name is none that a file can have here");
  await guest.shell(
    "mkdir -p /tmp/small/there && mount -t tmpfs -o size=1m none /tmp/small && mkdir /tmp/small/there",
  );
  expect(await copy("there", "/tmp/small")).toContain("a folder has that name");
  expect(await copy("large", "/tmp/small", noise(3 << 20))).toContain("the file system is full");
  expect(await guest.shell("ls -A /tmp/small")).toBe("there");
  expect(await guest.shell("sendtohost /tmp/missing || echo refused")).toContain("no such file");
  expect(await guest.shell("echo x >'/tmp/a:b'; sendtohost '/tmp/a:b' || echo refused")).toMatch(
    /device can save[\s\S]*refused/,
  );
});

test("a connection to a port that nobody serves ends as a time-out, and none is made to a guest that does not listen", async () => {
  expect(await guest.shell("tabvisor-guest connect 4999 2>&1 || true")).toContain(
    "the host does not take the connection",
  );
  await expect(machine.connect(4998)).rejects.toThrow(
    "No program in the guest of debian took the connection",
  );
});

test("a reader that does not read stops its own writer and nobody else", async () => {
  await guest.shell("tabvisor-guest listen 6002 'sleep 1000' & tabvisor-guest listen 6003 cat & sleep 1");
  const slow = await connected(6002);
  let taken = 0;
  const writing = (async () => {
    const piece = noise(4096);
    for (;;) {
      await slow.write(piece);
      taken += piece.length;
    }
  })();
  writing.catch(() => {});
  const quick = await connected(6003);
  await quick.write(Buffer.from("quick"));
  expect(text((await quick.read(100)) ?? new Uint8Array(0))).toBe("quick");
  await expect.poll(() => taken, patience).toBeGreaterThan(64 << 10);
  const before = taken;
  await quick.write(Buffer.from("again"));
  expect(text((await quick.read(100)) ?? new Uint8Array(0))).toBe("again");
  expect(taken - before).toBeLessThan(64 << 10);
  expect(taken).toBeLessThan(256 << 10);
  quick.end();
  await readAll(quick);
  slow.abort();
  await expect(writing).rejects.toThrow("broke off");

  // The other way round: the host does not read.
  let held: SocketStream | null = null;
  const close = serve(5002, (stream) => {
    held = stream;
  });
  await guest.shell(
    "(dd if=/dev/zero bs=4k count=1000 2>/tmp/dd | tabvisor-guest connect 5002) & sleep 2; [ ! -s /tmp/dd ]",
  );
  const stream = await connected(6003);
  await stream.write(Buffer.from("still here"));
  stream.end();
  expect(text(await readAll(stream))).toBe("still here");
  const other = held as SocketStream | null;
  expect(other === null ? 0 : await readAllOf(other, 4096 * 1000)).toBe(4096 * 1000);
  other?.end();
  close();
  await guest.shell("killall tabvisor-guest sleep; tabvisor-guest serve");
});

async function readAllOf(stream: SocketStream, wanted: number): Promise<number> {
  let length = 0;
  while (length < wanted) length += (await stream.read(1 << 16))?.length ?? wanted;
  return length;
}

test("50 connections in a row leave nothing behind", async () => {
  // What there is without any connection: the disk controller.
  const before = { channels: 1, connections: 0, lists: 1 };
  await expect.poll(remains, patience).toEqual(before);
  const close = serve(5003, async (stream) => {
    await stream.write(Buffer.from("x"));
    stream.end();
    await readAll(stream);
  });
  const loop = "i=0; while [ $i -lt 50 ]; do tabvisor-guest connect 5003 </dev/null; i=$((i+1)); done";
  expect(await guest.shell(loop, 120_000)).toBe("x".repeat(50));
  close();
  await expect.poll(remains, patience).toEqual(before);
  expect(await guest.shell("ls /sys/bus/vmbus/devices | wc -l")).toBe(String(before.channels));
});

test("a program that is killed ends its connection, and the driver can be unloaded and loaded again", async () => {
  const close = serve(5004, async (stream) => {
    await readAll(stream).catch(() => {});
    stream.end();
  });
  await guest.shell(
    "(sleep 1000 | tabvisor-guest connect 5004) & sleep 1; killall -9 tabvisor-guest sleep; sleep 1",
  );
  await expect.poll(() => remains().connections, patience).toBe(0);
  await guest.shell("modprobe -r hv_sock; ! grep -q hv_sock /proc/modules");
  await guest.shell("modprobe hv_sock; tabvisor-guest serve");
  expect(await guest.shell("echo y >/tmp/y; sendtohost /tmp/y")).toContain("the host has it as y");
  close();
});
