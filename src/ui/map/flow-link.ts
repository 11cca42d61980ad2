import { firstInternalChannel, firstLegacyAdapter, type VmGuid } from "../../hvdef/index.ts";
import type { PacketClass } from "./figures.ts";
import {
  addStep,
  awaitNext,
  beginFlow,
  type ClassOf,
  claim,
  type FlowState,
  flowOfTurn,
  type OpenFlow,
  type SeenEvent,
} from "./flow-state.ts";
import * as say from "./flow-words.ts";
import { boxOf, providerOf } from "./model.ts";

/** Records of guests, and of providers, that carry what they say to each other. */
const fromGuests: readonly string[] = ["request", "frameOut", "taken"];
const fromProviders: readonly string[] = ["complete", "send", "transfer", "frameIn"];

/** A record of the link, with all that follows from its channel. */
interface Record {
  readonly event: SeenEvent;
  readonly machine: VmGuid;
  readonly channel: number;
  readonly kind: PacketClass;
  /** Of an emulated device. */
  readonly internal: boolean;
  readonly word: string;
  /** Machine and channel, and with them the transaction. */
  readonly name: string;
  readonly request: string;
}

function recordOf(event: SeenEvent, machine: VmGuid, classOf: ClassOf): Record {
  const { subject: channel = 0, tag = 0, text: word = "" } = event;
  const internal = channel >= firstInternalChannel;
  const emulated = channel - firstInternalChannel < firstLegacyAdapter ? "disk" : "network";
  const kind = internal ? emulated : classOf(machine, channel);
  const name = `${machine} ${channel}`;
  return { event, machine, channel, kind, internal, word, name, request: `${name} ${tag}` };
}

/** A record crossed the link, or is about to. */
export function onLink(state: FlowState, event: SeenEvent, classOf: ClassOf): void {
  if (event.machine === null) return;
  const record = recordOf(event, event.machine, classOf);
  const sent = event.kind === "linkSent";
  const up = event.thread === "child" ? sent : !sent;
  if (!(up ? fromGuests : fromProviders).includes(record.word)) return;
  if (event.thread === "child") {
    if (sent) leaveGuest(state, record);
    else arriveAtGuest(state, record);
  } else if (sent) leaveParent(state, record);
  else arriveAtParent(state, record);
}

function leaveGuest(state: FlowState, { event, internal, kind, machine, request }: Record): void {
  const known = claim(state, `up ${request}`, event.at);
  const flow = known ?? (internal ? beginFlow(state, event, kind, say.emulatedRequest(kind)) : null);
  if (flow === null) return;
  flow.emulated ||= internal;
  const box = boxOf(internal ? "process" : "guestBus", machine);
  addStep(flow, event, box, say.carried(internal, event.bytes ?? 0));
  awaitNext(state, `arrive ${request}`, flow);
}

function arriveAtParent(state: FlowState, { event, internal, channel, kind, word, request }: Record): void {
  const flow = claim(state, `arrive ${request}`, event.at);
  if (flow === null) return;
  if (!internal) addStep(flow, event, "bus", say.arrived(channel));
  const heard = word === "taken" ? say.providerHears() : say.providerTakes(kind);
  addStep(flow, event, providerOf[kind], heard);
  if (word === "taken") return;
  awaitNext(state, `complete ${request}`, flow);
  state.turn = { flow, at: event.at };
}

function leaveParent(state: FlowState, record: Record): void {
  const { event, internal, channel, kind, word, name, request } = record;
  const answers = word === "complete";
  const known = answers ? claim(state, `complete ${request}`, event.at) : joined(state, record);
  const flow = known ?? (answers || internal ? null : beginFlow(state, event, kind, say.hostPacket(kind)));
  if (flow === null) return;
  addStep(flow, event, providerOf[kind], say.providerSends(kind, answers, event.bytes ?? 0));
  if (!internal) addStep(flow, event, "bus", say.handedOver(channel));
  awaitNext(state, answers ? `down ${request}` : `down ${name} ${word}`, flow);
}

function arriveAtGuest(
  state: FlowState,
  { event, internal, kind, machine, word, name, request }: Record,
): void {
  const flow = claim(state, word === "complete" ? `down ${request}` : `down ${name} ${word}`, event.at);
  if (flow === null) return;
  if (internal) addStep(flow, event, boxOf("process", machine), say.deviceAnswers(kind));
  else awaitNext(state, `place ${name}`, flow);
}

/** What is going on in the parent's turn, if a packet of the host can belong to it. */
function joined(state: FlowState, { event, kind }: Record): OpenFlow | null {
  const flow = flowOfTurn(state, event);
  if (flow === null) return null;
  const asked = flow.kind === "key" && kind === "console";
  const forwarded = flow.kind === "network" && kind === "network";
  const answers = flow.kind === kind && (kind === "services" || kind === "sockets");
  const managed = flow.kind === "management" && kind !== "disk" && kind !== "network";
  return asked || forwarded || answers || managed ? flow : null;
}
