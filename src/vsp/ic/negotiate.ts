import { IcMessage } from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";
import { agreedVersions, type IcAnswer, type IcVersions } from "./message.ts";
import type { IcProtocol } from "./offer.ts";

/** How far guest and host have come on one channel. Numbers are those of transactions, 0 to 255. */
export type IcState =
  | { readonly kind: "closed" }
  /** The guest may take its time: some services answer only when their daemon runs. */
  | { readonly kind: "negotiating"; readonly asked: number }
  /** `asked`: the one request the guest has not answered. */
  | { readonly kind: "agreed"; readonly versions: IcVersions; readonly asked: number | null }
  | { readonly kind: "mismatch" };

/** What happens on a channel. */
export type IcEvent =
  | { readonly kind: "opened"; readonly transaction: number }
  | { readonly kind: "ask"; readonly transaction: number }
  | { readonly kind: "answer"; readonly answer: IcAnswer }
  | { readonly kind: "closed" };

/**
 * The state afterwards and what is to be done: send the negotiation, send the request, take note of the agreement,
 * give the answer to whoever asked; `refused`: the event made no sense and changed nothing.
 */
export interface IcStep {
  readonly state: IcState;
  readonly action: "negotiate" | "send" | "agreed" | "answered" | "none" | "refused";
}

/**
 * The common part of all services as a step machine. Invariants: `agreed` is reached only over an answer to our
 * negotiation that names versions of ours; at most one request is unanswered; an answer that is not to it changes
 * nothing.
 */
export function stepIc(state: IcState, event: IcEvent, protocol: IcProtocol): IcStep {
  switch (event.kind) {
    case "opened":
      return { state: { kind: "negotiating", asked: event.transaction }, action: "negotiate" };
    case "closed":
      return { state: { kind: "closed" }, action: "none" };
    case "ask":
      return state.kind === "agreed" && state.asked === null
        ? { state: { ...state, asked: event.transaction }, action: "send" }
        : { state, action: "refused" };
    case "answer":
      return takeAnswer(state, event.answer, protocol);
    default:
      return unreachable(event);
  }
}

function takeAnswer(state: IcState, answer: IcAnswer, protocol: IcProtocol): IcStep {
  const { message, transaction, body } = answer;
  switch (state.kind) {
    case "negotiating": {
      if (message !== IcMessage.negotiate || transaction !== state.asked) return { state, action: "refused" };
      const versions = agreedVersions(body, protocol.versions);
      return versions === null
        ? { state: { kind: "mismatch" }, action: "none" }
        : { state: { kind: "agreed", versions, asked: null }, action: "agreed" };
    }
    case "agreed":
      return message === protocol.message && transaction === state.asked
        ? { state: { ...state, asked: null }, action: "answered" }
        : { state, action: "refused" };
    case "closed":
    case "mismatch":
      return { state, action: "refused" };
    default:
      return unreachable(state);
  }
}
