import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";

/** What the visitor chose. */
export type ThemeChoice = "auto" | "light" | "dark";

/** What the page shows. */
export type Scheme = "light" | "dark";

/** The choice, kept in the browser where it lets us, and the scheme that follows from it. */
export interface Theme {
  readonly choice: ReadonlySignal<ThemeChoice>;
  readonly scheme: ReadonlySignal<Scheme>;
  choose(choice: ThemeChoice): void;
}

/** The page's first lines read the same key, before this module is loaded. */
const storageKey = "tabvisor.theme";

/** Reads a stored word; anything unknown is `auto`. */
export function asThemeChoice(stored: string | null): ThemeChoice {
  return stored === "light" || stored === "dark" ? stored : "auto";
}

// Reading or writing throws where the visitor forbids storage; the choice then lasts as long as the page.
function readStored(): ThemeChoice {
  try {
    return asThemeChoice(localStorage.getItem(storageKey));
  } catch {
    return "auto";
  }
}

function writeStored(choice: ThemeChoice): void {
  try {
    if (choice === "auto") localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, choice);
  } catch {
    // Nothing is lost but the memory of a choice.
  }
}

/** Starts following the system's scheme and the visitor's choice. Lives as long as the page. */
export function openTheme(root: HTMLElement): Theme {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const systemDark = signal(system.matches);
  system.addEventListener("change", () => {
    systemDark.value = system.matches;
  });
  const choice = signal(readStored());
  const scheme = computed<Scheme>(() => {
    if (choice.value !== "auto") return choice.value;
    return systemDark.value ? "dark" : "light";
  });
  effect(() => {
    root.dataset["theme"] = scheme.value;
  });
  return {
    choice,
    scheme,
    choose(next) {
      choice.value = next;
      writeStored(next);
    },
  };
}
