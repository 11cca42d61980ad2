import { HvError } from "../support/index.ts";

/** Code of the error a {@link BlockFile} throws when the storage quota is used up. */
export const noSpaceCode = "storage.noSpace";

/** The error for a used-up quota. HRESULT is ERROR_DISK_FULL. */
export function noSpaceError(cause?: unknown): HvError {
  return new HvError(noSpaceCode, "The storage of this browser has no space left.", {
    hresult: 0x80070070,
    cause,
  });
}

/** Whether something thrown by a {@link BlockFile} says that there is no space left. */
export function isNoSpace(thrown: unknown): boolean {
  return thrown instanceof HvError && thrown.code === noSpaceCode;
}
