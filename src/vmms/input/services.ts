import type { ChannelId, OfferDescription } from "../../hvdef/index.ts";
import {
  type KeyboardOptions,
  keyboardOffer,
  type MouseOptions,
  mouseOffer,
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
}

/** What is told when the guest's drivers come and go. */
export type InputOptions = KeyboardOptions & MouseOptions;

/** Channels of keyboard and mouse come after those of integration services and screen. */
const keyboardChannel = 57 as ChannelId;
const mouseChannel = 58 as ChannelId;

/** Makes what serves a machine's keyboard and mouse. */
export function openInputServices(options: InputOptions): InputServices {
  const keyboard = syntheticKeyboard(options);
  const mouse = syntheticMouse(options);
  return {
    owners: [
      { channel: keyboardChannel, owner: keyboard },
      { channel: mouseChannel, owner: mouse },
    ],
    offers: [keyboardOffer(keyboardChannel), mouseOffer(mouseChannel)],
    keyboard,
    mouse,
  };
}
