import { expect, it } from "vitest";
import { portCarrier } from "../../src/hal/port-carrier.ts";
import { carrierContract } from "../lab/carrier-contract.ts";

/** Messages of one thread arrive in order: one that is sent now arrives after all sent before. */
function turn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

function ports() {
  const { port1, port2 } = new MessageChannel();
  const one = portCarrier(port1);
  const other = portCarrier(port2);
  return {
    one,
    other,
    async settle() {
      for (let turns = 0; turns < 5; turns++) await turn();
    },
    [Symbol.dispose]() {
      one[Symbol.dispose]();
      other[Symbol.dispose]();
    },
  };
}

carrierContract("message ports", ports, true);

it("is deaf to everything that is no batch", async () => {
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
