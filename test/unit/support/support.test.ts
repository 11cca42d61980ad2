import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  assemble,
  fromWire,
  guid,
  guidField,
  HvError,
  type Infer,
  layout,
  limitedLog,
  manualClock,
  micros,
  openScope,
  randomGuid,
  raw,
  reasonOf,
  toWire,
  u8,
  u16,
  u32,
  u64,
  unreachable,
} from "../../../src/support/index.ts";

describe("layout", () => {
  const Sample = layout("Sample", "le", 24, {
    first: u8,
    gap: raw(1),
    second: u16,
    third: u32,
    fourth: u64,
    rest: raw(8),
  });
  const values = {
    first: 1,
    gap: Uint8Array.of(0xee),
    second: 0x0203,
    third: 0x04050607,
    fourth: 0x08090a0b0c0d0e0fn,
    rest: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  };

  test("offsets follow from the fields", () => {
    expect(Sample.at).toEqual({ first: 0, gap: 1, second: 2, third: 4, fourth: 8, rest: 16 });
    expectTypeOf<Infer<typeof Sample>["fourth"]>().toEqualTypeOf<bigint>();
  });

  test("writes in its byte order and reads back", () => {
    const bytes = Sample.bytes(values);
    expect(Buffer.from(bytes).toString("hex")).toBe("01ee0302070605040f0e0d0c0b0a09080102030405060708");
    expect(Sample.read(new DataView(bytes.buffer))).toEqual(values);
    const Big = layout("Big", "be", 4, { value: u32 });
    expect([...Big.bytes({ value: 0x01020304 })]).toEqual([1, 2, 3, 4]);
  });

  test("reads and writes at a place inside something larger, and copies raw bytes", () => {
    const bytes = new Uint8Array(40).fill(0xff);
    Sample.write(new DataView(bytes.buffer), 8, values);
    expect([bytes[7], bytes[32]]).toEqual([0xff, 0xff]);
    const read = Sample.read(new DataView(bytes.buffer), 8);
    bytes.fill(0);
    expect(read.rest[0]).toBe(1);
    expect(() => Sample.read(new DataView(bytes.buffer), 20)).toThrow(RangeError);
  });

  test("raw bytes that are too many are cut, too few are padded with zeros", () => {
    const Four = layout("Four", "le", 4, { bytes: raw(4) });
    const target = new Uint8Array(6).fill(9);
    Four.write(new DataView(target.buffer), 1, { bytes: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    expect([...target]).toEqual([9, 1, 2, 3, 4, 9]);
    Four.write(new DataView(target.buffer), 1, { bytes: Uint8Array.of(7) });
    expect([...target]).toEqual([9, 7, 0, 0, 0, 9]);
  });

  test("a wrong size or a misaligned field stops the module from loading", () => {
    expect(() => layout("Short", "le", 5, { a: u32 })).toThrow("Short is 4 bytes, declared 5");
    expect(() => layout("Crooked", "le", 5, { a: u8, b: u32 })).toThrow("Crooked.b is misaligned at 1");
    expect(() => layout("Packed", "le", 12, { a: u32, b: u64 })).not.toThrow();
  });

  test("a GUID is a field", () => {
    const WithId = layout("WithId", "le", 20, { kind: u32, id: guidField });
    const id = guid("ba6163d9-04a1-4d29-b605-72e2ffb1dc7f");
    const bytes = WithId.bytes({ kind: 7, id });
    expect(Buffer.from(bytes.subarray(4)).toString("hex")).toBe("d96361baa104294db60572e2ffb1dc7f");
    expect(WithId.read(new DataView(bytes.buffer)).id).toBe(id);
  });
});

describe("guid", () => {
  test("accepts braces and upper case, refuses everything else", () => {
    expect(guid("{BA6163D9-04A1-4D29-B605-72E2FFB1DC7F}")).toBe("ba6163d9-04a1-4d29-b605-72e2ffb1dc7f");
    for (const text of ["", "ba6163d9", "ba6163d9-04a1-4d29-b605-72e2ffb1dc7", "g".repeat(36)])
      expect(() => guid(text)).toThrow("not a GUID");
  });

  test("16 wire bytes and text are the same thing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const out = new Uint8Array(18);
        const id = fromWire(Uint8Array.from([0, ...bytes]), 1);
        toWire(id, out, 1);
        expect([...out]).toEqual([0, ...bytes, 0]);
        expect(guid(id)).toBe(id);
      }),
    );
  });

  test("random ones carry version and variant", () => {
    const id = randomGuid(new Uint8Array(16).fill(0xff));
    expect(id).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
    expect(randomGuid(new Uint8Array(16))).toBe("00000000-0000-4000-8000-000000000000");
  });
});

