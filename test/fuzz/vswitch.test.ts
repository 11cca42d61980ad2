import fc from "fast-check";
import { expect, test } from "vitest";
import {
  accessVlan,
  broadcastMac,
  bytesOfMac,
  directFilter,
  type MacAddress,
  macAt,
  openSwitch,
  type PortChange,
  type PortSettings,
  type PortVlan,
  type VirtualSwitch,
} from "../../src/network/index.ts";
import { manualClock, micros } from "../../src/support/index.ts";
import { type LabHolder, labFrame, labGroup, labHolder, labMac } from "../lab/switch.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const places = 6;
const place = fc.nat({ max: places - 1 });
const vlanNumber = fc.constantFrom(5, 6, 7);
const trunk = fc.record({
  kind: fc.constant("trunk" as const),
  native: fc.constantFrom(0, 5, 6),
  allowed: fc.uniqueArray(vlanNumber, { maxLength: 3 }),
});
const vlan: fc.Arbitrary<PortVlan> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 5, 5, 6).map(accessVlan) },
  { weight: 1, arbitrary: trunk },
);
const settings = fc.record({
  vlan,
  allowSpoofing: fc.boolean(),
  mirror: fc.oneof(
    { weight: 8, arbitrary: fc.constant("none" as const) },
    { weight: 2, arbitrary: fc.constantFrom("source" as const, "destination" as const) },
  ),
});

const address = fc.oneof(
  { weight: 6, arbitrary: place.map((n) => labMac(n + 1)) },
  { weight: 1, arbitrary: fc.constantFrom(labMac(50), labMac(51), broadcastMac, labGroup) },
);
const tag = fc
  .tuple(fc.constantFrom(0, 5, 6, 7, 4094, 4095), fc.constantFrom(0, 0, 3, 7))
  .map(([number, priority]) => (priority << 13) | number);

/** A frame that somebody at a place sends: from its own address more often than not. */
const sent = fc
  .record({
    place,
    to: address,
    from: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: address }),
    tags: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(tag, { maxLength: 2 })),
    payload: fc.array(fc.nat({ max: 255 }), { maxLength: 6 }),
    cut: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat({ max: 16 })),
  })
  .map(({ place, to, from, tags, payload, cut }) => {
    const whole = labFrame({ to, from: from ?? labMac(place + 1), tags, payload });
    return { kind: "send" as const, place, bytes: whole.slice(0, whole.length - cut) };
  });

const step = fc.oneof(
  { weight: 12, arbitrary: sent },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("change" as const), place, settings }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("replug" as const), place, settings }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("queue" as const),
      place,
      weight: fc.constantFrom(0, 1, 50, 100),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("tap" as const), place: fc.option(place) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("untap" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.nat({ max: 200 }) }) },
);

const run = fc.record({
  start: fc.array(settings, { minLength: places, maxLength: places }),
  queues: fc.array(place, { minLength: 2, maxLength: places }),
  steps: fc.array(step, { minLength: 4, maxLength: 40, size: "max" }),
});

