import { afterEach, describe, expect, it } from "vitest";
import { carrierEnds, openCarrier } from "../../src/hal/carrier-ends.ts";
import { callContract } from "../../src/hal/rpc.ts";
import { HvError } from "../../src/support/index.ts";
import type { Calls } from "./call.worker.ts";

const workers: Worker[] = [];

function openLine(gone: Promise<never> = new Promise<never>(() => {})) {
  const worker = new Worker(new URL("./call.worker.ts", import.meta.url), { type: "module" });
  workers.push(worker);
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return { worker, port: port1, calls: callContract<Calls>(port1, gone) };
}

afterEach(() => {
  for (const worker of workers.splice(0)) worker.terminate();
});

describe("a contract across threads", () => {
  it("answers calls, also many at once", async () => {
    const { calls } = openLine();
    const sums = await Promise.all(Array.from({ length: 50 }, (_, n) => calls.add(n, 1)));
    expect(sums).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  it("keeps the code and the HRESULT of an operator's error", async () => {
    const failure: unknown = await openLine()
      .calls.refuse()
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(HvError);
    expect(failure).toMatchObject({
      code: "test.refused",
      hresult: 0x8007000e,
      message: "No, thank you.",
    });
  });

  it("tells a bug from an operator's error", async () => {
    const failure: unknown = await openLine()
      .calls.stumble()
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(HvError);
    expect(failure).toMatchObject({ message: "a bug" });
  });

  it("hands over ports among the arguments", async () => {
    const { calls } = openLine();
    const { port1, port2 } = new MessageChannel();
    const heard = new Promise((resolve) => {
      port1.onmessage = (event) => resolve(event.data);
    });
    await calls.use({ port: port2, text: "hello" });
    expect(await heard).toBe("hello");
  });

  it("hands over the end of a carrier among the arguments", async () => {
    const { calls } = openLine();
    const [here, there] = carrierEnds();
    const carrier = openCarrier(here);
    const arrived: number[] = [];
    carrier.receive((_buffer, used) => arrived.push(used));
    await calls.carry({ end: there, bytes: 24 });
    await expect.poll(() => arrived).toEqual([24]);
    carrier[Symbol.dispose]();
  });

  it("rejects calls to a worker that has ended, under way and later", async () => {
    const gone = Promise.withResolvers<never>();
    const { worker, calls } = openLine(gone.promise);
    await calls.add(1, 1);
    const underWay = calls.hang();
    worker.terminate();
    gone.reject(new HvError("test.gone", "It has ended."));
    await expect(underWay).rejects.toMatchObject({ code: "test.gone" });
    await expect(calls.add(1, 1)).rejects.toMatchObject({ code: "test.gone" });
  });

  it("is no promise itself", async () => {
    const { calls } = openLine();
    expect(await Promise.resolve(calls)).toBe(calls);
  });
});

describe("what is no call of the contract", () => {
  const raw = (value: unknown) => ({ type: "RAW", value });
  const attempts: readonly (readonly [string, object])[] = [
    ["a path to Function", { type: "APPLY", path: ["add", "constructor"], argumentList: [raw("return 7")] }],
    ["a longer path", { type: "APPLY", path: ["add", "call"], argumentList: [raw(null)] }],
    ["an inherited method", { type: "APPLY", path: ["toString"], argumentList: [] }],
    ["an unknown method", { type: "APPLY", path: ["subtract"], argumentList: [] }],
    ["the object itself", { type: "GET", path: [] }],
    ["a method as a value", { type: "GET", path: ["add"] }],
    ["a replaced method", { type: "SET", path: ["add"], value: raw(7) }],
    ["a constructor", { type: "CONSTRUCT", path: ["add"], argumentList: [] }],
    ["another door", { type: "ENDPOINT" }],
    [
      "an argument that runs code where it arrives",
      {
        type: "APPLY",
        path: ["add"],
        argumentList: [{ type: "HANDLER", name: "throw", value: { message: "", code: null, hresult: 0 } }],
      },
    ],
    ["an argument of no kind", { type: "APPLY", path: ["add"], argumentList: [null] }],
    ["arguments that are no list", { type: "APPLY", path: ["add"], argumentList: 7 }],
    ["nothing at all", {}],
  ];

  it.each(attempts)("is not answered and does no harm: %s", async (_name, attempt) => {
    const { worker, port, calls } = openLine();
    const answers: unknown[] = [];
    let errors = 0;
    worker.onerror = (event) => {
      event.preventDefault();
      errors++;
    };
    await calls.add(1, 1);
    port.addEventListener("message", (event) => {
      if (event.data.id === "attempt") answers.push(event.data);
    });
    port.postMessage({ id: "attempt", ...attempt });
    // Answers keep their order: this one comes after any the attempt could have had.
    expect(await calls.add(20, 22)).toBe(42);
    expect(await calls.add(20, 23)).toBe(43);
    expect(answers).toEqual([]);
    expect(errors).toBe(0);
  });
});
