import { bytesFile, type HttpFile, type HttpSource } from "../../network/index.ts";
import type { SharedFiles } from "./shared-files.ts";

const sharedFolder = "/files/";

/**
 * What the management OS's web server has to give: texts made when they are asked for, and under `/files/` what the
 * visitor shares.
 */
export function labFiles(
  texts: Readonly<Record<string, () => string>>,
  shared: Pick<SharedFiles, "entries" | "file">,
): HttpSource {
  function textFile(name: string): HttpFile | null {
    const make = Object.hasOwn(texts, name) ? texts[name] : undefined;
    if (make === undefined) return null;
    return bytesFile("text/plain; charset=utf-8", new TextEncoder().encode(make()));
  }
  return {
    file: (path) =>
      path.startsWith(sharedFolder) ? shared.file(path.slice(sharedFolder.length)) : textFile(path.slice(1)),
    folder(path) {
      if (path === sharedFolder) return shared.entries();
      if (path !== "/") return null;
      const made = Object.keys(texts).map((name) => ({ name, length: textFile(name)?.length ?? 0 }));
      return [{ name: "files", length: null }, ...made];
    },
  };
}
