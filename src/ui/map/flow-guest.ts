import type { VmGuid } from "../../hvdef/index.ts";
import {
  addGuess,
  addStep,
  awaitNext,
  beginFlow,
  type ClassOf,
  claim,
  claimAll,
  type FlowState,
  type OpenFlow,
  perhapsAnswers,
  type SeenEvent,
} from "./flow-state.ts";
import * as say from "./flow-words.ts";
import { boxOf } from "./model.ts";

const nameOf = (machine: VmGuid, { subject = 0 }: SeenEvent): string => `${machine} ${subject}`;

/** A packet was taken from the guest's ring. */
export function onPacketTaken(state: FlowState, event: SeenEvent, classOf: ClassOf): void {
  const { machine, subject: channel = 0, tag = 0 } = event;
  if (machine === null) return;
  const kind = classOf(machine, channel);
  const name = nameOf(machine, event);
  const answer =
    claim(state, `reply ${name}`, event.at) ?? (kind === "console" ? perhapsAnswers(state, event) : null);
  const flow = answer ?? beginFlow(state, event, kind, say.guestPacket(kind));
  const add = answer === null ? addStep : addGuess;
  add(flow, event, boxOf("clients", machine), say.clientAsks(kind));
  add(flow, event, boxOf("guestBus", machine), say.taken(channel, event.bytes ?? 0));
  awaitNext(state, `up ${name} ${tag}`, flow);
}

/** A packet was put into the guest's ring. */
export function onPacketPlaced(state: FlowState, event: SeenEvent): void {
  const { machine, subject: channel = 0 } = event;
  if (machine === null) return;
  const name = nameOf(machine, event);
  const flow = claim(state, `place ${name}`, event.at);
  if (flow === null) return;
  addStep(flow, event, boxOf("guestBus", machine), say.placed(channel, event.bytes ?? 0));
  awaitNext(state, `event ${name}`, flow);
}

/** The event flag of a channel was set: for all that was put into its ring. */
export function onChannelEvent(state: FlowState, event: SeenEvent): void {
  const { machine, subject: channel = 0 } = event;
  if (machine === null) return;
  const name = nameOf(machine, event);
  for (const flow of claimAll(state, `event ${name}`, event.at)) {
    addStep(flow, event, boxOf("vp", machine), say.eventFlag(channel));
    flow.arrived = true;
    awaitNext(state, `interrupt ${machine}`, flow);
    // The guest answers a service once, on the same channel.
    if (flow.kind !== "services" || flow.answered) continue;
    flow.answered = true;
    awaitNext(state, `reply ${name}`, flow);
  }
}

/** The hypervisor asked for an interrupt. */
export function onInterrupt(state: FlowState, event: SeenEvent): void {
  const { machine, subject: vector = 0 } = event;
  if (machine === null) return;
  for (const flow of claimAll(state, `interrupt ${machine}`, event.at)) {
    addStep(flow, event, boxOf("vp", machine), say.interrupted(vector));
    if (flow.kind !== "key") addGuess(flow, event, boxOf("clients", machine), say.clientRuns());
  }
}

/** Characters for the emulated serial port. */
export function onSerialIn(state: FlowState, event: SeenEvent): void {
  const { machine } = event;
  if (machine === null) return;
  const known = claim(state, `serialIn ${machine}`, event.at);
  const flow = known ?? beginFlow(state, event, "serial", say.serialTyped(event.text ?? ""));
  flow.emulated = true;
  flow.arrived = true;
  addStep(flow, event, boxOf("process", machine), say.serialIn(event.bytes ?? 0));
}

/** The guest touched an emulated device: the first touch of the right one may be the driver that reads what was typed. */
export function onAccess(state: FlowState, event: SeenEvent): void {
  const { machine, subject: port = 0 } = event;
  const flow = machine === null ? null : perhapsAnswers(state, event);
  if (machine === null || flow === null || flow.answered || !flow.emulated) return;
  const wanted = flow.kind === "serial" ? "serial" : "keyboard";
  if (event.text !== wanted) return;
  flow.answered = true;
  addGuess(flow, event, boxOf("drivers", machine), say.driverReads(wanted, port));
  addGuess(flow, event, boxOf("vp", machine), say.intercepted(port));
  addGuess(flow, event, "vid", say.vidPasses());
}

/** The guest printed something, or its screen has changed. */
export function onShown(state: FlowState, event: SeenEvent): void {
  const { machine, text = "" } = event;
  const flow: OpenFlow | null = machine === null ? null : perhapsAnswers(state, event);
  if (machine === null || flow === null) return;
  const words = event.kind === "serialOut" ? say.serialOut(text) : say.screenChanged(text);
  addGuess(flow, event, boxOf("process", machine), words);
  addGuess(flow, event, "manager", say.pageShows());
}
