import { afterEach, describe, expect, it } from "vitest";
import { sharedCarrier } from "../../../src/hal/shared-carrier.ts";
import { sharedBytes } from "../../../src/hal/shared-ring.ts";
import { batchBytes, type Carrier, SharedCell, spareBuffers } from "../../../src/hvdef/index.ts";

const opened: { close(): void }[] = [];

function open() {
  const memory = new SharedArrayBuffer(sharedBytes);
  const { port1, port2 } = new MessageChannel();
  // What goes as a message is seen on its way.
  const relayed = new MessageChannel();
  const messages: unknown[] = [];
  port2.onmessage = (event: MessageEvent<{ buffer: ArrayBuffer }>) => {
    messages.push(event.data);
    relayed.port1.postMessage(event.data, [event.data.buffer]);
  };
  relayed.port1.onmessage = (event: MessageEvent<{ buffer: ArrayBuffer }>) =>
    port2.postMessage(event.data, [event.data.buffer]);
  const one = sharedCarrier({ memory, side: 0, port: port1 });
  const other = sharedCarrier({ memory, side: 1, port: relayed.port2 });
  opened.push(port1, port2, relayed.port1, relayed.port2);
  return { one, other, messages, port: port2, intoOther: relayed.port1, words: new Int32Array(memory) };
}

function collect(carrier: Carrier): number[] {
  const arrived: number[] = [];
  carrier.receive((_buffer, used) => arrived.push(used));
  return arrived;
}

const batch = (used: number): [ArrayBuffer, number] => [new ArrayBuffer(used), used];
const turns = () => new Promise((resolve) => setTimeout(resolve, 20));

afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

describe("a carrier over shared memory", () => {
  it("copies small batches, sends large ones as messages, and keeps their order", async () => {
    const { one, other, messages } = open();
    const arrived = collect(other);
    const sizes = [8, 300_000, 16, 24, 400_000, 500_000, 32];
    for (const size of sizes) one.send(...batch(size));
    await expect.poll(() => arrived).toEqual(sizes);
    expect(messages).toHaveLength(3);
  });

  it("waits for nobody when the ring is full", async () => {
    const { one, other, messages } = open();
    const sizes = Array.from({ length: 40 }, (_, n) => 60_000 + n * 8);
    for (const size of sizes) one.send(...batch(size));
    const arrived = collect(other);
    await expect.poll(() => arrived).toEqual(sizes);
    expect(messages.length).toBeGreaterThan(25);
    const before = messages.length;
    one.send(...batch(8));
    await expect.poll(() => arrived.at(-1)).toBe(8);
    expect(messages).toHaveLength(before);
  });

  it("hands over at once to who looks, except within the handler", () => {
    const { one, other } = open();
    const arrived: number[] = [];
    other.receive((_buffer, used) => {
      arrived.push(used);
      const before = arrived.length;
      other.poll?.();
      expect(arrived).toHaveLength(before);
    });
    one.send(...batch(8));
    one.send(...batch(16));
    expect(arrived).toEqual([]);
    other.poll?.();
    expect(arrived).toEqual([8, 16]);
    other.poll?.();
    expect(arrived).toHaveLength(2);
  });

  it("lets other tasks in while batches keep coming", async () => {
    const { one, other } = open();
    let handed = 0;
    let others = false;
    setTimeout(() => {
      others = true;
    });
    other.receive(() => {
      handed++;
      if (!others && handed < 1_000_000) one.send(...batch(8));
    });
    one.send(...batch(8));
    await expect.poll(() => others).toBe(true);
    expect(handed).toBeLessThan(1_000_000);
  });

  it("a large batch's buffer goes back with the next batch", async () => {
    const { one, other, messages } = open();
    const there = collect(other);
    const back = collect(one);
    one.send(new ArrayBuffer(batchBytes), batchBytes);
    await expect.poll(() => there).toHaveLength(1);
    other.send(new ArrayBuffer(batchBytes), 8);
    other.send(new ArrayBuffer(batchBytes), 16);
    await expect.poll(() => back).toEqual([8, 16]);
    // The first went as a message through the other port: the second lies in the ring.
    expect(other.spare).toHaveLength(1);
    expect(messages).toHaveLength(1);
  });

  it("keeps the buffers it has copied, so many and no more, and fills them again", async () => {
    const { one, other } = open();
    for (let n = 0; n < spareBuffers + 3; n++) one.send(new ArrayBuffer(batchBytes), 8);
    expect(one.spare).toHaveLength(spareBuffers);
    one.send(new ArrayBuffer(64), 8);
    expect(one.spare).toHaveLength(spareBuffers);
    const kept = new Set(one.spare);
    const arrived: ArrayBuffer[] = [];
    one.receive((buffer) => arrived.push(buffer));
    other.send(new ArrayBuffer(batchBytes), 8);
    await expect.poll(() => arrived).toHaveLength(1);
    expect(arrived.every((buffer) => kept.has(buffer))).toBe(true);
  });
});

describe("a sender that lies is not heard any more", () => {
  const lies: readonly (readonly [string, (words: Int32Array, port: MessagePort) => void])[] = [
    ["a position beyond the ring", (words) => words.fill(0x7fff_0000, SharedCell.written, 1)],
    ["a position between batches", (words) => words.fill(24, SharedCell.written, 1)],
    ["a batch longer than what was written", (words) => words.set([1, 500, 500], 128 + 8)],
    ["a batch longer than its buffer", (words) => words.set([1, 8, 4], 128 + 8)],
    ["a number out of turn", (_words, port) => sendNumbered(port, 7)],
    ["a number that was", (_words, port) => sendNumbered(port, 0)],
  ];
  function sendNumbered(port: MessagePort, number: number): void {
    const buffer = new ArrayBuffer(8);
    port.postMessage({ number, buffer, used: 8 }, [buffer]);
  }
  it.each(lies)("%s", async (_name, lie) => {
    const { one, other, words, intoOther } = open();
    const arrived = collect(other);
    one.send(...batch(16));
    await expect.poll(() => arrived).toEqual([16]);
    one.send(...batch(16));
    lie(words, intoOther);
    await turns();
    one.send(...batch(24));
    other.poll?.();
    await turns();
    expect(arrived.filter((used) => used !== 16)).toEqual([]);
    expect(() => other.send(...batch(8))).not.toThrow();
    other[Symbol.dispose]();
  });

  it("what is no batch is left aside", async () => {
    const { one, other, intoOther } = open();
    const arrived = collect(other);
    for (const lie of [null, 7, "batch", {}, { number: 0 }, { number: 0, used: 1 }])
      intoOther.postMessage(lie);
    await turns();
    one.send(...batch(16));
    one.send(...batch(200_000));
    await expect.poll(() => arrived).toEqual([16, 200_000]);
  });
});
