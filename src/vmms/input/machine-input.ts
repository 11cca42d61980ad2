import {
  breakCodes,
  type EmulatedInput,
  type InputDevice,
  type InputSummary,
  type KeyName,
  keyCodes,
  makeCodes,
  type PointerMovement,
  type PointerReport,
} from "../../hvdef/index.ts";
import { type Clock, HvError } from "../../support/index.ts";
import { buttonsUp, idleKeys, idlePointer, type KeyHandsEvent, stepKeys, stepPointer } from "./hands.ts";
import { checkCodes, checkKey, checkLayout, checkReports, checkText, type InputSettings } from "./rules.ts";
import type { InputOptions, InputServices } from "./services.ts";
import { keysOfText } from "./text.ts";
import { type TypingOptions, typeAtPace, typingFailure } from "./typing.ts";

/** Keyboard and mouse of one machine. Calls reject with HvError `input.*`. */
export interface MachineInput {
  summary(): InputSummary;
  /** What serves them is made with this, at every start. */
  options(): InputOptions;
  /** The machine has power: these are its devices. */
  begin(services: InputServices, emulated: EmulatedInput): void;
  /** The machine is off. */
  end(): void;
  /** The guest stands still: what is down goes up, and no text goes on. */
  hold(): void;
  /** The guest begins anew, and so do its devices. */
  restarted(): void;
  typeScancodes(codes: readonly number[]): void;
  pressKey(key: KeyName): void;
  releaseKey(key: KeyName): void;
  typeKey(key: KeyName): void;
  typeCtrlAltDel(): void;
  isKeyPressed(key: KeyName): boolean;
  releaseAll(): void;
  typeText(text: string): Promise<void>;
  stopTyping(): void;
  setLayout(layout: string): Promise<void>;
  movePointer(reports: readonly PointerReport[]): void;
}

/** What keyboard and mouse need of their machine. */
export interface InputOf extends Pick<TypingOptions, "pause"> {
  readonly name: string;
  readonly clock: Clock;
  /** The guest executes right now. */
  isRunning(): boolean;
  keep(settings: InputSettings): Promise<void>;
  changed(): void;
}

/** Bytes that are kept of what somebody types while a text is being typed. */
const laterLimit = 256;
/** Microseconds between two words on how far a text is. */
const progressEvery = 250_000;
/** Characters named when a layout cannot type them. */
const namedMost = 10;

const ctrlAltDel: readonly KeyName[] = ["ControlLeft", "AltLeft", "Delete"];