/** What the switch should do, in the plainest way: no tables but one list, no forms but arrays of bytes. */
function openModel() {
  const learned = new Map<string, { holder: LabHolder; second: number }>();

  function carries({ vlan }: PortSettings, number: number): boolean {
    if (vlan.kind === "trunk") return vlan.native === number || vlan.allowed.includes(number);
    return number === (vlan.kind === "access" ? vlan.id : 0);
  }

  function native({ vlan }: PortSettings): number {
    return vlan.kind === "trunk" ? vlan.native : vlan.kind === "access" ? vlan.id : 0;
  }

  /** VLAN, priority bits and contents of a frame, or `null` when it is dropped. */
  function read(bytes: Bytes, port: PortSettings) {
    const [plain, mark] = [[...bytes], (at: number) => bytes[at] === 0x81 && bytes[at + 1] === 0];
    if (bytes.length < 14 || ((bytes[6] ?? 0) & 1) === 1) return null;
    if (!mark(12)) return { number: native(port), high: 0, plain };
    const word = (bytes[14] ?? 0) * 256 + (bytes[15] ?? 0);
    const number = word % 4096;
    if (bytes.length < 18 || mark(16) || number === 4095) return null;
    plain.splice(12, 4);
    const high = word - number;
    if (number === 0) return { number: native(port), high, plain };
    return port.vlan.kind === "trunk" && carries(port, number) ? { number, high, plain } : null;
  }

  /** Which bytes each of the others gets. */
  function send(holders: readonly LabHolder[], from: LabHolder, sent: { bytes: Bytes; second: number }) {
    const out = new Map<LabHolder, number[]>();
    const mine = from.port.settings;
    const frame = read(sent.bytes, mine);
    if (frame === null) return out;
    const { number, high, plain } = frame;
    const [to, source] = [macAt(sent.bytes, 0), macAt(sent.bytes, 6)];
    if (source !== mine.mac && !mine.allowSpoofing) return out;
    const members = holders.filter(({ port }) => carries(port.settings, number));
    const owner = (mac: MacAddress) => members.find(({ port }) => port.settings.mac === mac);
    if (owner(source) === undefined)
      learned.set(`${source} ${number}`, { holder: from, second: sent.second });
    const known = owner(to) ?? learned.get(`${to} ${number}`)?.holder;
    const group = to === broadcastMac || to === labGroup;
    const reached = group
      ? members
      : known === undefined
        ? members.filter(({ port }) => port.settings.allowSpoofing)
        : [known];
    const getting = reached.filter((holder) => holder !== from);
    const copied = [from, ...getting].some(({ port }) => port.settings.mirror === "source");
    const copies = members.filter(({ port }) => copied && port.settings.mirror === "destination");
    for (const holder of new Set([...getting, ...copies])) {
      if (holder === from) continue;
      const word = high + number;
      const tagged = [...plain.slice(0, 12), 0x81, 0, word >> 8, word & 255, ...plain.slice(12)];
      out.set(holder, native(holder.port.settings) === number ? plain : tagged);
    }
    return out;
  }

  function forget(gone: (key: string, holder: LabHolder, second: number) => boolean): void {
    for (const [key, { holder, second }] of learned) if (gone(key, holder, second)) learned.delete(key);
  }

  return {
    send,
    changed: (changed: LabHolder) =>
      forget((key, holder) => {
        const [mac, number] = key.split(" ");
        if (mac === changed.port.settings.mac) return true;
        const { settings } = changed.port;
        return holder === changed && (!settings.allowSpoofing || !carries(settings, Number(number)));
      }),
    left: (left: LabHolder) => forget((_, holder) => holder === left),
    aged: (now: number) => forget((_key, _holder, second) => now - second > 300),
    size: () => learned.size,
  };
}

interface Lab {
  readonly network: VirtualSwitch;
  readonly holders: LabHolder[];
}

/** Says what a frame would do on its direct path, where there is one. */
function direct({ network }: Lab, from: LabHolder, bytes: Bytes): LabHolder["port"] | null {
  if (!directFilter(from.mac)(bytes, 0, bytes.length)) return null;
  return network.directPath(from.port, macAt(bytes, 0), 0);
}

