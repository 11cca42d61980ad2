import { failScript } from "./script-error.ts";

/** Characters of a text. Reason: 32 MB; a listing of everything a host has is a thousandth of it. */
const longestText = 1 << 24;
/** Elements of an array. */
const longestList = 1 << 20;

/** @throws ScriptError when a text of this many characters must not be made */
export function checkText(length: number): void {
  if (!(length <= longestText))
    throw failScript("OutOfMemory", `A text may have ${longestText} characters; this one would have more.`, {
      category: "ResourceUnavailable",
      exception: "OutOfMemoryException",
    });
}

/** @throws ScriptError when an array of this many elements must not be made */
export function checkList(length: number): void {
  if (!(length <= longestList))
    throw failScript("OutOfMemory", `An array may have ${longestList} elements; this one would have more.`, {
      category: "ResourceUnavailable",
      exception: "OutOfMemoryException",
    });
}
