import {
  type InputSession,
  type InputSummary,
  PointerButton,
  type PointerReport,
  type VmGuid,
} from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import { type KeyOutcome, openKeyCapture } from "./key-capture.ts";
import { openPointerQueue, openWheel, screenPlace } from "./pointer-reports.ts";
import { openTextTyper } from "./text-typer.ts";

/** What the frame of a screen wants to know, and what it can do. */
export interface CaptureOptions {
  readonly vm: VmGuid;
  readonly input: InputSession;
  /** As they are now. */
  summary(): InputSummary;
  /** Where the screen is. */
  screen(): HTMLElement;
  /** The keys for it were pressed. */
  onLeave(): void;
  onFullScreen(): void;
  onFailure(reason: unknown): void;
  /** The visitor's keyboard is Apple's. */
  readonly mac: boolean;
}

/** Takes a visitor's keys and pointer for one machine. Its events come from one text field and one screen. */
export interface ConsoleCapture {
  key(event: KeyboardEvent): void;
  /** Text of a touch keyboard or an input method, before it is in the field. */
  beforeInput(event: InputEvent): void;
  /** A word is made. */
  composed(text: string): void;
  pointer(event: PointerEvent): void;
  wheel(event: WheelEvent): void;
  /** The keyboard went elsewhere: nothing stays down. */
  blurred(): void;
}

/** A finger that moved less than this many pixels has tapped. */
const tapWithin = 8;

/** Opens the capture of one machine. */
export function openConsoleCapture(options: CaptureOptions): ConsoleCapture {
  const { vm, input, onFailure } = options;
  const keys = openKeyCapture(options.mac);
  const wheel = openWheel();
  const queue = openPointerQueue((reports) => input.movePointer(vm, reports));
  const typer = openTextTyper((text) => input.typeText(vm, text), onFailure);
  /** What is composed is the text of keys that were not typed. */
  let takesText = false;
  let finger: { x: number; y: number; far: boolean } | null = null;

  const send = (codes: readonly number[]): void => {
    if (codes.length > 0) input.typeScancodes(vm, codes).catch(onFailure);
  };
  function perform(outcome: KeyOutcome): void {
    switch (outcome.kind) {
      case "codes":
        send(outcome.codes);
        return;
      case "releaseAll":
        input.releaseAll(vm).catch(() => {});
        return;
      case "ctrlAltDel":
        input.typeCtrlAltDel(vm).catch(onFailure);
        return;
      case "leave":
        options.onLeave();
        return;
      case "fullScreen":
        options.onFullScreen();
        return;
      case "text":
        return;
      default:
        unreachable(outcome);
    }
  }
  /** What the mouse in use is told of buttons and wheel, with where it is or how far it went. */
  function report(event: MouseEvent, turn: number): PointerReport {
    const { buttons } = event;
    if (options.summary().mouse === "synthetic") {
      const place = screenPlace(event, options.screen().getBoundingClientRect());
      return { kind: "absolute", ...place, buttons, wheel: turn };
    }
    const [dx, dy] = event.type === "wheel" ? [0, 0] : [event.movementX, event.movementY];
    return { kind: "relative", dx: Math.round(dx), dy: Math.round(dy), buttons, wheel: turn };
  }
  /** A mouse that only knows movements is the guest's while the page has locked it. */
  const hasMouse = (): boolean =>
    options.summary().mouse === "synthetic" || document.pointerLockElement === options.screen();
  /** A finger on a mouse that only knows movements drags the pointer; a tap clicks. */
  function touch(event: PointerEvent): void {
    if (event.type === "pointerdown") finger = { x: event.clientX, y: event.clientY, far: false };
    if (finger === null) return;
    const dx = Math.round(event.clientX - finger.x);
    const dy = Math.round(event.clientY - finger.y);
    if (event.type === "pointermove" && (finger.far || Math.hypot(dx, dy) > tapWithin)) {
      finger = { x: event.clientX, y: event.clientY, far: true };
      queue.put({ kind: "relative", dx, dy, buttons: 0, wheel: 0 });
    }
    if (event.type !== "pointerup" && event.type !== "pointercancel") return;
    if (event.type === "pointerup" && !finger.far)
      for (const buttons of [PointerButton.left, 0])
        queue.put({ kind: "relative", dx: 0, dy: 0, buttons, wheel: 0 });
    finger = null;
  }
  return {
    key(event) {
      const outcome = keys.key(event);
      takesText = outcome.kind === "text";
      if (outcome.kind !== "text") event.preventDefault();
      perform(outcome);
    },
    beforeInput(event) {
      if (event.isComposing) return;
      event.preventDefault();
      if (event.inputType === "insertText" || event.inputType === "insertFromPaste")
        typer.put(event.data ?? "");
      if (event.inputType === "insertLineBreak" || event.inputType === "insertParagraph") typer.put("\n");
      if (event.inputType === "deleteContentBackward") typer.put("\b");
    },
    composed(text) {
      if (takesText) typer.put(text);
    },
    pointer(event) {
      if (event.pointerType === "touch" && options.summary().mouse !== "synthetic") touch(event);
      else if (hasMouse()) queue.put(report(event, 0));
    },
    wheel(event) {
      const turn = wheel.turn(event);
      if (turn !== 0 && hasMouse()) queue.put(report(event, turn));
    },
    blurred() {
      keys.forget();
      finger = null;
      input.releaseAll(vm).catch(() => {});
    },
  };
}
