import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { InputSession } from "../hvdef/index.ts";
import { openConsoleCapture } from "./console-capture.ts";
import { reasonSentence } from "./format.ts";
import type { VmView } from "./host.ts";
import { captureHint, inputInShort } from "./input-words.ts";
import { lockKeyboard } from "./keyboard-lock.ts";

interface ConsoleInputProps {
  readonly vm: VmView;
  readonly input: InputSession;
  /** The visitor pressed the keys that leave; the keyboard is free. */
  readonly onLeave: () => void;
  readonly onFailure: (reason: string) => void;
  /** The screen. Where there is a `canvas[data-screen]`, the pointer's places are on its box, all of it. */
  readonly children: ComponentChildren;
}

/** Deleting in a field that is empty would be no news to a touch keyboard. */
const filler = "  ";
const isApple = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform);

/** The capture of a machine over the elements of its frame. It lives as long as the machine is shown. */
function useCapture(props: ConsoleInputProps) {
  const frame = useRef<HTMLElement>(null);
  const screen = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const capture = useMemo(() => {
    const whole = (): HTMLElement => screen.current ?? document.body;
    return openConsoleCapture({
      vm: props.vm.id,
      input: props.input,
      summary: () => latest.current.vm.input,
      screen: () => screen.current?.querySelector<HTMLElement>("canvas[data-screen]") ?? whole(),
      onLeave() {
        document.exitPointerLock();
        field.current?.blur();
        latest.current.onLeave();
      },
      onFullScreen: () => toggleFullScreen(frame.current, () => {}),
      onFailure: (reason) => latest.current.onFailure(reasonSentence(reason)),
      mac: isApple(),
    });
  }, [props.input, props.vm.id]);
  return { frame, screen, field, capture };
}

/** What the page knows of the frame: whether it has the keyboard, and the mouse. */
function useHeld(capture: { blurred(): void }, screen: { readonly current: HTMLElement | null }) {
  const [focused, setFocused] = useState(false);
  const [locked, setLocked] = useState(false);
  // Before the first picture: a frame that goes at once has keys to let go of as well.
  useLayoutEffect(() => {
    const follow = (): void => {
      const owner = document.pointerLockElement;
      setLocked(owner !== null && screen.current?.contains(owner) === true);
    };
    document.addEventListener("pointerlockchange", follow);
    return () => {
      document.removeEventListener("pointerlockchange", follow);
      document.exitPointerLock();
      capture.blurred();
    };
  }, [capture, screen]);
  return { focused, setFocused, locked };
}

/**
 * A frame around a machine's screen that gives it keys and pointer: keys only while the frame has the keyboard, which
 * the visitor sees and hears, and can take back with Ctrl+Alt+Left arrow. Fields of the page keep their keys.
 */
export function ConsoleInput(props: ConsoleInputProps) {
  const { vm } = props;
  const id = useId();
  const { frame, screen, field, capture } = useCapture(props);
  const { focused, setFocused, locked } = useHeld(capture, screen);

  /** Wheels and touches must be kept from scrolling the page, which only such a listener may. */
  useEffect(() => {
    const element = screen.current;
    const turn = (event: WheelEvent): void => {
      if (document.activeElement !== field.current) return;
      event.preventDefault();
      capture.wheel(event);
    };
    element?.addEventListener("wheel", turn, { passive: false });
    return () => element?.removeEventListener("wheel", turn);
  }, [capture, screen, field]);

  function pressed(event: PointerEvent): void {
    event.preventDefault();
    const target = event.currentTarget;
    // A finger on the screen shall not open the touch keyboard: there is a button for it.
    if (event.pointerType !== "touch") field.current?.focus({ preventScroll: true });
    if (target instanceof Element && document.pointerLockElement === null) holdPointer(target, event);
    if (event.pointerType === "mouse" && vm.input.mouse === "emulated") lockPointer(screen.current);
    capture.pointer(event);
  }

  return (
    <section
      ref={frame}
      class={focused ? "console-input console-input-held" : "console-input"}
      aria-label={`Keyboard and mouse of ${vm.name}`}
    >
      <textarea
        ref={field}
        class="console-keys"
        data-console-keys=""
        aria-label={`Keyboard of ${vm.name}`}
        aria-describedby={`${id}-hint`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        readOnly={vm.state !== "running"}
        value={filler}
        onFocus={() => setFocused(true)}
        onBlur={() => {
          setFocused(false);
          capture.blurred();
        }}
        onKeyDown={(event) => capture.key(event)}
        onKeyUp={(event) => capture.key(event)}
        onBeforeInput={(event) => event instanceof InputEvent && capture.beforeInput(event)}
        onCompositionEnd={(event) => {
          capture.composed(event.data);
          event.currentTarget.value = filler;
        }}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a pointer of the guest; whoever has none uses the field above */}
      <div
        ref={screen}
        class="console-screen"
        onPointerDown={pressed}
        onPointerMove={(event) => capture.pointer(event)}
        onPointerUp={(event) => capture.pointer(event)}
        onPointerCancel={(event) => capture.pointer(event)}
        onContextMenu={(event) => event.preventDefault()}
      >
        {props.children}
      </div>
      <p class="console-captured">
        <span id={`${id}-hint`} role="status">
          {focused && vm.input.keyboard !== "none"
            ? captureHint(vm.input, locked)
            : `Click the screen, or move the focus here, to type into ${vm.name}.`}
        </span>
        <span>{inputInShort(vm.input)}</span>
      </p>
    </section>
  );
}

/** What the pointer does outside is the screen's too, until it is released. */
function holdPointer(screen: Element, { pointerId }: PointerEvent): void {
  try {
    screen.setPointerCapture(pointerId);
  } catch {
    // It is gone already: a finger that was lifted at once.
  }
}

/** The element that the pointer is locked to is the one that its places would be measured on. */
function lockPointer(screen: HTMLElement | null): void {
  const target = screen?.querySelector<HTMLElement>("canvas[data-screen]") ?? screen;
  if (target === null || document.pointerLockElement === target) return;
  // A browser that refuses (in a frame, too soon after Escape) leaves the mouse as it is; the next click asks again.
  Promise.resolve(target.requestPointerLock()).catch(() => {});
}

/** Shows the frame alone, with the keys that the browser would keep otherwise where it lends them; or ends that. */
export function toggleFullScreen(frame: HTMLElement | null, refused: () => void): void {
  if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => {});
  else frame?.requestFullscreen().then(lockKeyboard).catch(refused);
}
