/** A piece of an XML text. */
export type XmlToken =
  | {
      readonly kind: "open";
      readonly name: string;
      readonly attributes: ReadonlyMap<string, string>;
      /** `<X/>`: its end is told as well. */
      readonly empty: boolean;
    }
  | { readonly kind: "close"; readonly name: string }
  | { readonly kind: "text"; readonly text: string };

/** Elements and texts. Reason: the largest settings of Hyper-V with all qualifiers have some two thousand. */
const mostTokens = 20_000;
const mostAttributes = 32;
const entities: { readonly [name: string]: string } = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const openForm = /<([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const closeForm = /<\/([A-Za-z_][\w.-]*)\s*>/y;
const attributeForm = /([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** Where an XML text cannot be read, and why. */
export interface XmlFault {
  readonly at: number;
  readonly why: string;
}

/**
 * Reads an XML text piece by piece: elements, attributes, text, CDATA; comments and instructions are left out.
 * A document type is refused, and with it every entity of one's own.
 */
export function readTokens(
  text: string,
): { readonly tokens: readonly XmlToken[] } | { readonly fault: XmlFault } {
  const tokens: XmlToken[] = [];
  let at = 0;
  while (at < text.length) {
    if (tokens.length >= mostTokens) return { fault: { at, why: "it has too many elements" } };
    const piece = text[at] === "<" ? readMarkup(text, at) : readText(text, at);
    if ("why" in piece) return { fault: { at, why: piece.why } };
    if (piece.token !== null) tokens.push(piece.token);
    at = piece.end;
  }
  return { tokens };
}

type Piece = { readonly token: XmlToken | null; readonly end: number } | { readonly why: string };

function readText(text: string, at: number): Piece {
  const next = text.indexOf("<", at);
  const end = next < 0 ? text.length : next;
  const plain = decode(text.slice(at, end));
  return plain === null
    ? { why: "an entity in it is not known" }
    : { token: { kind: "text", text: plain }, end };
}

function readMarkup(text: string, at: number): Piece {
  if (text.startsWith("<![CDATA[", at)) return enclosed(text, { from: at + 9, end: "]]>", keep: true });
  if (text.startsWith("<!--", at)) return enclosed(text, { from: at + 4, end: "-->", keep: false });
  if (text.startsWith("<?", at)) return enclosed(text, { from: at + 2, end: "?>", keep: false });
  if (text.startsWith("<!", at)) return { why: "a document type is not allowed" };
  closeForm.lastIndex = at;
  const close = closeForm.exec(text);
  if (close !== null) return { token: { kind: "close", name: close[1] ?? "" }, end: at + close[0].length };
  openForm.lastIndex = at;
  const open = openForm.exec(text);
  if (open === null) return { why: "an element is not closed or makes no sense" };
  const attributes = readAttributes(open[2] ?? "");
  if (attributes === null) return { why: "an attribute makes no sense" };
  const token: XmlToken = { kind: "open", name: open[1] ?? "", attributes, empty: open[3] === "/" };
  return { token, end: at + open[0].length };
}

function enclosed(text: string, { from, end, keep }: { from: number; end: string; keep: boolean }): Piece {
  const close = text.indexOf(end, from);
  if (close < 0) return { why: `${end} is missing` };
  return { token: keep ? { kind: "text", text: text.slice(from, close) } : null, end: close + end.length };
}

function readAttributes(text: string): ReadonlyMap<string, string> | null {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single] of text.matchAll(attributeForm)) {
    const value = decode(double ?? single ?? "");
    if (value === null || attributes.has(name) || attributes.size >= mostAttributes) return null;
    attributes.set(name, value);
  }
  return attributes;
}

/** Text with its entities replaced; `null` when one is not known. */
function decode(text: string): string | null {
  if (!text.includes("&")) return text;
  let sound = true;
  const plain = text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w{1,8})?;?/g, (whole: string, name = "") => {
    const letter = whole.endsWith(";") ? letterOf(name) : null;
    if (letter === null) sound = false;
    return letter ?? "";
  });
  return sound ? plain : null;
}

function letterOf(name: string): string | null {
  if (!name.startsWith("#")) return Object.hasOwn(entities, name) ? (entities[name] ?? null) : null;
  const code = name[1] === "x" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  const isLetter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isLetter ? String.fromCodePoint(code) : null;
}
