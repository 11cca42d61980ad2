import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DecodedFrame,
  type Field,
  type FilterExpression,
  openCapture,
  openDissector,
  parseFilter,
  pcapngPieces,
  smallestCapture,
} from "../../src/network/index.ts";
import { manualClock, micros } from "../../src/support/index.ts";
import { conversation } from "../lab/conversation.ts";
import { readPcapng } from "../lab/pcapng.ts";
import { joined } from "../lab/wire.ts";

const sound = conversation();

/** A frame that was sound once, with bytes written over, pieces cut out and doubled. */
const damaged = fc
  .record({
    which: fc.nat({ max: sound.length - 1 }),
    writes: fc.array(
      fc.record({
        at: fc.nat({ max: 320 }),
        value: fc.oneof(
          fc.constantFrom(0, 1, 3, 4, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff),
          fc.nat({ max: 255 }),
        ),
      }),
      { maxLength: 8 },
    ),
    kept: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    tail: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ which, writes, kept, tail }) => {
    const bytes = (sound[which] ?? new Uint8Array(0)).slice();
    for (const { at, value } of writes) bytes[at % bytes.length] = value;
    return joined(bytes.subarray(0, Math.ceil(bytes.length * kept)), tail);
  });
const anyBytes = fc.oneof(
  { weight: 8, arbitrary: damaged },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
);

// biome-ignore lint/suspicious/noControlCharactersInRegex: nothing unprintable may come through
const unprintable = /[\x00-\x1f\x7f-\x9f]/;

/** Whether a field is fit to be shown, and lies where it may. (`expect` for each would take most of the time.) */
function fits({ at, length, value, label }: Field, from: number, to: number): boolean {
  const short = value.length < 1500 && label.length < 300;
  return at >= from && length >= 0 && at + length <= to && short && !unprintable.test(value + label);
}

function checkFields(fields: readonly Field[], from: number, to: number): number {
  let count = 0;
  for (const field of fields) {
    if (!fits(field, from, to)) expect.fail(JSON.stringify({ field, from, to }));
    count += 1 + checkFields(field.children ?? [], field.at, field.at + field.length);
  }
  return count;
}

function checkDecoded(frame: DecodedFrame, bytes: Uint8Array): void {
  // Every field is paid for with bytes: nobody makes much out of little.
  expect(checkFields(frame.layers, 0, bytes.length)).toBeLessThan(80 + bytes.length * 2);
  expect(frame.summary.length).toBeLessThan(3000);
}

