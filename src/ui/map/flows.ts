import { firstInternalChannel, firstLegacyAdapter, type TraceEvent, type VmGuid } from "../../hvdef/index.ts";
import type { PacketClass } from "./figures.ts";
import { type BoxKey, boxOf, providerOf } from "./model.ts";
import * as say from "./flow-words.ts";

/** An event with the thread that saw it and the machine it concerns. */
export interface SeenEvent extends TraceEvent {
  readonly thread: "page" | "parent" | "child";
  readonly machine: VmGuid | null;
}

/** One stop of what happened. */
export interface FlowStep {
  readonly box: BoxKey;
  /** Milliseconds since 1970, with fractions. */
  readonly at: number;
  readonly text: string;
  /** It came next in time; that it came because of what was before, nobody outside the guest can see. */
  readonly guessed: boolean;
}

/** What a flow is about. */
export type FlowKind = "key" | "serial" | "disk" | "network" | "services" | "sockets" | "console" | "management";

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
  /**
   * Takes events in the order of time: none may be older than those of the call before.
   * @param classOf  what a channel of a machine carries
   */
  feed(events: readonly SeenEvent[], classOf: (vm: VmGuid, channel: number) => PacketClass): void;
  /** Those there are, the latest first, bounded. */
  flows(): readonly EventFlow[];
  clear(): void;
}

/** Flows that are kept. */
export const flowLimit = 120;
/** Steps of one flow. Reason: a long answer on a serial port is one event after the other. */
const stepLimit = 24;
/** How long a flow waits for its next step, milliseconds. */
const patience = 2000;
/** Within this time the parent does in one turn what it was asked. */
const oneTurn = 4;
/** How long after a key what the guest does next is shown with it. */
const answerTime = 600;

interface OpenFlow {
  readonly id: number;
  kind: FlowKind;
  readonly machine: VmGuid | null;
  title: string;
  readonly steps: FlowStep[];
  emulated: boolean;
  /** When something was last added. */
  touched: number;
  /** Whether the guest has it: what it does next may be its answer. */
  arrived: boolean;
  answered: boolean;
}

const inputCalls = /^(type|press|release)/;

