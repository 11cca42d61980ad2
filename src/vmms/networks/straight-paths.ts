import type { CarrierEnd, DirectPath, PathTraffic, QueueCalls, QueueSetup } from "../../hvdef/index.ts";
import type { VirtualPort, VirtualSwitch } from "../../network/index.ts";
import type { NetStraight } from "../../vsp/index.ts";

/** An adapter that may have a queue and send into those of others. */
export interface StraightEnd {
  readonly adapter: NetStraight;
  /** The worker process of its machine. Calls reject when it is gone. */
  readonly worker: QueueCalls;
}

/** What frames past the switch need of the host. */
export interface StraightSurroundings {
  /** A line between two worker processes: one end for each. */
  newLine(): readonly [CarrierEnd, CarrierEnd];
  /** A number that no queue and no path of this host has. */
  newNumber(): number;
}

/** The ways past one switch. */
export interface StraightPaths {
  /** Adapters, the switch or its settings have changed: closes what may not be any more and opens what may. */
  refresh(): void;
  /** Waits until no frame takes a path that is to be closed. Never rejects. */
  settled(): Promise<void>;
  /** What came out of a path. */
  traffic(path: number, traffic: PathTraffic): void;
  /** Between ports that are both there. */
  summary(): readonly DirectPath[];
}

/** A queue that a port's adapter has, or is about to have. */
interface Queue {
  readonly number: number;
  readonly port: VirtualPort;
  readonly end: StraightEnd;
  readonly version: number;
  readonly setup: QueueSetup;
  state: "opening" | "open" | "closing";
}

/** A path from one port to another's queue. */
interface Path {
  readonly number: number;
  readonly from: VirtualPort;
  readonly source: StraightEnd;
  readonly version: number;
  readonly queue: Queue;
  /** Settles when neither end uses it any more. */
  closing: Promise<void> | null;
}

/** Paths remembered after their end, for reports that are under way. */
const rememberedPaths = 64;

/**
 * Keeps queues and paths as the switch and the adapters would have them. Whatever happened, every step compares what
 * is with what may be; what must go goes first, and what comes in its place waits until it is gone.
 *
 * @param endOf  the adapter behind a port; `null`: there is none, or it cannot
 */
