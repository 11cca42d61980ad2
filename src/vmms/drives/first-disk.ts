import type { MachineDrives } from "./machine-drives.ts";

const firstPlace = { controller: "IDE", number: 0, location: 0 } as const;

/** Puts a file where the machine boots from: a disc into its DVD drive, anything else on the first IDE place. */
export async function giveFirstDisk(
  { drives }: { readonly drives: MachineDrives },
  name: string,
): Promise<void> {
  const medium = { kind: "file", name } as const;
  if (/\.iso$/i.test(name)) {
    await drives.setMedium({ controller: "IDE", number: 1, location: 0 }, medium);
    return;
  }
  const taken = drives
    .set()
    .drives.some(({ slot }) => slot.controller === "IDE" && slot.number === 0 && slot.location === 0);
  if (taken) await drives.setMedium(firstPlace, medium);
  else await drives.add({ slot: firstPlace, kind: "disk", medium });
}
