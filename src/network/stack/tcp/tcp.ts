import type { InspectNode } from "../../../support/index.ts";
import { type IpHost, IpProtocol } from "../ip.ts";
import { type Arrival, arrive, halfWayPatience, mayOpenAgain, takeSyn } from "./arrive.ts";
import { type Books, openBooks } from "./books.ts";
import { abort, connectionOf, inspectTcb, type TcpConnection } from "./connection.ts";
import { type Ends, firstSequence, type HashKey } from "./first-sequence.ts";
import { emptySegment, Flag, readSegment, type Segment } from "./segment.ts";
import { after, plus } from "./sequence.ts";
import { finish, openOutlet, type Stack } from "./stack.ts";
import { openTcb, type Tcb, type TcpHandlers } from "./tcb.ts";
import { tickConnection } from "./timers.ts";
import { refuse, sendSyn } from "./transmit.ts";

/** Connections of any state at once. */
const mostConnections = 128;
/** Of these, opened by others and not standing yet. */
const mostHalfOpen = 64;
/** Bytes a connection buffers each way at most; memory is taken as it is used. */
const bufferBytes = 256 << 10;

/** What TCP needs besides the host. */
export interface TcpOptions {
  /** Fills a buffer with random bytes; called once. */
  entropy(into: Uint8Array<ArrayBuffer>): void;
  /** Connections at once, 128 unless said. */
  readonly connections?: number;
  /** Bytes a connection buffers each way at most, a power of two from 4 KiB to 1 MiB, 256 KiB unless said. */
  readonly buffer?: number;
}

/** A connection stands: answers who hears it, or `null` to break it off. Nothing is lost in between. */
export type TcpAccept = (connection: TcpConnection) => TcpHandlers | null;

/** TCP of one host. Everything is synchronous; time passes in `tick`. Disposing breaks off all connections. */
export interface Tcp extends Disposable {
  /** @returns the port until it is disposed, or `null` when it is taken. Connections live on after the port. */
  listen(port: number, accept: TcpAccept): Disposable | null;
  /** Opens a connection; `null` when there are too many. Bytes may be written at once; `onClosed` tells of failure. */
  connect(address: number, port: number, handlers: TcpHandlers): TcpConnection | null;
  /** Does what is due; every 10 to 50 ms is a good pace. */
  tick(): void;
  inspect(): InspectNode;
}

/** What the parts of one TCP share. */
interface Core {
  readonly stack: Stack;
  readonly books: Books;
  readonly ports: Map<number, TcpAccept>;
  readonly key: HashKey;
  readonly arrival: Arrival;
  /** Our address when we last looked. */
  address: number;
  /** A segment is being worked on. */
  busy: boolean;
}

/**
 * TCP over IPv4: both opens, the whole state machine, congestion control and recovery as in RFC 5681 and 6582, windows
 * up to 1 MiB. Timestamps and selective acknowledgements are never agreed to, urgent data is plain data.
 *
 * @rfc 9293 full
 * @rfc 5961 full
 * @rfc 7323 partial: window scale only
 */
export function openTcp(host: IpHost, options: TcpOptions): Tcp {
  const core = openCore(host, options);
  const { stack, books, ports } = core;
  const protocol = host.onProtocol(IpProtocol.tcp, (bytes, at, length, from, to) => {
    const { arrival } = core;
    stack.counters.received++;
    noticeAddress(core);
    // What comes while another segment is worked on is lost on the wire: only a holder's call could bring it.
    if (core.busy) return;
    arrival.bytes = bytes;
    arrival.at = at;
    arrival.length = length;
    arrival.from = from;
    arrival.to = to;
    if (to !== core.address || readSegment(arrival.segment, arrival) !== "ok") {
      stack.counters.damaged++;
      return;
    }
    core.busy = true;
    try {
      route(core);
    } finally {
      core.busy = false;
    }
  });

  return {
    listen(port, holder) {
      if (ports.has(port)) return null;
      ports.set(port, holder);
      return {
        [Symbol.dispose]() {
          if (ports.get(port) === holder) ports.delete(port);
        },
      };
    },
    connect: (to, port, handlers) => connect(core, { to, port, handlers }),
    tick() {
      noticeAddress(core);
      const now = host.now();
      for (const tcb of [...books.all]) tickConnection(stack, tcb, now);
    },
    inspect: () => ({
      ...stack.counters,
      listening: [...ports.keys()].join(", "),
      connections: Object.fromEntries(books.all.map((tcb, at) => [String(at), inspectTcb(tcb)])),
    }),
    [Symbol.dispose]() {
      protocol[Symbol.dispose]();
      ports.clear();
      for (const tcb of [...books.all]) abort(stack, tcb);
    },
  };
}