describe("scope", () => {
  test("disposes last in, first out, once", () => {
    const order: string[] = [];
    const scope = openScope();
    scope.defer(() => order.push("a"));
    const owned = scope.own({ [Symbol.dispose]: () => void order.push("b") });
    expect(Symbol.dispose in owned).toBe(true);
    scope[Symbol.dispose]();
    scope[Symbol.dispose]();
    expect(order).toEqual(["b", "a"]);
  });

  test("a failing action does not keep the others from running", () => {
    const order: string[] = [];
    const scope = openScope();
    scope.defer(() => order.push("first"));
    scope.defer(() => {
      throw new Error("stuck");
    });
    scope.defer(() => order.push("last"));
    expect(() => scope[Symbol.dispose]()).toThrow("stuck");
    expect(order).toEqual(["last", "first"]);
  });

  test("moving hands everything on, in the same order", () => {
    const order: string[] = [];
    const scope = openScope();
    scope.defer(() => order.push("a"));
    scope.defer(() => order.push("b"));
    const heir = scope.move();
    scope[Symbol.dispose]();
    expect(order).toEqual([]);
    heir[Symbol.dispose]();
    expect(order).toEqual(["b", "a"]);
  });

  test("assemble leaves nothing behind when a part refuses, and only what was moved when none does", async () => {
    const open = new Set<string>();
    const part = (name: string): Disposable => {
      open.add(name);
      return { [Symbol.dispose]: () => void open.delete(name) };
    };
    const broken = assemble(async (scope) => {
      scope.own(part("disk"));
      await Promise.resolve();
      throw new Error("no port");
    });
    await expect(broken).rejects.toThrow("no port");
    expect(open.size).toBe(0);
    const kept = await assemble(async (scope) => {
      scope.own(part("disk"));
      const rest = scope.move();
      scope.own(part("tool"));
      return rest;
    });
    expect([...open]).toEqual(["disk"]);
    kept[Symbol.dispose]();
    expect(open.size).toBe(0);
  });
});

describe("limitedLog", () => {
  test("lets a burst through, counts the rest, and starts over with the next window", () => {
    const lines: string[] = [];
    const clock = manualClock();
    const log = limitedLog((level, text) => lines.push(`${level} ${text}`), clock, 2, 1000);
    for (let i = 0; i < 5; i++) log("error", `line ${i}`);
    expect(lines).toEqual(["error line 0", "error line 1"]);
    clock.advance(micros(999));
    log("error", "still quiet");
    expect(lines).toHaveLength(2);
    clock.advance(micros(1));
    log("info", "next");
    expect(lines.slice(2)).toEqual(["warning 4 further lines were left out", "info next"]);
    clock.advance(micros(1000));
    log("info", "nothing was left out");
    expect(lines.slice(4)).toEqual(["info nothing was left out"]);
  });

  test("a flood costs a bounded number of lines", () => {
    let lines = 0;
    const clock = manualClock();
    const log = limitedLog(() => lines++, clock);
    for (let i = 0; i < 100_000; i++) {
      clock.advance(micros(1000));
      log("warning", "again");
    }
    // 100 seconds touch 11 windows of at most 8 lines and a summary each.
    expect(lines).toBeLessThanOrEqual(11 * 9);
  });
});

describe("outcomes", () => {
  test("HvError keeps code, HRESULT and cause", () => {
    const cause = new Error("inner");
    const error = new HvError("disk.gone", "The disk is gone.", { hresult: 0x80070002, cause });
    expect([error.name, error.code, error.hresult, error.cause]).toEqual([
      "HvError",
      "disk.gone",
      0x80070002,
      cause,
    ]);
    expect(new HvError("x", "y").hresult).toBe(0x80004005);
    expect("cause" in new HvError("x", "y")).toBe(false);
  });

  test("reasonOf speaks for anything that was thrown", () => {
    expect([reasonOf(new Error("why")), reasonOf("text"), reasonOf(undefined)]).toEqual([
      "why",
      "text",
      "undefined",
    ]);
  });

  test("unreachable names the value", () => {
    expect(() => unreachable({ kind: "surprise" } as never)).toThrow('unhandled case: {"kind":"surprise"}');
  });
});
