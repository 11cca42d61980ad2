import { type ReadonlySignal, signal } from "@preact/signals";
import type { VmView } from "./host.ts";

/** What a visitor looks at of a machine. */
export type ConsoleView = "screen" | "serial";
/** How a screen is brought to the size of its place: as large as fits, or in whole pixels only. */
export type ScreenScale = "fit" | "whole";

/** The choices of a visitor, kept in the browser where it lets us. */
export interface ConsoleChoice {
  view(vm: VmView): ConsoleView;
  choose(vm: VmView, view: ConsoleView): void;
  readonly scale: ReadonlySignal<ScreenScale>;
  chooseScale(scale: ScreenScale): void;
}

const viewKey = (vm: VmView) => `tabvisor.console.${vm.id}`;
const scaleKey = "tabvisor.screen-scale";

// Reading or writing throws where the visitor forbids storage; a choice then lasts as long as the page.
function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
function writeStored(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Nothing is lost but the memory of a choice.
  }
}

/** Until somebody chooses: a guest that starts without a BIOS talks on its serial line first. */
function usualView(vm: VmView): ConsoleView {
  return vm.startsDirectly === true ? "serial" : "screen";
}

/** Opens the choices. Lives as long as the page. */
export function openConsoleChoice(): ConsoleChoice {
  const views = signal<ReadonlyMap<string, ConsoleView>>(new Map());
  const scale = signal<ScreenScale>(readStored(scaleKey) === "whole" ? "whole" : "fit");
  return {
    view(vm) {
      const chosen = views.value.get(vm.id);
      if (chosen !== undefined) return chosen;
      const kept = readStored(viewKey(vm));
      return kept === "screen" || kept === "serial" ? kept : usualView(vm);
    },
    choose(vm, view) {
      views.value = new Map(views.value).set(vm.id, view);
      writeStored(viewKey(vm), view);
    },
    scale,
    chooseScale(next) {
      scale.value = next;
      writeStored(scaleKey, next);
    },
  };
}