function openCore(host: IpHost, options: TcpOptions): Core {
  const { connections = mostConnections, buffer = bufferBytes } = options;
  const random = new DataView(new ArrayBuffer(12));
  options.entropy(new Uint8Array(random.buffer));
  const key: HashKey = [random.getUint32(0), random.getUint32(4)];
  const halfOpen = Math.min(mostHalfOpen, connections);
  const books = openBooks({ connections, halfOpen }, random.getUint32(8));
  const ports = new Map<number, TcpAccept>();

  function accept(tcb: Tcb): void {
    const handlers = ports.get(tcb.ends.localPort)?.(connectionOf(stack, tcb)) ?? null;
    if (tcb.state === "closed") return;
    tcb.handlers = handlers;
    if (handlers === null) abort(stack, tcb);
  }

  const stack: Stack = { ...openOutlet(host, buffer), forget: books.forget, accept };
  const arrival: Arrival = {
    stack,
    segment: emptySegment(),
    bytes: new Uint8Array(0),
    at: 0,
    length: 0,
    from: 0,
    to: 0,
  };
  return { stack, books, ports, key, arrival, address: host.address, busy: false };
}

/** What was said under an old address is void; nobody there would understand a reset from the new one. */
function noticeAddress(core: Core): void {
  const { address } = core.stack.host;
  if (core.address === address) return;
  core.address = address;
  for (const tcb of [...core.books.all]) finish(core.stack, tcb, "addressChanged");
}

/** Brings a segment to its connection, or to the port that opens one. @rfc 9293 3.10.7.1 3.10.7.2 */
function route(core: Core): void {
  const { arrival, stack, ports } = core;
  const { segment, from } = arrival;
  const tcb = core.books.find(segment, from);
  if (tcb !== null && !mayOpenAgain(tcb, segment)) {
    arrive(arrival, tcb);
    return;
  }
  const { flags } = segment;
  if ((flags & Flag.rst) !== 0) return;
  if ((flags & (Flag.ack | Flag.syn)) !== Flag.syn || !ports.has(segment.destinationPort)) {
    refuse(stack, segment, from);
    return;
  }
  if (tcb !== null) finish(stack, tcb, "done");
  openPassively(core, segment, tcb === null ? null : plus(tcb.highest, 1));
}

/** @param atLeast  our first number must not be before it: the same ends have used those */
function openPassively(core: Core, segment: Segment, atLeast: number | null): void {
  const { stack, books } = core;
  const halfOpen = books.halfOpenInTheWay();
  if (halfOpen !== null) pushOut(stack, halfOpen);
  if (!makeRoom(core)) return;
  const ends: Ends = {
    localAddress: core.address,
    localPort: segment.destinationPort,
    remoteAddress: core.arrival.from,
    remotePort: segment.sourcePort,
  };
  const now = stack.host.now();
  let iss = firstSequence(core.key, ends, now);
  if (atLeast !== null && after(atLeast, iss)) iss = atLeast;
  const tcb = openTcb({ ends, passive: true, iss, buffer: stack.buffer, now });
  takeSyn(stack, tcb, segment);
  tcb.lingerAt = now + halfWayPatience;
  books.add(tcb);
  sendSyn(stack, tcb);
}

/** Makes room for one more connection. `false`: all are in use. */
function makeRoom({ stack, books }: Core): boolean {
  const first = books.inTheWay();
  if (first === null) return true;
  if (first !== "full") {
    pushOut(stack, first);
    return true;
  }
  stack.counters.crowded++;
  return false;
}

function pushOut(stack: Stack, tcb: Tcb): void {
  stack.counters.crowded++;
  finish(stack, tcb, tcb.state === "timeWait" ? "done" : "crowded");
}

/** Where a connection of ours goes. */
interface Destination {
  readonly to: number;
  readonly port: number;
  readonly handlers: TcpHandlers;
}

/** @rfc 9293 3.10.1 */
function connect(core: Core, { to, port, handlers }: Destination): TcpConnection | null {
  const { stack, books } = core;
  noticeAddress(core);
  if (!makeRoom(core)) return null;
  const localPort = books.freePort(to, port, (candidate) => core.ports.has(candidate));
  if (localPort === null) return null;
  const ends: Ends = { localAddress: core.address, localPort, remoteAddress: to, remotePort: port };
  const now = stack.host.now();
  const iss = firstSequence(core.key, ends, now);
  const tcb = openTcb({ ends, passive: false, iss, buffer: stack.buffer, now });
  tcb.handlers = handlers;
  books.add(tcb);
  // The holder does not know the connection before we return: failure is told by the next tick.
  tcb.unreachable = sendSyn(stack, tcb) === "unreachable";
  return connectionOf(stack, tcb);
}
