import { isVmbusVersion } from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";

/** Where the guest and the bus stand. @vmbus 10 */
export type ConnectionState =
  | { readonly kind: "disconnected" }
  | {
      readonly kind: "connected";
      readonly version: number;
      /** Address of the interrupt page; `null` from 5.0 on and when the guest named none that exists. */
      readonly interruptPage: number | null;
      /** The guest has asked for the offers and gets new ones as they come. */
      readonly listening: boolean;
    };

/** What happens to a connection. */
export type ConnectionEvent =
  /** `interruptPage` is checked: an address inside RAM on a page boundary, or `null`. */
  | { readonly kind: "contact"; readonly version: number; readonly interruptPage: number | null }
  | { readonly kind: "requestOffers" }
  | { readonly kind: "unload" }
  /** The partition was reset. */
  | { readonly kind: "reset" };

/** What the bus does about it, in order. */
export type ConnectionAction =
  /** Everything of the previous connection is gone: channels, GPADLs, messages that wait. */
  | { readonly kind: "dropAll" }
  | { readonly kind: "answerContact"; readonly supported: boolean }
  | { readonly kind: "sendOffers" }
  | { readonly kind: "sayAllDelivered" }
  | { readonly kind: "answerUnload" };

/** Next state and actions. `refused` says why nothing else happened; the guest may still get an answer. */
export interface ConnectionStep {
  readonly state: ConnectionState;
  readonly actions: readonly ConnectionAction[];
  readonly refused?: string;
}

/** First version that announces messages by SINT instead of an interrupt page. @vmbus 3 */
const withoutInterruptPage = 0x5_0000;

/** First version that gets doorbells by event flag. @vmbus 8 */
export const firstWithEventFlags = 0x2_0004;

/**
 * One step of the connection. Every contact, unload and request for offers is answered once, whatever the
 * state.
 *
 * @param maxVersion  highest version the bus accepts
 */
export function stepConnection(
  state: ConnectionState,
  event: ConnectionEvent,
  maxVersion: number,
): ConnectionStep {
  switch (event.kind) {
    case "contact":
      return contact(event, maxVersion);
    case "requestOffers":
      if (state.kind === "disconnected") return { state, actions: [], refused: "offers while disconnected" };
      if (state.listening) {
        return { state, actions: [{ kind: "sayAllDelivered" }], refused: "offers asked twice" };
      }
      return {
        state: { ...state, listening: true },
        actions: [{ kind: "sendOffers" }, { kind: "sayAllDelivered" }],
      };
    case "unload":
      return { state: { kind: "disconnected" }, actions: [{ kind: "dropAll" }, { kind: "answerUnload" }] };
    case "reset":
      return { state: { kind: "disconnected" }, actions: [{ kind: "dropAll" }] };
    default:
      return unreachable(event);
  }
}

function contact(event: Extract<ConnectionEvent, { kind: "contact" }>, maxVersion: number): ConnectionStep {
  const { version } = event;
  const interruptPage = version < withoutInterruptPage ? event.interruptPage : null;
  const usable = version >= firstWithEventFlags || interruptPage !== null;
  if (!isVmbusVersion(version) || version > maxVersion || !usable) {
    return {
      state: { kind: "disconnected" },
      actions: [{ kind: "dropAll" }, { kind: "answerContact", supported: false }],
      refused: "version not supported",
    };
  }
  return {
    state: { kind: "connected", version, interruptPage, listening: false },
    actions: [{ kind: "dropAll" }, { kind: "answerContact", supported: true }],
  };
}
