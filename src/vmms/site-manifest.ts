import type { CatalogueSource } from "../hvdef/index.ts";

/** Where the images say what they are made of, relative to the page. */
export const manifestPath = "images/manifest.json";

/** A file of the site as its manifest has it. */
interface SiteFile {
  /** Bytes as it is fetched. */
  readonly bytes: number;
  /** Hexadecimal; `null` where the manifest does not say. */
  readonly sha256: string | null;
  readonly sources: readonly CatalogueSource[];
}

/** The files of the site by their paths, relative to the page. */
export type Manifest = ReadonlyMap<string, SiteFile>;

/** Reads the manifest of the images; what makes no sense in it is left out. `null` when it is none. */
export function manifestOf(text: string): Manifest | null {
  const found = parsed(text);
  const artefacts = field(found, "artefacts");
  if (field(found, "format") !== 1 || !Array.isArray(artefacts)) return null;
  const files = new Map<string, SiteFile>();
  for (const one of artefacts) {
    const path = field(one, "file");
    const bytes = field(one, "size");
    const sources = field(one, "sources");
    const sha256 = field(one, "sha256");
    if (typeof path !== "string" || !isSize(bytes)) continue;
    files.set(path, {
      bytes,
      sha256: typeof sha256 === "string" ? sha256 : null,
      sources: Array.isArray(sources) ? sources.flatMap(sourceOf) : [],
    });
  }
  return files;
}

/** Bytes of all parts that an index names, each file once; `null` when it is no index. */
export function indexBytes(text: string): number | null {
  const found = parsed(text);
  const parts = field(found, "parts");
  if (field(found, "format") !== 1 || !Array.isArray(parts)) return null;
  const files = new Map<string, number>();
  for (const part of parts) {
    const file = field(part, "file");
    const bytes = field(part, "bytes");
    if (typeof file === "string" && isSize(bytes)) files.set(file, bytes);
  }
  return text.length + [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function sourceOf(found: unknown): readonly CatalogueSource[] {
  const name = field(found, "package");
  const version = field(found, "version");
  const licence = field(found, "licence");
  if (typeof name !== "string" || typeof version !== "string" || typeof licence !== "string") return [];
  return [{ name, version, licence }];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function field(found: unknown, name: string): unknown {
  return typeof found === "object" && found !== null ? (found as Record<string, unknown>)[name] : undefined;
}

function isSize(found: unknown): found is number {
  return typeof found === "number" && Number.isSafeInteger(found) && found >= 0;
}
