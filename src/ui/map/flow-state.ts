import type { TraceEvent, VmGuid } from "../../hvdef/index.ts";
import type { PacketClass } from "./figures.ts";
import type { BoxKey } from "./model.ts";

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
export type FlowKind = PacketClass | "key" | "serial" | "management";

/** A flow that may go on. */
export interface OpenFlow {
  readonly id: number;
  readonly kind: FlowKind;
  readonly machine: VmGuid | null;
  readonly title: string;
  readonly steps: FlowStep[];
  /** It went by emulated devices. */
  emulated: boolean;
  /** When something was last added. */
  touched: number;
  /** Whether the guest has it: what it does next may be its answer. */
  arrived: boolean;
  answered: boolean;
}

/** What the book of flows knows. Belongs to `openFlowBook`; the functions beside it act on it. */
export interface FlowState {
  flows: OpenFlow[];
  nextId: number;
  /** Who waits for what: keys name machine, channel and, for requests, transaction. */
  waiting: Map<string, OpenFlow[]>;
  /** What the parent is doing in this turn. */
  turn: { readonly flow: OpenFlow; readonly at: number } | null;
}

/** What a channel of a machine carries. */
export type ClassOf = (vm: VmGuid, channel: number) => PacketClass;

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

/** Begins a flow with an event. */
export function beginFlow(state: FlowState, event: SeenEvent, kind: FlowKind, title: string): OpenFlow {
  const flow: OpenFlow = {
    id: state.nextId++,
    kind,
    machine: event.machine,
    title,
    steps: [],
    emulated: false,
    touched: event.at,
    arrived: false,
    answered: false,
  };
  state.flows.push(flow);
  if (state.flows.length > flowLimit) state.flows = state.flows.slice(-flowLimit);
  return flow;
}

/** Adds a step that is certain to belong to it. */
export function addStep(flow: OpenFlow, event: SeenEvent, box: BoxKey, text: string): void {
  add(flow, event, { box, text, guessed: false });
}

/** Adds what came next. */
export function addGuess(flow: OpenFlow, event: SeenEvent, box: BoxKey, text: string): void {
  add(flow, event, { box, text, guessed: true });
}

function add(flow: OpenFlow, event: SeenEvent, step: Omit<FlowStep, "at">): void {
  if (flow.steps.length >= stepLimit) return;
  flow.steps.push({ ...step, at: event.at });
  flow.touched = event.at;
}

/** The flow goes on when somebody claims the key. */
export function awaitNext(state: FlowState, key: string, flow: OpenFlow): void {
  const list = state.waiting.get(key) ?? [];
  list.push(flow);
  state.waiting.set(key, list);
}

/** The flow that has waited longest, unless it has given up. */
export function claim(state: FlowState, key: string, now: number): OpenFlow | null {
  const list = state.waiting.get(key) ?? [];
  for (let flow = list.shift(); flow !== undefined; flow = list.shift()) {
    if (list.length === 0) state.waiting.delete(key);
    if (isPatient(flow, now)) return flow;
  }
  return null;
}

/** All that wait for it. */
export function claimAll(state: FlowState, key: string, now: number): readonly OpenFlow[] {
  const list = state.waiting.get(key) ?? [];
  state.waiting.delete(key);
  return list.filter((flow) => isPatient(flow, now));
}

function isPatient(flow: OpenFlow, now: number): boolean {
  return now - flow.touched <= patience;
}

/** Forgets those that have waited too long. */
export function giveUp(state: FlowState, now: number): void {
  for (const [key, list] of [...state.waiting]) {
    const rest = list.filter((flow) => isPatient(flow, now));
    if (rest.length === 0) state.waiting.delete(key);
    else state.waiting.set(key, rest);
  }
}

/** What the parent does at the time of an event. */
export function flowOfTurn({ turn }: FlowState, event: SeenEvent): OpenFlow | null {
  return turn !== null && event.at - turn.at <= oneTurn ? turn.flow : null;
}

/** The key or text that what a guest does now may be the answer to. */
export function perhapsAnswers({ flows }: FlowState, event: SeenEvent): OpenFlow | null {
  const typed = flows.findLast(
    (flow) =>
      flow.machine === event.machine &&
      flow.arrived &&
      (flow.kind === "key" || flow.kind === "serial") &&
      event.at - flow.touched <= answerTime,
  );
  return typed ?? null;
}
