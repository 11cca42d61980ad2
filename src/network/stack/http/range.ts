/** Which bytes are to be sent. `outside`: none of those asked for exist. */
export type ByteRange =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly from: number; readonly end: number }
  | { readonly kind: "outside" };

/**
 * The range a client asks for, of a file of `length` bytes. What is no single range means the whole file.
 *
 * @rfc 9110 14.1.2 14.2
 */
export function readRange(asked: string | null, length: number): ByteRange {
  const match = /^bytes[ \t]*=[ \t]*(\d*)-(\d*)$/i.exec(asked ?? "");
  const [first = "", last = ""] = match?.slice(1) ?? [];
  if (match === null || (first === "" && last === "")) return { kind: "whole" };
  if (first === "") {
    const count = Math.min(length, Number(last));
    return count === 0 ? { kind: "outside" } : { kind: "part", from: length - count, end: length };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return { kind: "whole" };
  if (from >= length) return { kind: "outside" };
  return { kind: "part", from, end: last === "" ? length : Math.min(length, Number(last) + 1) };
}
