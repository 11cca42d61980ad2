import { guestFileBytes } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import type { JobWork } from "../jobs.ts";
import type { Machine } from "../machine.ts";
import { folderFault, nameFault } from "./file-name.ts";
import type { OutgoingFile } from "./guest-file.ts";

/** A file of the visitor that is to go to a guest. */
export type GuestCopy = OutgoingFile;

/** The job that puts a file into a guest. @throws HvError when its name, folder or size cannot be */
export function guestCopy({ sockets, summary }: Machine, copy: GuestCopy): JobWork {
  const { name } = summary();
  const fault = nameFault(copy.name) ?? folderFault(copy.folder);
  if (fault !== null) throw new HvError("guestFile.name", `${copy.name} was not copied to ${name}. ${fault}`);
  if (copy.byteLength > guestFileBytes)
    throw new HvError(
      "guestFile.tooLarge",
      `${copy.name} has more than 2 GiB, which is the most for a copy. Put it on a disk or a disc instead.`,
    );
  return {
    title: `Copy ${copy.name} to ${name}`,
    run: (steps) => sockets.copyToGuest(copy, steps),
  };
}
