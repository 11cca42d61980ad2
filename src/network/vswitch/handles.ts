import type { FrameSink, SwitchPort } from "../port.ts";
import { add, Cell, readCounters } from "./counters.ts";
import { enter, forward, leave } from "./forward.ts";
import { inspectPort } from "./inspect.ts";
import { forwardLarge } from "./large.ts";
import { plug, type SwitchState, unplug } from "./membership.ts";
import type { Port } from "./port-state.ts";
import { type NewPort, portGone } from "./settings.ts";
import type { VirtualPort } from "./virtual-port.ts";

/** The holders' ends of a switch's ports. A handle of another switch, or of a port that is gone, finds nothing. */
export interface Handles {
  connect(wanted: NewPort, sink: FrameSink, unplugged?: () => void): VirtualPort;
  find(handle: SwitchPort): Port | null;
  /** @throws HvError `network.portGone` */
  portOf(handle: SwitchPort): Port;
  handleOf(port: Port): VirtualPort | null;
  /** Unplugs everybody and tells them. Further calls do nothing. */
  removeAll(): void;
}

/** The handles of a switch that has no ports yet. */
export function openHandles(state: SwitchState): Handles {
  const ports = new Map<SwitchPort, Port>();
  const handles = new Map<Port, VirtualPort>();
  const farewells = new Map<Port, () => void>();

  function connect(wanted: NewPort, sink: FrameSink, unplugged?: () => void): VirtualPort {
    const port = plug(state, wanted, sink);
    const handle = newHandle(state, port, () => drop(port));
    ports.set(handle, port);
    handles.set(port, handle);
    if (unplugged !== undefined) farewells.set(port, unplugged);
    return handle;
  }

  function drop(port: Port): void {
    unplug(state, port);
    const handle = handles.get(port);
    if (handle !== undefined) ports.delete(handle);
    handles.delete(port);
    farewells.delete(port);
  }

  function removeAll(): void {
    state.removed = true;
    const told = [...farewells.values()];
    for (const port of [...handles.keys()]) drop(port);
    for (const tell of told) tell();
  }

  function portOf(handle: SwitchPort): Port {
    const port = ports.get(handle);
    if (port === undefined) throw portGone();
    return port;
  }

  return {
    connect,
    find: (handle) => ports.get(handle) ?? null,
    portOf,
    handleOf: (port) => handles.get(port) ?? null,
    removeAll,
  };
}

function newHandle(state: SwitchState, port: Port, drop: () => void): VirtualPort {
  return {
    number: port.number,
    get connected() {
      return port.connected;
    },
    get settings() {
      return port.settings;
    },
    get hasQueue() {
      return port.connected && port.hasQueue;
    },
    send(bytes, at, length) {
      const frame = enter(state);
      if (frame === null) {
        add(port.counters, Cell.blocked, 1);
        return;
      }
      frame.bytes = bytes;
      frame.at = at;
      frame.length = length;
      try {
        forward(state, port, frame);
      } finally {
        leave(state, frame);
      }
    },
    sendLarge(bytes, at, length, large) {
      const frame = enter(state);
      if (frame === null) return false;
      frame.bytes = bytes;
      frame.at = at;
      frame.length = length;
      try {
        return forwardLarge(state, port, frame, large);
      } finally {
        leave(state, frame);
      }
    },
    counters: () => readCounters(port.counters),
    inspect: () => inspectPort(port),
    [Symbol.dispose]: drop,
  };
}
