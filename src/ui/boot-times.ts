import { type ReadonlySignal, signal } from "@preact/signals";
import type { VmGuid } from "../hvdef/index.ts";
import type { BootTime, ConsoleSession } from "./host.ts";

/** What measuring needs of the page. */
export interface BootWatchSurroundings {
  /** Keeps one text; may refuse. */
  readonly store: { read(): string | null; write(text: string): void };
  /** Milliseconds, steady. */
  now(): number;
  /** Milliseconds since 1970. */
  wallClock(): number;
  /** The page is in the background, where guests are slower. */
  isHidden(): boolean;
}

/** How long machines take to come up, from the press of Start to their prompt. */
export interface BootTimes {
  readonly times: ReadonlySignal<ReadonlyMap<VmGuid, BootTime>>;
  /** A cold boot begins. Nothing is measured while the page is in the background. @param prompt  a regular expression */
  begin(vm: VmGuid, prompt: string, console: ConsoleSession): void;
  /** It came to nothing, or to something else. */
  end(vm: VmGuid): void;
}

/** Characters of output that are looked at; a prompt is shorter. */
const tailLength = 400;
/** No boot takes longer, so that a machine somebody typed to an hour later is not measured. */
const longestMillis = 10 * 60_000;

/** Opens the measurements of this browser. */
export function openBootTimes(around: BootWatchSurroundings): BootTimes {
  const times = signal(readTimes(around.store.read()));
  const watching = new Map<VmGuid, () => void>();

  function end(vm: VmGuid): void {
    watching.get(vm)?.();
    watching.delete(vm);
  }
  function came(vm: VmGuid, began: number): void {
    end(vm);
    const millis = Math.round(around.now() - began);
    if (around.isHidden() || millis > longestMillis) return;
    times.value = new Map(times.value).set(vm, { millis, at: around.wallClock() });
    around.store.write(JSON.stringify([...times.value]));
  }
  return {
    times,
    begin(vm, prompt, console) {
      end(vm);
      if (around.isHidden()) return;
      const began = around.now();
      const pattern = new RegExp(prompt);
      let tail = "";
      const stop = console.onOutput((text) => {
        tail = (tail + text).slice(-tailLength);
        if (pattern.test(tail)) came(vm, began);
      });
      watching.set(vm, stop);
    },
    end,
  };
}

/** Reads what was kept; anything that makes no sense is left out. */
export function readTimes(text: string | null): ReadonlyMap<VmGuid, BootTime> {
  let found: unknown;
  try {
    found = JSON.parse(text ?? "[]");
  } catch {
    return new Map();
  }
  return new Map(Array.isArray(found) ? found.flatMap(readTime) : []);
}

function readTime(found: unknown): readonly (readonly [VmGuid, BootTime])[] {
  if (!Array.isArray(found)) return [];
  const [vm, time] = found as [unknown, { readonly millis?: unknown; readonly at?: unknown } | null];
  const { millis, at } = time ?? {};
  const isTime = (value: unknown): value is number =>
    typeof value === "number" && Number.isFinite(value) && value >= 0;
  return typeof vm === "string" && isTime(millis) && isTime(at) ? [[vm as VmGuid, { millis, at }]] : [];
}