/** Takes keyboard and mouse of a machine under management. */
export function openMachineInput(first: InputSettings, machine: InputOf): MachineInput {
  const { name, clock } = machine;
  let settings = first;
  let live: { readonly services: InputServices; readonly emulated: EmulatedInput } | null = null;
  let keys = idleKeys;
  let pointer = idlePointer;
  let typing: { readonly stop: AbortController; done: number; readonly all: number } | null = null;
  let later: number[] = [];

  const deviceOf = (ready: boolean): InputDevice =>
    live === null ? "none" : ready ? "synthetic" : "emulated";

  /** Gives scan codes to a device. @returns bytes that wait for the guest */
  async function give(device: InputDevice, codes: readonly number[]): Promise<number> {
    if (device === "synthetic") live?.services.keyboard.type(codes);
    // A machine that ends meanwhile hears nothing any more.
    if (device === "emulated") return (await live?.emulated.keyboardInput(codes).catch(() => 0)) ?? 0;
    return 0;
  }
  function step(event: KeyHandsEvent): void {
    const { device } = keys;
    const after = stepKeys(keys, event);
    keys = after.state;
    if (after.codes.length > 0) void give(device, after.codes);
  }
  /** In a state other than running nobody reads, and nothing shall be read later. */
  function type(codes: readonly number[]): void {
    if (!machine.isRunning()) return;
    if (typing === null) step({ kind: "codes", codes });
    else if (later.length + codes.length <= laterLimit) later.push(...codes);
  }
  /** All movements of a batch are one message. */
  function tellPointer(reports: readonly (PointerReport | null)[]): void {
    const movements: PointerMovement[] = [];
    for (const report of reports) {
      if (report?.kind === "absolute") live?.services.mouse.point(report);
      if (report?.kind === "relative") movements.push(report);
    }
    if (movements.length > 0) live?.emulated.mouseInput(movements).catch(() => {});
  }
  function pointerUp(): void {
    tellPointer([buttonsUp(pointer)]);
    pointer = { ...pointer, buttons: 0 };
  }
  function releaseAll(): void {
    later = [];
    step({ kind: "releaseAll" });
    pointerUp();
  }
  /** Which devices are used may be another now. @returns whether one is */
  function look(): boolean {
    const keyboard = deviceOf(live?.services.keyboard.isReady() === true);
    const mouse = deviceOf(live?.services.mouse.isReady() === true);
    const same = keyboard === keys.device && mouse === pointer.device;
    step({ kind: "device", device: keyboard });
    if (mouse !== pointer.device) {
      pointerUp();
      pointer = { ...idlePointer, device: mouse };
    }
    return !same;
  }

  async function typeText(text: string): Promise<void> {
    const found = keysOfText(checkText(text), settings.layout);
    if (found.kind === "untypable") throw untypable(found.characters, settings.layout);
    if (!machine.isRunning())
      throw new HvError("vm.state", `${name} must run to be typed to.`, { hresult: 0x80041017 });
    if (typing !== null)
      throw new HvError("input.busy", `A text is being typed into ${name} already. Wait, or stop it.`, {
        hresult: 0x800710dd,
      });
    const { strokes } = found;
    releaseAll();
    const mine = { stop: new AbortController(), done: 0, all: strokes.length };
    typing = mine;
    let told = clock.now();
    machine.changed();
    try {
      const end = await typeAtPace({
        strokes,
        send: (codes) => give(keys.device, codes),
        clock,
        pause: machine.pause,
        signal: mine.stop.signal,
        typed(characters) {
          mine.done = characters;
          if (clock.now() - told < progressEvery) return;
          told = clock.now();
          machine.changed();
        },
      });
      const failure = typingFailure(end, { name, done: mine.done, all: mine.all });
      if (failure !== null) throw failure;
    } finally {
      typing = null;
      const waited = later;
      later = [];
      type(waited);
      machine.changed();
    }
  }

  return {
    summary: () => ({
      keyboard: keys.device,
      mouse: pointer.device,
      layout: settings.layout,
      typing: typing === null ? null : { done: typing.done, all: typing.all },
    }),
    options: () => ({
      changed() {
        if (look()) machine.changed();
      },
    }),
    begin(services, emulated) {
      live = { services, emulated };
      look();
    },
    end() {
      typing?.stop.abort();
      live = null;
      later = [];
      keys = idleKeys;
      pointer = idlePointer;
    },
    hold() {
      typing?.stop.abort();
      releaseAll();
    },
    restarted() {
      typing?.stop.abort();
      later = [];
      keys = { ...keys, down: new Set() };
      pointer = { ...pointer, buttons: 0 };
    },
    typeScancodes: (codes) => type(checkCodes(codes)),
    pressKey: (key) => type(makeCodes(checkKey(key))),
    releaseKey: (key) => type(breakCodes(checkKey(key))),
    typeKey: (key) => type([...makeCodes(checkKey(key)), ...breakCodes(key)]),
    typeCtrlAltDel: () =>
      type([...ctrlAltDel.flatMap(makeCodes), ...ctrlAltDel.toReversed().flatMap(breakCodes)]),
    isKeyPressed: (key) => keys.down.has(keyCodes[checkKey(key)]),
    releaseAll,
    typeText,
    stopTyping: () => typing?.stop.abort(),
    async setLayout(layout) {
      const next = { layout: checkLayout(layout) };
      await machine.keep(next);
      settings = next;
      machine.changed();
    },
    movePointer(reports) {
      if (!machine.isRunning()) return;
      tellPointer(
        checkReports(reports).map((report) => {
          const after = stepPointer(pointer, report);
          pointer = after.state;
          return after.told;
        }),
      );
    },
  };
}

/** Says by character what a layout lacks. */
function untypable(characters: readonly string[], layout: string): HvError {
  const shown = characters.slice(0, namedMost).map(shownCharacter).join(", ");
  const more = characters.length > namedMost ? ` and ${characters.length - namedMost} more` : "";
  return new HvError(
    "input.untypable",
    `The ${layoutWords[layout] ?? layout} keyboard cannot type ${shown}${more}. Nothing was typed. Choose another layout, or leave these characters out.`,
    { hresult: 0x80070057 },
  );
}

const layoutWords: Readonly<Record<string, string>> = { us: "US", german: "German" };

function shownCharacter(character: string): string {
  const number = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return /[\p{C}\p{Z}\p{M}]/u.test(character) ? `U+${number}` : `“${character}” (U+${number})`;
}
