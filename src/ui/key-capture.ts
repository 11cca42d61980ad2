import { breakCodes, isKeyName, makeCodes } from "../hvdef/index.ts";

/** What is needed of a browser's `KeyboardEvent`. */
export type CapturedKey = Pick<
  KeyboardEvent,
  "type" | "code" | "key" | "repeat" | "ctrlKey" | "altKey" | "isComposing"
>;

/** What becomes of a key. Whatever is not `text` is kept from the browser. */
export type KeyOutcome =
  /** Scan codes for the guest; none when the event is no news. */
  | { readonly kind: "codes"; readonly codes: readonly number[] }
  /** It is no key but part of a text, which comes by the text field. */
  | { readonly kind: "text" }
  /** All keys may be up: the browser does not tell. */
  | { readonly kind: "releaseAll" }
  /** The keys of VMConnect. */
  | { readonly kind: "leave" | "ctrlAltDel" | "fullScreen" };

/** Follows the keys of one keyboard. */
export interface KeyCapture {
  key(event: CapturedKey): KeyOutcome;
  /** The keyboard went elsewhere: what was known of its keys does not count any more. */
  forget(): void;
}

/** A name that a browser gives to keys that it does not know, or does not tell. */
const unknownKeys: readonly string[] = ["", "Unidentified"];
const nothing: KeyOutcome = { kind: "codes", codes: [] };

/**
 * Turns what a browser says of keys into scan codes: by the place of the key, whatever the visitor's layout says.
 *
 * @param mac  the visitor's keyboard is Apple's, whose keys tell less
 */
export function openKeyCapture(mac: boolean): KeyCapture {
  let altGraph = false;

  function down(event: CapturedKey): KeyOutcome {
    const { code } = event;
    if (event.ctrlKey && event.altKey && !altGraph) {
      if (code === "ArrowLeft") return { kind: "leave" };
      if (code === "End") return { kind: "ctrlAltDel" };
      if (code === "Pause") return { kind: "fullScreen" };
    }
    if (!isKeyName(code)) return nothing;
    // Windows says Control first, and again with every repetition, when AltGr goes down.
    if (code === "ControlLeft" && altGraph) return nothing;
    if (code === "AltRight" && event.key === "AltGraph" && !altGraph) {
      altGraph = true;
      return { kind: "codes", codes: [...breakCodes("ControlLeft"), ...makeCodes(code)] };
    }
    return { kind: "codes", codes: makeCodes(code) };
  }
  function up({ code }: CapturedKey): KeyOutcome {
    if (code === "AltRight") altGraph = false;
    if (!isKeyName(code)) return nothing;
    // While Command is down, Apple's browsers do not tell when other keys go up.
    if (mac && (code === "MetaLeft" || code === "MetaRight")) return { kind: "releaseAll" };
    return { kind: "codes", codes: breakCodes(code) };
  }
  return {
    key(event) {
      if (event.isComposing || event.key === "Process" || unknownKeys.includes(event.code))
        return { kind: "text" };
      // Apple's Caps Lock goes down when it is switched on and up when it is switched off.
      if (mac && event.code === "CapsLock")
        return { kind: "codes", codes: [...makeCodes("CapsLock"), ...breakCodes("CapsLock")] };
      return event.type === "keydown" ? down(event) : up(event);
    },
    forget() {
      altGraph = false;
    },
  };
}