describe("decode", () => {
  test("any bytes give a frame in words, with fields that lie in it", () => {
    const dissector = openDissector();
    const property = fc.property(anyBytes, fc.nat({ max: 100 }), (bytes, more) => {
      const kept = bytes.slice();
      checkDecoded(dissector.decode({ bytes, length: bytes.length + more, port: "p" }), bytes);
      expect(bytes).toEqual(kept);
    });
    fc.assert(property, { numRuns: 2500 });
  });

  test("bytes in the middle of a buffer decode as the same bytes alone", () => {
    const property = fc.property(anyBytes, fc.nat({ max: 40 }), (bytes, at) => {
      const buffer = new Uint8Array(at + bytes.length + 40).fill(0xee);
      buffer.set(bytes, at);
      const inside = buffer.subarray(at, at + bytes.length);
      const decode = (from: Uint8Array) =>
        openDissector().decode({ bytes: from, length: from.length, port: "" });
      expect(decode(inside)).toEqual(decode(bytes));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("a frame cut by the capture is never called malformed when the whole one is not", () => {
    const property = fc.property(anyBytes, fc.double({ min: 0, max: 1, noNaN: true }), (bytes, part) => {
      const decode = (from: Uint8Array) =>
        openDissector().decode({ bytes: from, length: bytes.length, port: "" });
      fc.pre(decode(bytes).malformed === null);
      const kept = bytes.slice(0, Math.floor(bytes.length * part));
      expect(decode(kept).malformed).toBeNull();
      expect(decode(kept).cut).toBe(kept.length < bytes.length);
    });
    fc.assert(property, { numRuns: 1500 });
  });

  test("the most laborious DNS message takes no time to speak of", () => {
    // Every record's name is the longest chain of pointers there can be.
    const chain = Array.from({ length: 4500 }, (_, place) =>
      place < 2 ? [0, 0] : [0xc0, Math.min(255, place)],
    );
    const message = joined([0, 1, 0x80, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0], ...chain);
    const [carrier = new Uint8Array(0)] = sound.filter((bytes) => bytes[36] === 0 && bytes[37] === 53);
    const bytes = joined(carrier.subarray(0, 42), message);
    new DataView(bytes.buffer).setUint16(16, bytes.length - 14);
    new DataView(bytes.buffer).setUint16(38, bytes.length - 34);
    const began = performance.now();
    checkDecoded(openDissector().decode({ bytes, length: bytes.length, port: "" }), bytes);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test("conversations without end are forgotten, not remembered without end", () => {
    const dissector = openDissector();
    const [syn = new Uint8Array(0)] = sound.slice(-8);
    const decode = (port: number, sequence: number) => {
      const bytes = syn.slice();
      const view = new DataView(bytes.buffer);
      view.setUint16(34, port);
      view.setUint32(38, sequence);
      bytes[47] = 16;
      return dissector.decode({ bytes, length: bytes.length, port: "" }).summary;
    };
    expect(decode(1, 100)).toContain("Seq=1 ");
    expect(decode(1, 150)).toContain("Seq=51 ");
    for (let port = 2; port < 10_000; port++) decode(port, 1);
    expect(decode(1, 200)).toContain("Seq=1 ");
  });
});

const names = ["web01", 'say "hi"', "back\\slash", ""];
const macs = ["00-15-5D-01-0A-01", "00-15-5D-01-0A-03", "FF-FF-FF-FF-FF-FF"];
const ips = ["10.0.0.1", "10.0.0.5", "255.255.255.255", "0.0.0.0"];
type Is = Extract<FilterExpression, { kind: "is" }>;
const is = (field: Is["field"], values: readonly (string | number)[]) =>
  fc.constantFrom(...values).map((value): FilterExpression => ({ kind: "is", field, value }));
const term: fc.Arbitrary<FilterExpression> = fc.oneof(
  fc
    .constantFrom("eth", "vlan", "arp", "ip", "icmp", "udp", "tcp", "dhcp", "dns", "ntp", "http")
    .map((protocol) => ({ kind: "protocol", protocol }) as const),
  fc.constant({ kind: "malformed" } as const),
  is("eth.addr", macs),
  is("eth.src", macs),
  is("eth.dst", macs),
  is("vlan.id", [0, 5, 17, 4094]),
  is("ip.addr", ips),
  is("ip.src", ips),
  is("ip.dst", ips),
  is("tcp.port", [80, 50000, 0, 65535]),
  is("udp.port", [53, 67, 68, 9999]),
  is("port", names),
);
const { expression } = fc.letrec<{ expression: FilterExpression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, depthIdentifier: "filter" },
    term,
    fc.record({ kind: fc.constant("not" as const), inner: tie("expression") }),
    fc.record({
      kind: fc.constantFrom("and" as const, "or" as const),
      left: tie("expression"),
      right: tie("expression"),
    }),
  ),
}));

/** Writes a tree as a person might: with as few parentheses as the rules allow, or with all of them. */
function written(tree: FilterExpression, style: { full: boolean; signs: boolean }, outer = 0): string {
  const wrap = (text: string, level: number) => (style.full || level < outer ? `(${text})` : text);
  switch (tree.kind) {
    case "everything":
      return "";
    case "malformed":
      return "malformed";
    case "protocol":
      return tree.protocol;
    case "is":
      return `${tree.field} == ${tree.field === "port" ? JSON.stringify(tree.value) : tree.value}`;
    case "not":
      return `${style.signs ? "!" : "not "}${written(tree.inner, style, 3)}`;
    case "and":
      return wrap(
        `${written(tree.left, style, 2)} ${style.signs ? "&&" : "and"} ${written(tree.right, style, 3)}`,
        2,
      );
    case "or":
      return wrap(
        `${written(tree.left, style, 1)} ${style.signs ? "||" : "or"} ${written(tree.right, style, 2)}`,
        1,
      );
  }
}

/** The same question asked of the text of the fields, not of the facts. */
function holds(tree: FilterExpression, frame: DecodedFrame): boolean {
  switch (tree.kind) {
    case "everything":
      return true;
    case "malformed":
      return frame.malformed !== null;
    case "protocol":
      return frame.layers.some(({ name }) => name === tree.protocol);
    case "not":
      return !holds(tree.inner, frame);
    case "and":
      return holds(tree.left, frame) && holds(tree.right, frame);
    case "or":
      return holds(tree.left, frame) || holds(tree.right, frame);
    case "is": {
      if (tree.field === "port") return frame.facts.port === tree.value;
      const [layer = "", part = ""] = tree.field.split(".");
      const parts = part === "addr" ? ["src", "dst"] : part === "port" ? ["srcport", "dstport"] : [part];
      const wanted = parts.map((name) => `${layer}.${name}`);
      return frame.layers
        .flatMap(({ children = [] }) => children)
        .some(({ name, value }) => wanted.includes(name) && value.split(" ")[0] === `${tree.value}`);
    }
  }
}

describe("filters", () => {
  const frames = sound.map((bytes, place) => {
    const port = names[place % names.length] ?? "";
    return openDissector().decode({ bytes, length: bytes.length, port });
  });
  frames.push(openDissector().decode({ bytes: new Uint8Array(3), length: 3, port: "" }));

  test("a tree that is written down is read back as the same tree, and means the same as a plain reading", () => {
    const styles = fc.record({ full: fc.boolean(), signs: fc.boolean() });
    const property = fc.property(expression, styles, (tree, style) => {
      const outcome = parseFilter(written(tree, style));
      if (outcome.kind === "wrong") throw new Error(outcome.text);
      expect(outcome.expression).toEqual(tree);
      const differing = frames.filter((frame) => outcome.matches(frame) !== holds(tree, frame));
      expect(differing).toEqual([]);
    });
    fc.assert(property, { numRuns: 1000 });
  });

  test("any text is a filter or a mistake at a place within it", () => {
    const piece = fc.constantFrom(
      ...'tcp.port|==|!=|and|or|not|(|)|!|&&|"|\\|80|10.0.0.5|00-15-5D-01-0A-03|arp|port|"web01"|vlan.id|=|é|🦀| '.split(
        "|",
      ),
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(" ")),
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join("")),
      fc.string({ unit: "binary", maxLength: 100 }),
      fc.nat({ max: 1000 }).map((count) => "(".repeat(count)),
      fc.nat({ max: 1000 }).map((count) => "!".repeat(count)),
    );
    const property = fc.property(text, (filter) => {
      const outcome = parseFilter(filter);
      if (outcome.kind === "filter") {
        expect(frames.every((frame) => typeof outcome.matches(frame) === "boolean")).toBe(true);
        return;
      }
      expect(outcome.at).toBeGreaterThanOrEqual(0);
      expect(outcome.at + outcome.length).toBeLessThanOrEqual(filter.length);
      expect(outcome.expected).not.toBe("");
      expect(outcome.text).toContain(`${outcome.at + 1}`);
    });
    fc.assert(property, { numRuns: 1500 });
  });
});

