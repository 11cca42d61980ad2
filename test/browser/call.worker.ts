// The other side of the calls that the tests make.
import { openCarrier } from "../../src/hal/carrier-ends.ts";
import { serveContract } from "../../src/hal/rpc.ts";
import type { CarrierEnd } from "../../src/hvdef/index.ts";
import { HvError } from "../../src/support/index.ts";

/** A contract with every way to answer. */
export interface Calls {
  add(a: number, b: number): Promise<number>;
  refuse(): Promise<void>;
  stumble(): Promise<void>;
  hang(): Promise<void>;
  /** Says something on a port among the arguments. */
  use(parts: { readonly port: MessagePort; readonly text: string }): Promise<void>;
  /** Sends a batch of so many bytes on a carrier whose end is among the arguments. */
  carry(parts: { readonly end: CarrierEnd; readonly bytes: number }): Promise<void>;
}

const calls: Calls = {
  add: async (a, b) => a + b,
  refuse: () => Promise.reject(new HvError("test.refused", "No, thank you.", { hresult: 0x8007000e })),
  stumble: () => Promise.reject(new TypeError("a bug")),
  hang: () => new Promise(() => {}),
  use: async ({ port, text }) => port.postMessage(text),
  carry: async ({ end, bytes }) => openCarrier(end).send(new ArrayBuffer(bytes), bytes),
};

self.onmessage = (event: MessageEvent<MessagePort>) => serveContract<Calls>(event.data, calls);
