import type { HttpFile, HttpSource } from "../../network/index.ts";

/** What the management OS's web server has to give: texts made when they are asked for. */
export function labFiles(texts: Readonly<Record<string, () => string>>): HttpSource {
  function file(path: string): HttpFile | null {
    const make = texts[path.slice(1)];
    if (make === undefined) return null;
    const bytes = new TextEncoder().encode(make());
    return {
      type: "text/plain; charset=utf-8",
      length: bytes.length,
      read(at, into) {
        const piece = bytes.subarray(at, at + into.length);
        into.set(piece);
        return piece.length;
      },
    };
  }
  return {
    file,
    folder: (path) =>
      path === "/"
        ? Object.keys(texts).map((name) => ({ name, length: file(`/${name}`)?.length ?? 0 }))
        : null,
  };
}
