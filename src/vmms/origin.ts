import type { VmConfiguration } from "../hvdef/index.ts";
import type { Start } from "./attempt.ts";
import type { Powered } from "./powered.ts";
import type { OpenSavedFiles } from "./saved/files.ts";
import { goOnFrom } from "./saved/saving.ts";

/** Where the guest of a machine that starts comes from. */
export type Origin =
  | { readonly kind: "powerOn" }
  /** It goes on where it was saved. */
  | { readonly kind: "saved"; readonly open: OpenSavedFiles }
  /** It goes on where one like it waits at the shell. */
  | { readonly kind: "warm"; readonly open: OpenSavedFiles };

/** What a guest begins in. */
export interface BeginIn {
  readonly parts: Powered;
  readonly configuration: VmConfiguration;
  readonly wanted: Start;
  /** Whether what its serial console said before must be told: this page has not heard it. */
  readonly retells: boolean;
}

/** Lets the guest begin. @throws HvError `state.*`, or when images or engine refuse */
export async function beginFrom(origin: Origin, { parts, configuration, wanted, retells }: BeginIn) {
  if (origin.kind === "powerOn") return parts.control.api.start(configuration);
  const into = { parts, configuration, retells: retells || origin.kind === "warm" };
  return Promise.race([goOnFrom(origin.open, into), wanted.unwanted]);
}

/** What a start that went well is told as. */
export function startedWords(name: string, { kind }: Origin): string {
  switch (kind) {
    case "powerOn":
      return `${name} was started.`;
    case "saved":
      return `${name} goes on where it was saved.`;
    case "warm":
      return `${name} was started warm: its guest had come up already.`;
  }
}
