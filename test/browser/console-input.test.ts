import { h, render } from "preact";
import { afterEach, expect, it } from "vitest";
import type { InputDevice, InputSession } from "../../src/hvdef/index.ts";
import { ConsoleInput } from "../../src/ui/console-input.tsx";
import { inputMachine, writtenInput } from "../lab/quiet-input.ts";

/** The frame around a machine's screen, with a field of the page beside it and a session that writes down. */
function open(mouse: InputDevice = "synthetic") {
  const done: string[] = [];
  const { codes, reports, input: written } = writtenInput();
  const input: InputSession = {
    ...written,
    typeCtrlAltDel: async () => void done.push("ctrlAltDel"),
    releaseAll: async () => void done.push("releaseAll"),
    typeText: async (_, text) => void done.push(`text ${text}`),
  };
  const vm = inputMachine(mouse);
  const root = document.createElement("div");
  document.body.replaceChildren(document.createElement("input"), root);
  const screen = h("canvas", {
    "data-screen": "",
    width: 64,
    height: 48,
    style: "width: 640px; height: 480px",
  });
  const onLeave = () => void done.push("leave");
  render(
    h(ConsoleInput, {
      vm,
      input,
      onLeave,
      onFailure: (reason: string) => done.push(reason),
      children: screen,
    }),
    root,
  );
  const find = <T extends HTMLElement>(selector: string): T => {
    const found = root.querySelector<T>(selector);
    if (found === null) throw new Error(`there is no ${selector}`);
    return found;
  };
  const keys = find("[data-console-keys]");
  return {
    codes,
    reports,
    done,
    keys,
    canvas: find("canvas"),
    hint: () => find("[role=status]").textContent,
    /** Whether the browser may act on it too. */
    press: (target: EventTarget, code: string, more: KeyboardEventInit = {}, type = "keydown") =>
      target.dispatchEvent(new KeyboardEvent(type, { code, bubbles: true, cancelable: true, ...more })),
    end: () => render(null, root),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
afterEach(() => document.body.replaceChildren());

it("takes keys while it has the focus and keeps them from the browser, never those of other fields", async () => {
  const { codes, keys, press, hint } = open();
  press(document.querySelector("input") ?? keys, "KeyA");
  expect(codes).toEqual([]);
  keys.focus();
  await settled();
  expect(hint()).toContain("Ctrl+Alt+Left arrow leaves");
  expect(press(keys, "KeyA", { key: "a" })).toBe(false);
  press(keys, "KeyA", { key: "a" }, "keyup");
  expect(codes).toEqual([0x1e, 0x9e]);
});

it("lets go of every key when the focus goes, and is left with the keys that it names", async () => {
  const { done, keys, press, end } = open();
  keys.focus();
  press(keys, "ShiftLeft");
  document.querySelector("input")?.focus();
  expect(done).toEqual(["releaseAll"]);
  keys.focus();
  press(keys, "ArrowLeft", { ctrlKey: true, altKey: true });
  expect(done.slice(1)).toEqual(["releaseAll", "leave"]);
  expect(document.activeElement).not.toBe(keys);
  press(keys, "End", { ctrlKey: true, altKey: true });
  expect(done.at(-1)).toBe("ctrlAltDel");
  end();
  await settled();
  expect(done.at(-1)).toBe("releaseAll");
});

it("types what an input method or a touch keyboard has made, once", async () => {
  const { codes, done, keys, press } = open();
  keys.focus();
  expect(press(keys, "", { key: "Unidentified" })).toBe(true);
  const text = { inputType: "insertText", data: "ü", bubbles: true, cancelable: true };
  expect(keys.dispatchEvent(new InputEvent("beforeinput", text))).toBe(false);
  const deleted = { inputType: "deleteContentBackward", bubbles: true, cancelable: true };
  keys.dispatchEvent(new InputEvent("beforeinput", deleted));
  await settled();
  expect(done).toEqual(["text ü", "text \b"]);
  press(keys, "KeyK", { isComposing: true });
  keys.dispatchEvent(new CompositionEvent("compositionend", { data: "か", bubbles: true }));
  await settled();
  expect(done.at(-1)).toBe("text か");
  expect(codes).toEqual([]);
});

it("tells places on the canvas, buttons and wheel, and has no menu inside", async () => {
  const { reports, canvas, keys } = open();
  const box = canvas.getBoundingClientRect();
  const at = { clientX: box.left + 320, clientY: box.top + 120, bubbles: true, cancelable: true };
  canvas.dispatchEvent(new PointerEvent("pointermove", { ...at, pointerType: "mouse" }));
  await settled();
  expect(reports).toEqual([{ kind: "absolute", x: 16_384, y: 8192, buttons: 0, wheel: 0 }]);
  const turn = { ...at, deltaY: -100 };
  expect(canvas.dispatchEvent(new WheelEvent("wheel", turn))).toBe(true);
  keys.focus();
  expect(canvas.dispatchEvent(new WheelEvent("wheel", turn))).toBe(false);
  await settled();
  expect(reports.at(-1)).toMatchObject({ wheel: 1 });
  expect(canvas.dispatchEvent(new MouseEvent("contextmenu", at))).toBe(false);
  expect(document.querySelector("input")?.dispatchEvent(new MouseEvent("contextmenu", at))).toBe(true);
});

it("gives an emulated mouse nothing before the page has the pointer, but a finger drags and taps", async () => {
  const { reports, canvas } = open("emulated");
  const at = (x: number) => ({ clientX: x, clientY: 60, bubbles: true, cancelable: true });
  canvas.dispatchEvent(new PointerEvent("pointermove", { ...at(50), pointerType: "mouse" }));
  const finger = (type: string, x: number) =>
    canvas.dispatchEvent(new PointerEvent(type, { ...at(x), pointerType: "touch", pointerId: 5 }));
  finger("pointermove", 10);
  expect(reports).toEqual([]);
  for (const type of ["pointerdown", "pointerup"]) finger(type, 20);
  await settled();
  expect(reports.map(({ buttons }) => buttons)).toEqual([1, 0]);
  finger("pointerdown", 20);
  finger("pointermove", 60);
  finger("pointerup", 60);
  await settled();
  expect(reports.slice(2)).toEqual([{ kind: "relative", dx: 40, dy: 0, buttons: 0, wheel: 0 }]);
});
