import {
  type ChannelId,
  decodeSaved,
  encodeSaved,
  type OfferDescription,
  type SavedUnits,
} from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import {
  type KeyboardOptions,
  keyboardOffer,
  type MouseOptions,
  mouseOffer,
  restoreKeyboard,
  restoreMouse,
  type SyntheticKeyboard,
  type SyntheticMouse,
  syntheticKeyboard,
  syntheticMouse,
} from "../../vsp/index.ts";

/** Who serves keyboard and mouse of a machine. Both are offered to every machine, always. */
export interface InputServices {
  readonly owners: readonly {
    readonly channel: ChannelId;
    readonly owner: SyntheticKeyboard | SyntheticMouse;
  }[];
  readonly offers: readonly OfferDescription[];
  readonly keyboard: SyntheticKeyboard;
  readonly mouse: SyntheticMouse;
  /** What a saved machine keeps of them. */
  save(): SavedUnits;
}

/** What is told when the guest's drivers come and go. */
export type InputOptions = KeyboardOptions & MouseOptions;

/** Channels of keyboard and mouse come after those of integration services and screen. */
const keyboardChannel = 57 as ChannelId;
const mouseChannel = 58 as ChannelId;

/** Names of their units in a saved machine. */
const unit = { keyboard: "keyboard", mouse: "mouse" } as const;

/**
 * Makes what serves a machine's keyboard and mouse.
 * @param saved  of a machine whose guest goes on. @throws HvError `state.damaged`
 */
export function openInputServices(options: InputOptions, saved: SavedUnits | null = null): InputServices {
  const keyboard = keyboardOf(options, saved);
  const mouse = mouseOf(options, saved);
  return {
    owners: [
      { channel: keyboardChannel, owner: keyboard },
      { channel: mouseChannel, owner: mouse },
    ],
    offers: [keyboardOffer(keyboardChannel), mouseOffer(mouseChannel)],
    keyboard,
    mouse,
    save: () => ({
      [unit.keyboard]: encodeSaved(keyboard.save()),
      [unit.mouse]: encodeSaved(mouse.save()),
    }),
  };
}

function keyboardOf(options: InputOptions, saved: SavedUnits | null): SyntheticKeyboard {
  const state = saved?.[unit.keyboard];
  if (state === undefined) return syntheticKeyboard(options);
  const restored = restoreKeyboard(decodeSaved(state), options);
  if (restored.kind === "restored") return restored.keyboard;
  throw new HvError("state.damaged", restored.text);
}

function mouseOf(options: InputOptions, saved: SavedUnits | null): SyntheticMouse {
  const state = saved?.[unit.mouse];
  if (state === undefined) return syntheticMouse(options);
  const restored = restoreMouse(decodeSaved(state), options);
  if (restored.kind === "restored") return restored.mouse;
  throw new HvError("state.damaged", restored.text);
}