describe("a capture against a plain list", () => {
  const step = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant("burst" as const),
        count: fc.nat({ max: 60 }),
        bytes: fc.nat({ max: 3000 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("start" as const, "stop" as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("read" as const), limit: fc.integer({ min: 1, max: 90 }) }),
    },
  );

  test("every frame is read once, in order and whole, or counted as lost; a file agrees", () => {
    const property = fc.property(fc.array(step, { maxLength: 30, size: "max" }), (steps) => {
      const clock = manualClock();
      const capture = openCapture({
        clock,
        wallClock: () => clock.now() / 1000,
        limitBytes: smallestCapture,
      });
      let fed: Uint8Array[] = [];
      let cleared = 0;
      let total = 0;
      let cursor = 1;
      const read = (limit: number) => {
        const page = capture.since(cursor, limit);
        for (const frame of page.frames) {
          const sent = fed[frame.number - 1 - cleared];
          expect(sent !== undefined && Buffer.compare(frame.bytes, sent) === 0).toBe(true);
          expect(frame.at).toBe(frame.number);
        }
        const skipped = Math.max(0, cleared + 1 - cursor);
        expect(page.next - cursor).toBe(page.frames.length + page.lost + skipped);
        cursor = page.next;
      };
      for (const act of steps) {
        if (act.kind === "read") read(act.limit);
        else if (act.kind === "clear") {
          capture.clear();
          [fed, cleared] = [[], total];
        } else if (act.kind === "burst") {
          for (let place = 0; place < act.count; place++) {
            const bytes = new Uint8Array(act.bytes).fill(total * 7 + place);
            if (capture.running) {
              clock.advance(micros(1));
              fed.push(bytes);
              total++;
            }
            capture.tap(bytes, 0, bytes.length, place % 2 === 0 ? "in" : "out", place % 3);
          }
        } else capture[act.kind]();
      }
      const held = capture.next() - capture.first();
      const [zero, one, two] = [capture.count(0), capture.count(1), capture.count(2)];
      const counted = [zero, one, two].reduce((sum, count) => sum + count.in + count.out - count.dropped, 0);
      expect(counted).toBe(held);
      const blocks = readPcapng(joined(...pcapngPieces(capture, { application: "fuzz", ports: [] })));
      expect(blocks.filter(({ type }) => type === 6)).toHaveLength(held);
      while (cursor < capture.next()) read(1024);
    });
    fc.assert(property, { numRuns: 100 });
  });
});
