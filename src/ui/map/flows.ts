import type { VmGuid } from "../../hvdef/index.ts";
import { onAsk, onCall, onFile, onRequest } from "./flow-calls.ts";
import {
  onAccess,
  onChannelEvent,
  onInterrupt,
  onPacketPlaced,
  onPacketTaken,
  onSerialIn,
  onShown,
} from "./flow-guest.ts";
import { onLink } from "./flow-link.ts";
import {
  type ClassOf,
  type FlowKind,
  type FlowState,
  type FlowStep,
  giveUp,
  type SeenEvent,
} from "./flow-state.ts";

/** Something that happened, with its way through the boxes. */
export interface EventFlow {
  /** Grows with every flow. */
  readonly id: number;
  readonly kind: FlowKind;
  readonly machine: VmGuid | null;
  readonly title: string;
  readonly steps: readonly FlowStep[];
  /** It went by emulated devices. */
  readonly emulated: boolean;
}

/** Puts events together to the ways of what happened. */
export interface FlowBook {
  /** Takes events in the order of time: none may be older than those of the call before. */
  feed(events: readonly SeenEvent[], classOf: ClassOf): void;
  /** Those there are, the latest first, bounded. */
  flows(): readonly EventFlow[];
  clear(): void;
}

/** Brings one event to the flow it belongs to, or begins one. */
function feedOne(state: FlowState, event: SeenEvent, classOf: ClassOf): void {
  switch (event.kind) {
    case "ask":
      onAsk(state, event);
      break;
    case "request":
      onRequest(state, event);
      break;
    case "call":
      onCall(state, event);
      break;
    case "fileRead":
    case "fileWrite":
      onFile(state, event);
      break;
    case "linkSent":
    case "linkArrived":
      onLink(state, event, classOf);
      break;
    case "packetTaken":
      onPacketTaken(state, event, classOf);
      break;
    case "packetPlaced":
      onPacketPlaced(state, event);
      break;
    case "channelEvent":
      onChannelEvent(state, event);
      break;
    case "interrupt":
      onInterrupt(state, event);
      break;
    case "serialIn":
      onSerialIn(state, event);
      break;
    case "access":
      onAccess(state, event);
      break;
    case "serialOut":
    case "screen":
      onShown(state, event);
      break;
    // They say how often, which the counters say better.
    case "hypercall":
    case "msr":
    case "cpuid":
      break;
  }
}

/** Opens a book without flows. */
export function openFlowBook(): FlowBook {
  const state: FlowState = { flows: [], nextId: 1, waiting: new Map(), turn: null };
  return {
    feed(events, classOf) {
      for (const event of events) feedOne(state, event, classOf);
      const last = events.at(-1);
      if (last !== undefined) giveUp(state, last.at);
    },
    flows: () =>
      state.flows
        // One step alone is the end of something that was not seen.
        .filter(({ steps }) => steps.length > 1)
        .map(({ id, kind, machine, title, steps, emulated }) => {
          return { id, kind, machine, title, steps: [...steps], emulated };
        })
        .reverse(),
    clear() {
      state.flows = [];
      state.waiting.clear();
      state.turn = null;
    },
  };
}
