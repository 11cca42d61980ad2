import { wmiCall } from "../../hvdef/index.ts";
import {
  addStep,
  awaitNext,
  beginFlow,
  claim,
  type FlowKind,
  type FlowState,
  flowOfTurn,
  type SeenEvent,
} from "./flow-state.ts";
import * as say from "./flow-words.ts";
import { boxOf } from "./model.ts";

const inputCalls = /^(type|press|release)/;

function kindOf(call: string): FlowKind {
  return inputCalls.test(call) ? "key" : "management";
}

/** A view asked something. */
export function onAsk(state: FlowState, event: SeenEvent): void {
  if (event.machine === null) return;
  const call = event.text ?? "";
  const serial = call.startsWith("send ");
  const flow = beginFlow(state, event, serial ? "serial" : kindOf(call), say.asked(call));
  addStep(flow, event, "manager", say.pageAsks(call));
  const next = serial ? `serialIn ${event.machine}` : `request ${event.machine} ${call.split(" ")[0]}`;
  awaitNext(state, next, flow);
}

/** A client's call arrived at the management service. */
export function onRequest(state: FlowState, event: SeenEvent): void {
  const call = event.text ?? "";
  const known = claim(state, `request ${event.machine} ${call}`, event.at);
  const flow = known ?? beginFlow(state, event, kindOf(call), say.asked(call));
  if (known === null) addStep(flow, event, "manager", say.pageAsks(call));
  if (call.startsWith(wmiCall)) addStep(flow, event, "wmi", say.wmiTakes(call));
  addStep(flow, event, "vmms", say.serviceTakes(call));
  state.turn = { flow, at: event.at };
  if (event.machine !== null) awaitNext(state, `call ${event.machine}`, flow);
}

/** The management service called a worker process. Calls that nobody asked for are its own, and no news. */
export function onCall(state: FlowState, event: SeenEvent): void {
  if (event.machine === null) return;
  const call = event.text ?? "";
  const flow = claim(state, `call ${event.machine}`, event.at);
  if (flow === null) return;
  flow.emulated ||= call === "keyboardInput" || call === "mouseInput";
  flow.arrived = flow.emulated;
  addStep(flow, event, boxOf("process", event.machine), say.workerCalled(call));
}

/** A file was read or written, for what the parent is doing. */
export function onFile(state: FlowState, event: SeenEvent): void {
  const flow = flowOfTurn(state, event);
  if (flow?.kind === "disk")
    addStep(flow, event, "disks", say.file(event.kind === "fileRead", event.bytes ?? 0));
}