test("the switch does what a plain model does, and a direct path gives the same bytes to the same holder alone", () => {
  let straight = 0;
  let delivered = 0;
  fc.assert(
    fc.property(run, ({ start, queues, steps }) => {
      const clock = manualClock();
      const network = openSwitch({ name: "lab", kind: "private", clock, queues: 3 });
      const holders = start.map((wanted, n) => labHolder(network, n + 1, wanted));
      const lab = { network, holders };
      const model = openModel();
      const taps: Disposable[] = [];
      const answers = new Map<number, string>();
      const counts = new Map(holders.map((holder) => [holder, 0]));
      for (const n of queues) network.assignQueue(at(holders, n).port, 50);
      for (const wanted of steps) {
        if (wanted.kind === "send") {
          send(at(holders, wanted.place), wanted.bytes);
        } else {
          other(wanted, lab);
        }
        checkEpoch(lab, answers);
        expect(network.table().filter(({ status }) => status === "learned").length).toBe(model.size());
      }
      // Whatever the switch has become: each adapter to each other, as most frames are.
      for (const from of holders)
        for (const to of holders) send(from, labFrame({ to: to.mac, from: from.mac }));
      for (const [holder, sends] of counts) {
        const { sentFrames, dropped } = holder.port.counters();
        const { vlan, spoofed, malformed, blocked } = dropped;
        expect(sentFrames + vlan + spoofed + malformed + blocked).toBe(sends);
      }

      function send(from: LabHolder, bytes: Bytes): void {
        counts.set(from, (counts.get(from) ?? 0) + 1);
        const target = direct(lab, from, bytes);
        const expected = model.send(holders, from, { bytes, second: Math.floor(clock.now() / 1e6) });
        from.send(bytes);
        for (const holder of holders) {
          const wanted = expected.get(holder);
          const got = holder.take().map((frame) => frame.join());
          delivered += got.length;
          if (got.length > 0 || wanted !== undefined) expect(got).toEqual([wanted?.join()]);
        }
        if (target === null) return;
        straight++;
        expect([...expected.keys()].map(({ port }) => port)).toEqual([target]);
        expect([...expected.values()]).toEqual([[...bytes]]);
      }

      function other(wanted: Exclude<(typeof steps)[number], { kind: "send" }>, { network }: Lab): void {
        if (wanted.kind === "change") {
          const change: PortChange = wanted.settings;
          network.change(at(holders, wanted.place).port, change);
          model.changed(at(holders, wanted.place));
        } else if (wanted.kind === "replug") {
          const old = at(holders, wanted.place);
          old.port[Symbol.dispose]();
          model.left(old);
          const fresh = labHolder(network, wanted.place + 1, wanted.settings);
          holders[wanted.place] = fresh;
          counts.set(fresh, 0);
          model.changed(fresh);
        } else if (wanted.kind === "queue") {
          network.assignQueue(at(holders, wanted.place).port, wanted.weight);
        } else if (wanted.kind === "tap") {
          const port = wanted.place === null ? null : at(holders, wanted.place).port;
          taps.push(network.tap(port, () => undefined));
        } else if (wanted.kind === "untap") {
          taps.pop()?.[Symbol.dispose]();
        } else {
          clock.advance(micros(wanted.seconds * 1e6));
          network.tick();
          model.aged(Math.floor(clock.now() / 1e6));
        }
      }
    }),
    { numRuns: 120 },
  );
  // A property that offers no direct path, or delivers nothing, would prove nothing.
  expect(straight).toBeGreaterThan(100);
  expect(delivered).toBeGreaterThan(1000);
});

test("bytes of any kind never throw, and each frame is counted once", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(
      Uint8Array.of(0x81, 0, 0, 5),
      Uint8Array.of(0x81, 0, 0x0f, 0xff),
      bytesOfMac(labMac(1)),
      bytesOfMac(labMac(2)),
      bytesOfMac(broadcastMac),
    ),
  );
  const hostile = fc.record({
    pieces: fc.array(piece, { maxLength: 6, size: "max" }),
    at: fc.integer(),
    length: fc.integer(),
  });
  fc.assert(
    fc.property(
      fc.array(hostile, { minLength: 1, maxLength: 20, size: "max" }),
      fc.boolean(),
      (frames, odd) => {
        const network = openSwitch({ name: "lab", kind: "external", clock: manualClock() });
        const up = labHolder(network, 1, { role: "uplink" });
        const a = labHolder(network, 2, { allowSpoofing: true });
        labHolder(network, 3, { vlan: accessVlan(5) });
        for (const { pieces, at, length } of frames) {
          const bytes = Uint8Array.from(pieces.flatMap((part) => [...part]));
          for (const { port } of [up, a]) port.send(bytes, odd ? at : 0, odd ? length : bytes.length);
        }
        for (const { port } of [up, a]) {
          const { sentFrames, dropped } = port.counters();
          const { vlan, spoofed, malformed, blocked } = dropped;
          expect(sentFrames + vlan + spoofed + malformed + blocked).toBe(frames.length);
        }
      },
    ),
    { numRuns: 300 },
  );
});

/** While the epoch stands still, so does every answer that somebody may remember. */
function checkEpoch({ network, holders }: Lab, answers: Map<number, string>): void {
  const asked: string[] = [];
  const listed: string[] = [];
  for (const from of holders) {
    for (const { mac } of holders) {
      const to = network.directPath(from.port, mac, 0);
      if (to !== null) asked.push(`${from.port.number} ${mac} ${to.number}`);
    }
    for (const { mac, port } of network.directPaths(from.port)) {
      listed.push(`${from.port.number} ${mac} ${port.number}`);
    }
  }
  const answer = asked.sort().join();
  expect(listed.sort().join()).toBe(answer);
  expect(answers.get(network.epoch) ?? answer).toBe(answer);
  answers.set(network.epoch, answer);
}

function at(holders: readonly LabHolder[], n: number): LabHolder {
  const holder = holders[n];
  if (holder === undefined) throw new Error(`no holder ${n}`);
  return holder;
}
