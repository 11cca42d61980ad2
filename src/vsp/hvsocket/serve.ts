import {
  type ChannelId,
  decodeSocketAsk,
  encodeSocketOrder,
  firstInternalChannel,
  type SocketAsk,
  type SocketOrder,
  socketDesk,
  socketPort,
} from "../../hvdef/index.ts";
import { type Clock, type Guid, type InspectNode, pausableClock, unreachable } from "../../support/index.ts";
import type { Channel, ChannelHandlers, ChannelOwner } from "../../vmbus/index.ts";
import {
  type ConnectionAction,
  type ConnectionEvent,
  type ConnectionState,
  stepConnection,
} from "./connection.ts";
import { freshSocketCounters, socketTree } from "./inspect.ts";
import {
  firstHostPort,
  guestOffer,
  hostInstance,
  hostOffer,
  lingerPatience,
  offerPatience,
  socketChannels,
  socketLimits,
} from "./offer.ts";
import { checkHvSocketState, type HvSocketState } from "./state.ts";
import { openStream, type StreamService, type StreamSide } from "./stream.ts";

/** Why the host got no connection. `full`: there are too many. `absent`: the guest's driver of sockets is not there. */
export type SocketRefusal = "full" | "absent" | "untaken";

/** What the sockets of a machine are made with. */
export interface HvSocketOptions {
  readonly clock: Clock;
  /** Who takes connections of the guest to this port of the host; `null`: nobody does. */
  service(port: number): StreamService | null;
}

/** The sockets of one machine, from power-on to its end. Time stands still until `goOn`. */
export interface HvSockets {
  /** For the channels of connections, and for the one on which they are asked for. */
  readonly owners: readonly { readonly channel: ChannelId; readonly owner: ChannelOwner }[];
  /**
   * Connects to a port of the guest.
   * @param refused  called once when nobody takes it, instead of the service
   * @returns how not to want it any more; the service is not called then
   */
  connect(port: number, service: StreamService, refused: (why: SocketRefusal) => void): () => void;
  /** Time passes; called about once a second. */
  tick(): void;
  /** The guest stands still, and its silence means nothing. */
  hold(): void;
  /** The guest runs, for the first time or again. */
  goOn(): void;
  inspect(): InspectNode;
  /** What a saved machine keeps of them. */
  save(): HvSocketState;
}

/** Sockets that go on from a saved state, or why there are none, for a person. */
export type HvSocketsRestored =
  | { readonly kind: "restored"; readonly sockets: HvSockets }
  | { readonly kind: "refused"; readonly text: string };

/** One connection and what becomes of it. */
interface Connection {
  readonly channel: ChannelId;
  /** As the guest knows it; unique among all that it has not let go of. */
  readonly instance: Guid;
  readonly guestPort: number;
  readonly hostPort: number;
  readonly fromHost: boolean;
  readonly service: StreamService;
  readonly refused: (why: SocketRefusal) => void;
  /** Microseconds. */
  readonly since: number;
  state: ConnectionState;
  side: StreamSide | null;
}

const nothing = new Uint8Array(0);

/** Opens the sockets of a machine that starts. */
export function openHvSockets(options: HvSocketOptions): HvSockets {
  return open(options, []);
}

/**
 * Opens the sockets of a machine whose guest was saved. Its connections are over; the guest is told.
 *
 * @param saved  from `HvSockets.save`, by whatever way it came: it may be anything
 */
export function restoreHvSockets(saved: unknown, options: HvSocketOptions): HvSocketsRestored {
  const checked = checkHvSocketState(saved);
  if (checked.kind === "unusable") return { kind: "refused", text: checked.text };
  return { kind: "restored", sockets: open(options, checked.state.channels) };
}

