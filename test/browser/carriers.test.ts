import { describe, expect, it } from "vitest";
import { carrierEnds, openCarrier, portOf } from "../../src/hal/carrier-ends.ts";
import { portCarrier } from "../../src/hal/port-carrier.ts";
import { batchBytes, type CarrierEnd } from "../../src/hvdef/index.ts";
import { carrierContract } from "../lab/carrier-contract.ts";

/** Messages of one thread arrive in order: one that is sent now arrives after all sent before. */
function message(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** So do wakings: whoever is woken now runs after all that were woken before. */
async function waking(): Promise<void> {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const woken = Atomics.waitAsync(cell, 0, 0);
  Atomics.notify(cell, 0);
  await woken.value;
}

function opened([here, there]: readonly [CarrierEnd, CarrierEnd]) {
  const one = openCarrier(here);
  const other = openCarrier(there);
  return {
    one,
    other,
    async settle() {
      for (let turns = 0; turns < 5; turns++) {
        await message();
        await waking();
      }
    },
    [Symbol.dispose]() {
      one[Symbol.dispose]();
      other[Symbol.dispose]();
    },
  };
}

function portEnds(): readonly [MessagePort, MessagePort] {
  const { port1, port2 } = new MessageChannel();
  return [port1, port2];
}

carrierContract("message ports", () => opened(portEnds()), true);
carrierContract("shared memory", () => opened(carrierEnds()), false);

it("shared memory is what an isolated page gets", () => {
  expect(crossOriginIsolated).toBe(true);
  expect(carrierEnds()).toEqual([
    { memory: expect.any(SharedArrayBuffer), side: 0, port: expect.any(MessagePort) },
    { memory: expect.any(SharedArrayBuffer), side: 1, port: expect.any(MessagePort) },
  ]);
});

describe.each([
  ["message ports", portEnds],
  ["shared memory", carrierEnds],
])("between threads over %s", (_name, open) => {
  function echo(end: CarrierEnd): Worker {
    const worker = new Worker(new URL("./carrier.worker.ts", import.meta.url), { type: "module" });
    worker.postMessage(end, [portOf(end)]);
    return worker;
  }

  it("batches of all sizes come back in order, unchanged", async () => {
    const [here, there] = open();
    const worker = echo(there);
    const carrier = openCarrier(here);
    const back: string[] = [];
    const wanted: string[] = [];
    carrier.receive((buffer, used) => {
      const bytes = new Uint8Array(buffer, 0, used);
      back.push(`${used}: ${bytes[0]} to ${bytes[used - 1]}, ${buffer.byteLength}`);
    });
    const sizes = [8, 4096, 65_536, 24, batchBytes, 16, 32_768, 300_000, 65_528];
    for (let n = 0; n < 400; n++) {
      const used = sizes[n % sizes.length] ?? 0;
      const buffer = new ArrayBuffer(n % 3 === 0 ? batchBytes : used);
      const bytes = new Uint8Array(buffer);
      bytes[0] = n & 0xff;
      bytes[used - 1] = (n * 7) & 0xff;
      wanted.push(`${used}: ${n & 0xff} to ${(n * 7) & 0xff}, ${buffer.byteLength}`);
      carrier.send(buffer, used);
      if (n % 40 === 0) await message();
    }
    await expect.poll(() => back.length, { timeout: 20_000 }).toBe(wanted.length);
    expect(back).toEqual(wanted);
    carrier[Symbol.dispose]();
    worker.terminate();
  });

  it("whoever sends to a thread that was ended notices nothing", async () => {
    const [here, there] = open();
    const worker = echo(there);
    const carrier = openCarrier(here);
    const back: number[] = [];
    carrier.receive((_buffer, used) => back.push(used));
    carrier.send(new ArrayBuffer(8), 8);
    await expect.poll(() => back).toEqual([8]);
    worker.terminate();
    for (let n = 0; n < 100; n++) carrier.send(new ArrayBuffer(32_768), 32_768);
    await message();
    carrier[Symbol.dispose]();
  });
});

it("a port is deaf to everything that is no batch", async () => {
  const { port1, port2 } = new MessageChannel();
  const carrier = portCarrier(port1);
  const arrived: number[] = [];
  carrier.receive((_buffer, used) => arrived.push(used));
  const room = () => new ArrayBuffer(8);
  const lies = [
    null,
    7,
    "batch",
    {},
    [],
    { buffer: new Uint8Array(8), used: 1 },
    { buffer: room() },
    { buffer: room(), used: -1 },
    { buffer: room(), used: 9 },
    { buffer: room(), used: 1.5 },
    { buffer: room(), used: Number.NaN },
    { buffer: room(), used: "4" },
  ];
  for (const lie of lies) port2.postMessage(lie);
  port2.postMessage({ buffer: room(), used: 8 });
  await expect.poll(() => arrived).toEqual([8]);
  carrier[Symbol.dispose]();
});