/** Opens a book without flows. */
export function openFlowBook(): FlowBook {
  let flows: OpenFlow[] = [];
  let nextId = 1;
  /** Who waits for what: keys name thread, machine, channel and, for requests, transaction. */
  let waiting = new Map<string, OpenFlow[]>();
  /** What the parent is doing in this turn. */
  let turn: { readonly flow: OpenFlow; readonly at: number } | null = null;

  function open(event: SeenEvent, kind: FlowKind, title: string): OpenFlow {
    const flow: OpenFlow = {
      id: nextId++,
      kind,
      machine: event.machine,
      title,
      steps: [],
      emulated: false,
      touched: event.at,
      arrived: false,
      answered: false,
    };
    flows.push(flow);
    if (flows.length > flowLimit) flows = flows.slice(-flowLimit);
    return flow;
  }
  function step(flow: OpenFlow, event: SeenEvent, box: BoxKey, text: string, guessed = false): void {
    if (flow.steps.length >= stepLimit) return;
    flow.steps.push({ box, at: event.at, text, guessed });
    flow.touched = event.at;
  }
  function wait(key: string, flow: OpenFlow): void {
    const list = waiting.get(key) ?? [];
    list.push(flow);
    waiting.set(key, list);
  }
  /** The one that has waited longest, unless it has given up. */
  function claim(key: string, now: number): OpenFlow | null {
    const list = waiting.get(key);
    for (let flow = list?.shift(); flow !== undefined; flow = list?.shift()) {
      if (list?.length === 0) waiting.delete(key);
      if (now - flow.touched <= patience) return flow;
    }
    return null;
  }
  function claimAll(key: string, now: number): readonly OpenFlow[] {
    const list = waiting.get(key) ?? [];
    waiting.delete(key);
    return list.filter((flow) => now - flow.touched <= patience);
  }
  function turnOf(event: SeenEvent): OpenFlow | null {
    return turn !== null && event.at - turn.at <= oneTurn ? turn.flow : null;
  }

  function onPage(event: SeenEvent): void {
    if (event.machine === null) return;
    const call = event.text ?? "";
    const serial = call.startsWith("send ");
    const kind = serial ? "serial" : inputCalls.test(call) ? "key" : "management";
    const flow = open(event, kind, say.asked(call));
    step(flow, event, "manager", say.pageAsks(call));
    wait(serial ? `serialIn ${event.machine}` : `request ${event.machine} ${call.split(" ")[0]}`, flow);
  }

  function onRequest(event: SeenEvent): void {
    const call = event.text ?? "";
    const known = claim(`request ${event.machine} ${call}`, event.at);
    const flow = known ?? open(event, inputCalls.test(call) ? "key" : "management", say.asked(call));
    if (known === null) step(flow, event, "manager", say.pageAsks(call));
    step(flow, event, "wmi", say.callCrosses(call));
    step(flow, event, "vmms", say.serviceTakes(call));
    turn = { flow, at: event.at };
    if (event.machine !== null) wait(`call ${event.machine}`, flow);
  }

  function onCall(event: SeenEvent): void {
    if (event.machine === null) return;
    const call = event.text ?? "";
    // A call that nobody asked for is the service's own: of no interest to whoever asks what happened.
    const flow = claim(`call ${event.machine}`, event.at);
    if (flow === null) return;
    flow.emulated ||= call === "keyboardInput" || call === "mouseInput";
    step(flow, event, boxOf("process", event.machine), say.workerCalled(call));
    flow.arrived = flow.emulated;
  }

  function onFile(event: SeenEvent): void {
    const flow = turnOf(event);
    if (flow === null || flow.kind !== "disk") return;
    step(flow, event, "disks", say.file(event.kind === "fileRead", event.bytes ?? 0));
  }

  function feedOne(event: SeenEvent, classOf: (vm: VmGuid, channel: number) => PacketClass): void {
    switch (event.kind) {
      case "ask":
        return onPage(event);
      case "request":
        return onRequest(event);
      case "call":
        return onCall(event);
      case "fileRead":
      case "fileWrite":
        return onFile(event);
      case "linkSent":
      case "linkArrived":
        return onLink(event, classOf);
      case "packetTaken":
      case "packetPlaced":
      case "channelEvent":
      case "interrupt":
        return onGuestSide(event, classOf);
      case "serialIn":
      case "serialOut":
      case "screen":
      case "access":
        return onDevices(event);
      case "hypercall":
      case "msr":
      case "cpuid":
        return;
    }
  }

  function onLink(event: SeenEvent, classOf: (vm: VmGuid, channel: number) => PacketClass): void {
    const { machine, subject: channel = 0, tag = 0, text: word = "" } = event;
    if (machine === null) return;
    const internal = channel >= firstInternalChannel;
    const kind = internal
      ? channel - firstInternalChannel < firstLegacyAdapter
        ? "disk"
        : "network"
      : classOf(machine, channel);
    const provider = providerOf[kind];
    const carries = ["request", "complete", "send", "transfer", "frameOut", "frameIn"].includes(word);
    if (!carries) return;
    const name = `${machine} ${channel}`;
    const up = word === "request" || word === "frameOut";
    if (event.thread === "child" && event.kind === "linkSent") {
      const flow = claim(`up ${name} ${tag}`, event.at) ?? (internal ? open(event, kind, say.emulatedRequest(kind)) : null);
      if (flow === null) return;
      flow.emulated ||= internal;
      const box = internal ? boxOf("process", machine) : boxOf("guestBus", machine);
      step(flow, event, box, say.carried(internal, event.bytes ?? 0));
      wait(`arrive ${name} ${tag}`, flow);
      return;
    }
    if (event.thread === "parent" && event.kind === "linkArrived") {
      if (!up) return;
      const flow = claim(`arrive ${name} ${tag}`, event.at);
      if (flow === null) return;
      if (!internal) step(flow, event, "bus", say.arrived(channel));
      step(flow, event, provider, say.providerTakes(kind));
      wait(`complete ${name} ${tag}`, flow);
      turn = { flow, at: event.at };
      return;
    }
    if (event.thread === "parent") {
      const asked = word === "complete" ? claim(`complete ${name} ${tag}`, event.at) : joins(event, kind);
      const flow = asked ?? (word === "complete" || internal ? null : open(event, kind, say.hostPacket(kind)));
      if (flow === null) return;
      step(flow, event, provider, say.providerSends(kind, word === "complete", event.bytes ?? 0));
      if (!internal) step(flow, event, "bus", say.handedOver(channel));
      wait(`down ${name} ${word === "complete" ? tag : word}`, flow);
      return;
    }
    const flow = claim(`down ${name} ${word === "complete" ? tag : word}`, event.at);
    if (flow === null) return;
    if (internal) step(flow, event, boxOf("process", machine), say.deviceAnswers(kind));
    else wait(`place ${name}`, flow);
  }

  /** What is going on in the parent's turn, if a packet of the host can belong to it. */
  function joins(event: SeenEvent, kind: PacketClass): OpenFlow | null {
    const flow = turnOf(event);
    if (flow === null) return null;
    const asked = flow.kind === "key" && kind === "console";
    const forwarded = flow.kind === "network" && kind === "network";
    const answers = flow.kind === kind && (kind === "services" || kind === "sockets");
    const managed = flow.kind === "management" && kind !== "disk" && kind !== "network";
    return asked || forwarded || answers || managed ? flow : null;
  }

  function onGuestSide(event: SeenEvent, classOf: (vm: VmGuid, channel: number) => PacketClass): void {
    const { machine, subject: channel = 0, tag = 0 } = event;
    if (machine === null) return;
    const name = `${machine} ${channel}`;
    switch (event.kind) {
      case "packetTaken": {
        const kind = classOf(machine, channel);
        const answer = answerOf(event, kind === "console");
        const flow = answer ?? open(event, kind, say.guestPacket(kind));
        step(flow, event, boxOf("clients", machine), say.clientAsks(kind), answer !== null);
        step(flow, event, boxOf("guestBus", machine), say.taken(channel, event.bytes ?? 0), answer !== null);
        wait(`up ${name} ${tag}`, flow);
        return;
      }
      case "packetPlaced": {
        const flow = claim(`place ${name}`, event.at);
        if (flow === null) return;
        step(flow, event, boxOf("guestBus", machine), say.placed(channel, event.bytes ?? 0));
        wait(`event ${name}`, flow);
        return;
      }
      case "channelEvent":
        for (const flow of claimAll(`event ${name}`, event.at)) {
          step(flow, event, boxOf("vp", machine), say.eventFlag(channel));
          flow.arrived = true;
          wait(`interrupt ${machine}`, flow);
        }
        return;
      default:
        for (const flow of claimAll(`interrupt ${machine}`, event.at)) {
          step(flow, event, boxOf("vp", machine), say.interrupted(channel));
          if (flow.kind !== "key") step(flow, event, boxOf("clients", machine), say.clientRuns(), true);
        }
    }
  }

  /** The key or text that what a guest does now may be the answer to. */
  function answerOf(event: SeenEvent, fits: boolean): OpenFlow | null {
    if (!fits) return null;
    const found = flows.findLast(
      (flow) =>
        flow.machine === event.machine &&
        flow.arrived &&
        (flow.kind === "key" || flow.kind === "serial") &&
        event.at - flow.touched <= answerTime,
    );
    return found ?? null;
  }

  function onDevices(event: SeenEvent): void {
    const { machine } = event;
    if (machine === null) return;
    const process = boxOf("process", machine);
    if (event.kind === "serialIn") {
      const flow = claim(`serialIn ${machine}`, event.at) ?? open(event, "serial", say.serialTyped(event.text ?? ""));
      flow.emulated = true;
      flow.arrived = true;
      step(flow, event, process, say.serialIn(event.bytes ?? 0));
      return;
    }
    const flow = answerOf(event, true);
    if (flow === null) return;
    if (event.kind === "access") {
      const wanted = flow.kind === "serial" ? "serial" : "keyboard";
      if (event.text !== wanted || flow.answered || !flow.emulated) return;
      flow.answered = true;
      step(flow, event, boxOf("drivers", machine), say.driverReads(wanted, event.subject ?? 0), true);
      step(flow, event, boxOf("vp", machine), say.intercepted(event.subject ?? 0), true);
      step(flow, event, "vid", say.vidPasses(), true);
      return;
    }
    const words = event.kind === "serialOut" ? say.serialOut(event.text ?? "") : say.screenChanged(event.text ?? "");
    step(flow, event, process, words, true);
    step(flow, event, "manager", say.pageShows(), true);
  }

  return {
    feed(events, classOf) {
      for (const event of events) feedOne(event, classOf);
      const newest = events.at(-1)?.at ?? 0;
      const alive = [...waiting].flatMap(([key, list]): [string, OpenFlow[]][] => {
        const rest = list.filter((flow) => newest - flow.touched <= patience);
        return rest.length === 0 ? [] : [[key, rest]];
      });
      waiting = new Map(alive);
    },
    flows: () =>
      flows
        .filter(({ steps }) => steps.length > 1)
        .map(({ id, kind, machine, title, steps, emulated }) => ({
          id,
          kind,
          machine,
          title,
          steps: [...steps],
          emulated,
        }))
        .reverse(),
    clear() {
      flows = [];
      waiting = new Map();
      turn = null;
    },
  };
}
