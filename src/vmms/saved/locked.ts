import { HvError } from "../../support/index.ts";

/** The error for a change of what a saved guest relies on. */
export function savedError(name: string, what: "drives" | "network adapters"): HvError {
  return new HvError(
    "vm.saved",
    `${name} is saved, and its guest will look for its ${what} where they were. Start it, or discard the saved state, then change them.`,
    { hresult: 0x80041017 },
  );
}
