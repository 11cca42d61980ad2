import type { InspectNode } from "../../support/index.ts";
import type { MacAddress } from "../frame/index.ts";
import type { FrameSink, SwitchPort } from "../port.ts";
import { countDirect, directTarget, directTargets } from "./direct.ts";
import { openHandles } from "./handles.ts";
import { inspectSwitch, type TableEntry, tableEntries } from "./inspect.ts";
import { age, type NewSwitch, newSwitch, reshape, watch, wishQueue } from "./membership.ts";
import type { FrameObserver } from "./port-state.ts";
import { type QueueWish, queueWishes } from "./queues.ts";
import type { NewPort, PortChange, SwitchKind } from "./settings.ts";
import type { VirtualPort } from "./virtual-port.ts";

/** Where frames may go straight to from some port. */
export interface DirectPath {
  /** The address they are for. */
  readonly mac: MacAddress;
  readonly port: VirtualPort;
}

/** What went straight since the last report. */
export interface DirectTraffic {
  readonly frames: number;
  readonly bytes: number;
  /** Frames for which there was no room at the target, or on the way there. */
  readonly lost: number;
}

/** A layer-2 switch within this host. Nothing on its path waits, and nothing is allocated for a frame. */
export interface VirtualSwitch extends Disposable {
  readonly name: string;
  readonly kind: SwitchKind;
  /** Changes whenever an answer of `directPath` could: what was remembered of them is void then. */
  readonly epoch: number;
  rename(name: string): void;
  /**
   * Plugs somebody in. Frames may come during the call of `send` of any other port, and the holder may send while it
   * gets one.
   *
   * @param unplugged  called once when the switch is removed under the holder, not when the holder leaves
   * @throws HvError `network.badMac`, `.badVlan`, `.noPort`, `.noSuchPlace`, `.gone`, each with a sentence
   */
  connect(wanted: NewPort, sink: FrameSink, unplugged?: () => void): VirtualPort;
  /** Changes settings between two frames. @throws HvError as `connect`, and `network.portGone`; then nothing changed */
  change(port: SwitchPort, change: PortChange): void;
  /** Wishes for a queue with a weight of 1 to 100; 0 gives it back. @throws HvError `network.badWeight`, `.portGone` */
  assignQueue(port: SwitchPort, weight: number): void;
  /** Who wishes for a queue and who has one, in the order in which they are given. */
  queues(): readonly QueueWish[];
  /**
   * The port whose holder may get frames for `mac` straight from the holder of `from`, or `null`: they go through
   * the switch. True of frames that pass `directFilter` of the source's address, until `epoch` changes.
   *
   * @param vlan  VLAN of the tag that the frames wear; only those without a tag, 0, ever go straight
   */
  directPath(from: SwitchPort, mac: MacAddress, vlan: number): VirtualPort | null;
  /** All direct paths from a port, no more than there are queues. */
  directPaths(from: SwitchPort): readonly DirectPath[];
  /** Counts what went straight, which the switch did not see. Whoever moved the frames reports now and then. */
  countDirect(from: SwitchPort, to: SwitchPort, moved: DirectTraffic): void;
  /**
   * Watches a port, or with `null` all of them: what its holder sends once it is accepted, as it was sent, and what
   * is for its holder, as it gets it, before it does. A frame is seen on its way out also when there is no room for
   * it: `out` is `receivedFrames` and `dropped.noRoom` together, `in` is `sentFrames`.
   *
   * @throws HvError `network.portGone`
   */
  tap(port: SwitchPort | null, observer: FrameObserver): Disposable;
  /** Lets addresses age. Called about once a second; the time of the path is that of the last call. */
  tick(): void;
  ports(): readonly VirtualPort[];
  table(): readonly TableEntry[];
  inspect(): InspectNode;
}

/**
 * Opens a switch. Disposing it unplugs everybody: they are told, and what they send is dropped and counted at their
 * ports.
 */
export function openSwitch(wanted: NewSwitch): VirtualSwitch {
  const state = newSwitch(wanted);
  const { connect, find, portOf, handleOf, removeAll } = openHandles(state);

  function directPath(from: SwitchPort, mac: MacAddress, vlan: number): VirtualPort | null {
    const source = find(from);
    if (source === null || vlan !== 0) return null;
    const target = directTarget(state, source, mac);
    return target === null ? null : handleOf(target);
  }

  function directPaths(from: SwitchPort): readonly DirectPath[] {
    const source = find(from);
    if (source === null) return [];
    return directTargets(state, source).flatMap((target) => {
      const { mac } = target.settings;
      const port = handleOf(target);
      return mac === null || port === null ? [] : [{ mac, port }];
    });
  }

  return {
    get name() {
      return state.name;
    },
    kind: state.kind,
    get epoch() {
      return state.epoch;
    },
    rename(name) {
      state.name = name;
    },
    connect,
    change: (port, change) => reshape(state, portOf(port), change),
    assignQueue: (port, weight) => wishQueue(state, portOf(port), weight),
    queues: () => queueWishes(state.ports),
    directPath,
    directPaths,
    countDirect(from, to, moved) {
      countDirect(state.counters, { from: find(from), to: find(to), ...moved });
    },
    tap: (port, observer) => watch(state, port === null ? null : portOf(port), observer),
    tick: () => age(state),
    ports: () => state.ports.flatMap((port) => handleOf(port) ?? []),
    table: () => tableEntries(state),
    inspect: () => inspectSwitch(state),
    [Symbol.dispose]: removeAll,
  };
}
