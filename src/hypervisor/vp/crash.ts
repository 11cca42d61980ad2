import {
  CrashControl,
  type GuestMemory,
  inRam,
  Msr,
  pageSize,
  type SavedFields,
  type SavedValue,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import { type MsrEntry, plainMsrs } from "./msr.ts";

/** What a guest said in its last moment. */
export interface GuestCrash {
  /** At most 4096 characters, as the guest wrote them. Empty when it gave none or none could be read. */
  readonly text: string;
  /** P0 to P4 as hexadecimal numbers. */
  readonly parameters: readonly string[];
}

/** Crash registers. @tlfs guest crash enlightenment */
export interface CrashRegisters {
  readonly entries: readonly MsrEntry[];
  reset(): void;
  save(): SavedValue;
  /** @param fields  from `save`, by whatever way it came */
  resume(fields: SavedFields): void;
  inspect(): InspectNode;
}

/** Reports passed on between two resets. Reason: a guest dies once; one that goes on dying only makes noise. */
export const crashReportLimit = 4;

const parameterCount = 5;

/** Makes the crash registers. `onCrash` runs while the guest's instruction waits. */
export function openCrashRegisters(
  memory: GuestMemory,
  onCrash: (crash: GuestCrash) => void,
): CrashRegisters {
  const indexes = Array.from({ length: parameterCount }, (_, place) => Msr.crashP0 + place);
  const parameters = plainMsrs(indexes);
  let reports = 0;
  let sinceReset = 0;

  /** P3 is the text's address, P4 its length: both the guest's word. */
  function readText(): string {
    const at = Number(parameters.value(Msr.crashP0 + 3));
    const length = Math.min(Number(parameters.value(Msr.crashP0 + 4)), pageSize);
    if (!inRam(memory, at, length)) return "";
    return new TextDecoder().decode(memory.bytes().slice(at, at + length)).replace(/\0+$/, "");
  }

  function notify(control: bigint): void {
    if ((control & CrashControl.notify) === 0n) return;
    reports++;
    if (sinceReset >= crashReportLimit) return;
    sinceReset++;
    onCrash({
      text: (control & CrashControl.hasText) === 0n ? "" : readText(),
      parameters: indexes.map((index) => `0x${parameters.value(index).toString(16)}`),
    });
  }

  return {
    entries: [
      ...parameters.entries,
      { index: Msr.crashControl, read: () => CrashControl.notify | CrashControl.hasText, write: notify },
    ],
    reset() {
      parameters.reset();
      sinceReset = 0;
    },
    save: () => ({ parameters: parameters.save(), sinceReset }),
    resume(fields) {
      parameters.resume(fields.fields("parameters"));
      sinceReset = fields.integer("sinceReset", 0, crashReportLimit);
    },
    inspect: () => ({ reports }),
  };
}