function open(options: HvSocketOptions, stale: readonly number[]): HvSockets {
  const clock = pausableClock(options.clock);
  const table = new Map<number, Connection>();
  const counters = freshSocketCounters();
  let desk: Channel | null = null;
  let nextHostPort = firstHostPort;
  /** Of a saved machine: rescinded as soon as there is somebody to tell. */
  let leftOver = stale;

  function order(what: SocketOrder): void {
    desk?.send(encodeSocketOrder(what));
  }
  function feed(connection: Connection, event: ConnectionEvent): void {
    const step = stepConnection(connection.state, event);
    connection.state = step.state;
    for (const action of step.actions) act(connection, action, event);
  }
  function act(connection: Connection, action: ConnectionAction, event: ConnectionEvent): void {
    switch (action) {
      case "begin":
        if (connection.fromHost) counters.fromHost++;
        else counters.fromGuest++;
        if (connection.side !== null) connection.side.listen(connection.service(connection.side.stream));
        return;
      case "refuse":
        counters.refused++;
        connection.refused(event === "released" ? "absent" : "untaken");
        return;
      case "rescind":
        order({ kind: "rescind", channel: connection.channel });
        return;
      case "finish":
      case "lose":
        connection.side?.over(action === "finish");
        return;
      case "forget":
        table.delete(connection.channel);
        return;
      default:
        unreachable(action);
    }
  }
  function isFull(): boolean {
    const pending = [...table.values()].filter(({ state }) => state.kind === "offered").length;
    return table.size >= socketLimits.connections || pending >= socketLimits.pending;
  }
  function add(wanted: Omit<Connection, "since" | "state" | "side">): Connection {
    const connection: Connection = { ...wanted, since: clock.now(), state: { kind: "offered" }, side: null };
    table.set(connection.channel, connection);
    return connection;
  }
  function freeChannel(): ChannelId | null {
    return socketChannels.find((channel) => !table.has(channel)) ?? null;
  }

  function askedByGuest(endpoint: Guid, asked: Guid): void {
    const hostPort = socketPort(asked);
    const guestPort = socketPort(endpoint);
    const service = hostPort === null ? null : options.service(hostPort);
    const channel = freeChannel();
    const known = [...table.values()].some(({ instance }) => instance === endpoint);
    if (
      hostPort === null ||
      guestPort === null ||
      service === null ||
      channel === null ||
      known ||
      isFull()
    ) {
      counters.refused++;
      order({ kind: "refuse", endpoint, service: asked });
      return;
    }
    add({ channel, instance: endpoint, guestPort, hostPort, fromHost: false, service, refused() {} });
    order(guestOffer(channel, endpoint, asked));
  }
  function take(ask: SocketAsk | null): void {
    if (ask === null) return;
    if (ask.kind === "connect") askedByGuest(ask.endpoint, ask.service);
    else {
      const connection = table.get(ask.channel);
      if (connection !== undefined) feed(connection, "released");
    }
  }
  /** The machine of these connections is gone, with everything its guest knew. */
  function forgetAll(): void {
    for (const connection of [...table.values()]) feed(connection, "released");
  }
  const deskOwner: ChannelOwner = (channel) => ({
    opened() {
      desk = channel;
      for (const left of leftOver) order({ kind: "rescind", channel: left as ChannelId });
      leftOver = [];
    },
    request({ transactionId, payload }) {
      channel.complete(transactionId, nothing);
      take(decodeSocketAsk(payload));
    },
    closed() {
      desk = null;
      forgetAll();
    },
  });

  function serve(connection: Connection, channel: Channel): ChannelHandlers {
    const { guestPort, hostPort } = connection;
    const side = openStream({
      channel,
      guestPort,
      hostPort,
      now: clock.now,
      done: (what) => feed(connection, what),
    });
    connection.side = side;
    return {
      ownCredit: true,
      opened: () => feed(connection, "opened"),
      request({ transactionId, wantsCompletion, payload }) {
        if (wantsCompletion) channel.complete(transactionId, nothing);
        if (connection.state.kind !== "open" || side.arrived(payload)) return;
        counters.violations++;
        feed(connection, "aborted");
      },
      sent: side.sent,
      closed: () => feed(connection, "closed"),
    };
  }
  const socketOwner: ChannelOwner = (channel) => {
    const connection = table.get(channel.id);
    if (connection?.state.kind === "offered") return serve(connection, channel);
    // Of before a restore: the guest is told that it is over.
    return { opened: () => order({ kind: "rescind", channel: channel.id }), request() {}, closed() {} };
  };

  function hostPortNow(): number {
    const used = new Set([...table.values()].map(({ hostPort }) => hostPort));
    while (used.has(nextHostPort))
      nextHostPort = nextHostPort >= 0xffff_fffe ? firstHostPort : nextHostPort + 1;
    return nextHostPort++;
  }
  function connect(port: number, service: StreamService, refused: (why: SocketRefusal) => void): () => void {
    const channel = freeChannel();
    if (desk === null || channel === null || isFull()) {
      refused(desk === null ? "absent" : "full");
      return () => {};
    }
    const hostPort = hostPortNow();
    let wanted = true;
    const connection = add({
      channel,
      instance: hostInstance(hostPort),
      guestPort: port,
      hostPort,
      fromHost: true,
      service,
      refused: (why) => void (wanted && refused(why)),
    });
    order(hostOffer(channel, hostPort, port));
    return () => {
      wanted = false;
      if (connection.state.kind === "offered") feed(connection, "aborted");
    };
  }
  function watch(connection: Connection): void {
    const { state, side, since } = connection;
    const now = clock.now();
    if (state.kind === "offered" && now - since > offerPatience) feed(connection, "expired");
    const waits = state.kind === "open" && state.guestDone && side !== null;
    if (waits && now - side.movedAt() > lingerPatience) feed(connection, "aborted");
  }

  return {
    owners: [
      { channel: (firstInternalChannel + socketDesk) as ChannelId, owner: deskOwner },
      ...socketChannels.map((channel) => ({ channel, owner: socketOwner })),
    ],
    connect,
    tick() {
      for (const connection of [...table.values()]) watch(connection);
    },
    hold: clock.stop,
    goOn: clock.go,
    inspect: () => socketTree(counters, table),
    save: () => ({ format: 1, channels: [...table.keys(), ...leftOver] }),
  };
}