export function openStraightPaths(
  lan: VirtualSwitch,
  endOf: (port: VirtualPort) => StraightEnd | null,
  around: StraightSurroundings,
): StraightPaths {
  const queues = new Map<VirtualPort, Queue>();
  const paths = new Map<number, Path>();
  const ended = new Map<number, Path>();
  /** What could not be opened: tried again when something has changed. */
  const refused = new Set<string>();
  const moved = openLedger(lan);

  function step(): void {
    const wanted = wantedPairs(lan, endOf);
    for (const path of paths.values()) if (!isWanted(path, wanted)) close(path);
    for (const queue of queues.values()) {
      const isGoing = queue.state === "closing" || !isCurrent(queue.port, queue.end, queue.version);
      if (isGoing || !isTarget(queue.port, wanted)) drain(queue);
    }
    for (const [from, targets] of wanted) for (const to of targets) open(from, to);
    moved.forgetGone();
  }

  function isWanted({ from, source, version, queue }: Path, wanted: Wanted): boolean {
    if (!isCurrent(from, source, version) || !isCurrent(queue.port, queue.end, queue.version)) return false;
    return queue.state !== "closing" && wanted.get(from)?.includes(queue.port) === true;
  }
  function isCurrent(port: VirtualPort, end: StraightEnd, version: number): boolean {
    return endOf(port) === end && end.adapter.version === version;
  }

  /** Opens what is missing of a path, one step at a time: each step that is done asks for the next one. */
  function open(from: VirtualPort, to: VirtualPort): void {
    const between = (path: Path) => path.from === from && path.queue.port === to;
    const name = `${from.number} to ${to.number}`;
    const source = endOf(from);
    if (source === null || refused.has(name) || [...paths.values()].some(between)) return;
    const queue = queues.get(to) ?? openQueue(to);
    if (queue?.state !== "open") return;
    const { version } = source.adapter;
    const path: Path = { number: around.newNumber(), from, source, version, queue, closing: null };
    paths.set(path.number, path);
    void connect(path).then((isOpen) => {
      if (isOpen || path.closing !== null) return;
      refused.add(name);
      close(path);
    });
  }

  function openQueue(port: VirtualPort): Queue | null {
    const name = `to ${port.number}`;
    const end = endOf(port);
    if (end === null || refused.has(name)) return null;
    const { version } = end.adapter;
    const setup = end.adapter.lend(around.newNumber());
    if (setup === null) {
      refused.add(name);
      return null;
    }
    const queue: Queue = { number: setup.queue, port, end, version, setup, state: "opening" };
    queues.set(port, queue);
    void answered(end.worker.openQueue(setup)).then((isOpen) => {
      if (queue.state !== "opening") return;
      queue.state = "open";
      if (!isOpen) {
        refused.add(name);
        drain(queue);
      }
      step();
    });
    return queue;
  }

  /** Both ends, the one where frames come out first. @returns `false`: one of them would not */
  async function connect(path: Path): Promise<boolean> {
    const { queue, source, from } = path;
    const start = source.adapter.source();
    const mac = from.settings.mac;
    const to = queue.port.settings.mac;
    if (start === null || mac === null || to === null) return false;
    const [into, out] = around.newLine();
    const ends = { path: path.number, from: mac, to };
    const joined = await answered(queue.end.worker.joinPath({ ...ends, queue: queue.number, line: out }));
    if (!joined || path.closing !== null) return false;
    return answered(source.worker.openPath({ ...ends, ...start, line: into }));
  }

  function close(path: Path): void {
    if (path.closing !== null) return;
    const { number, source, queue } = path;
    path.closing = Promise.all([
      source.worker.closePath(number).catch(() => {}),
      queue.end.worker.leavePath(number).then(
        (traffic) => book(path, traffic),
        () => {},
      ),
    ]).then(() => {
      paths.delete(number);
      ended.set(number, path);
      for (const old of [...ended.keys()].slice(0, -rememberedPaths)) ended.delete(old);
      step();
    });
  }

  /** Closes a queue once no path leads there. */
  function drain(queue: Queue): void {
    if (queue.state !== "closing") queue.state = "closing";
    let isUsed = false;
    for (const path of paths.values()) {
      if (path.queue !== queue) continue;
      isUsed = true;
      close(path);
    }
    if (isUsed) return;
    queues.delete(queue.port);
    queue.end.worker.closeQueue(queue.number).catch(() => {});
  }

  function book(path: Path, traffic: PathTraffic): void {
    lan.countDirect(path.from, path.queue.port, traffic);
    moved.add(path.from, path.queue.port, traffic);
  }

  return {
    refresh() {
      refused.clear();
      step();
    },
    async settled() {
      await Promise.all([...paths.values()].map(({ closing }) => closing));
    },
    traffic(number, traffic) {
      const path = paths.get(number) ?? ended.get(number);
      if (path !== undefined) book(path, traffic);
    },
    summary: moved.summary,
  };
}

type Wanted = ReadonlyMap<VirtualPort, readonly VirtualPort[]>;

/** Which ports may send straight to which, as things are. */
function wantedPairs(lan: VirtualSwitch, endOf: (port: VirtualPort) => StraightEnd | null): Wanted {
  const wanted = new Map<VirtualPort, readonly VirtualPort[]>();
  for (const from of lan.ports()) {
    if (endOf(from)?.adapter.source() == null) continue;
    const targets = lan.directPaths(from).flatMap(({ port }) => (endOf(port) === null ? [] : [port]));
    if (targets.length > 0) wanted.set(from, targets);
  }
  return wanted;
}

function isTarget(port: VirtualPort, wanted: Wanted): boolean {
  return [...wanted.values()].some((targets) => targets.includes(port));
}

/** A worker process that is gone has refused. */
function answered(call: Promise<boolean>): Promise<boolean> {
  return call.catch(() => false);
}

/** What went straight between ports, while both are there. */
function openLedger(lan: VirtualSwitch) {
  let entries: { readonly from: VirtualPort; readonly to: VirtualPort; frames: number; bytes: number }[] = [];
  return {
    add(from: VirtualPort, to: VirtualPort, { frames, bytes }: PathTraffic): void {
      if (!from.connected || !to.connected || frames === 0) return;
      let entry = entries.find((one) => one.from === from && one.to === to);
      if (entry === undefined) {
        entry = { from, to, frames: 0, bytes: 0 };
        entries.push(entry);
      }
      entry.frames += frames;
      entry.bytes += bytes;
    },
    forgetGone(): void {
      const ports = new Set(lan.ports());
      entries = entries.filter(({ from, to }) => ports.has(from) && ports.has(to));
    },
    summary: (): readonly DirectPath[] =>
      entries.map(({ from, to, frames, bytes }) => ({ from: from.number, to: to.number, frames, bytes })),
  };
}
