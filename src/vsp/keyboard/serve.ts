import {
  KeyboardMessage,
  KeyboardRequest,
  KeyboardResponse,
  keyboardVersion,
  splitScanCodes,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { ChannelOwner } from "../../vmbus/index.ts";
import { openDriverTalk } from "../driver-line.ts";
import { keyboardTree } from "./inspect.ts";
import { keyEvents } from "./keystroke.ts";
import { checkKeyboardState, type KeyboardLine, type KeyboardState } from "./state.ts";

/** The provider of a machine's keyboard: give it to its channel, type with it. */
export type SyntheticKeyboard = ChannelOwner & {
  /** The guest's driver listens. */
  isReady(): boolean;
  /** Scan codes of set 1. Lost when nobody listens, or when the guest has not read those before for long. */
  type(codes: readonly number[]): void;
  inspect(): InspectNode;
  /** What a saved machine keeps of it. */
  save(): KeyboardState;
};

/** How a keyboard is served. */
export interface KeyboardOptions {
  /** The guest's driver listens now, or does not any more. */
  changed(): void;
}

/** A keyboard that goes on from a saved state, or why there is none, for a person. */
export type KeyboardRestored =
  | { readonly kind: "restored"; readonly keyboard: SyntheticKeyboard }
  | { readonly kind: "refused"; readonly text: string };

/**
 * Serves a keyboard to a guest's hyperv-keyboard. Called again for every opening of its channel, of which at most one
 * is alive. The guest gets make codes, never characters. @video-input B
 */
export function syntheticKeyboard(options: KeyboardOptions): SyntheticKeyboard {
  return openProvider(options, null);
}

/**
 * Makes the keyboard of a machine whose guest has negotiated before: the first opening goes on where it was saved.
 *
 * @param saved  from `SyntheticKeyboard.save`, by whatever way it came: it may be anything
 */
export function restoreKeyboard(saved: unknown, options: KeyboardOptions): KeyboardRestored {
  const checked = checkKeyboardState(saved);
  if (checked.kind === "unusable") return { kind: "refused", text: checked.text };
  return { kind: "restored", keyboard: openProvider(options, checked.state.line) };
}

function openProvider({ changed }: KeyboardOptions, saved: KeyboardLine | null): SyntheticKeyboard {
  let leds = 0;
  const counters = { events: 0, strange: 0 };
  const talk = openDriverTalk<never>({ saved, changed, heard });

  function heard(payload: Uint8Array<ArrayBuffer>): void {
    if (payload.length < KeyboardRequest.size) {
      counters.strange++;
      return;
    }
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const { type, version } = KeyboardRequest.read(view);
    if (type === KeyboardMessage.protocolRequest) agree(version);
    else if (type === KeyboardMessage.setLedIndicators) leds = version & 7;
    else counters.strange++;
  }
  /** A driver may ask again: what counts is the last. */
  function agree(version: number): void {
    const accepted = version === keyboardVersion;
    const status = accepted ? 1 : 0;
    talk.send(KeyboardResponse.bytes({ type: KeyboardMessage.protocolResponse, status }));
    talk.enter(accepted ? { kind: "ready", version } : { kind: "opened" });
  }
  return Object.assign(talk.owner, {
    isReady: talk.isReady,
    type(codes: readonly number[]) {
      if (!talk.isReady()) return;
      for (const event of splitScanCodes(codes).flatMap(keyEvents)) {
        talk.send(event);
        counters.events++;
      }
    },
    inspect: () => keyboardTree(talk.line(), counters, leds),
    save: (): KeyboardState => ({ format: 1, line: talk.line() }),
  });
}
