/** What some browsers lend a page that fills the screen: keys like Alt+Tab, the Windows key and Escape. */
interface KeyboardLock {
  lock(): Promise<void>;
}

function hasKeyboard(owner: object): owner is { readonly keyboard: KeyboardLock } {
  const keyboard: unknown = "keyboard" in owner ? owner.keyboard : null;
  return typeof keyboard === "object" && keyboard !== null && "lock" in keyboard;
}

/** Asks for all keys until the page does not fill the screen any more. Browsers that have no such thing keep theirs. */
export async function lockKeyboard(): Promise<void> {
  if (hasKeyboard(navigator)) await navigator.keyboard.lock();
}
