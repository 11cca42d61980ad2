import { HvError, reasonOf } from "../../support/index.ts";

/** The packed file is damaged. */
export function damaged(name: string, why: unknown): HvError {
  return new HvError(
    "image.corrupt",
    `The file ${name} is damaged or incomplete: ${reasonOf(why)}. Download or copy it again.`,
  );
}

/** The file is sound, but packed in a way that cannot be undone here. */
export function cannotUnpack(name: string, why: string): HvError {
  return new HvError(
    "image.packed",
    `The file ${name} ${why}. Unpack it on your computer and drop what comes out.`,
  );
}
