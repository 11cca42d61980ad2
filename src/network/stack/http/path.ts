/**
 * The path of a request's target: decoded, `.` and `..` resolved, never above the root. A query is left out.
 *
 * @returns `null` when it is no path, or has escapes that are no characters
 * @rfc 9112 3.2.1 3.2.2
 */
export function readPath(target: string): string | null {
  const origin = /^https?:\/\/[^/?#]*(.*)$/i.exec(target);
  const relative = origin === null ? target : (origin[1] ?? "") || "/";
  const encoded = relative.replace(/[?#].*$/, "");
  if (!encoded.startsWith("/") && origin === null) return null;
  const decoded = decodeText(encoded);
  return decoded === null ? null : resolveDots(decoded);
}

function decodeText(encoded: string): string | null {
  const bytes = new Uint8Array(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at++) {
    let code = encoded.charCodeAt(at);
    if (code === 0x25) {
      const digits = encoded.slice(at + 1, at + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return null;
      code = Number.parseInt(digits, 16);
      at += 2;
    }
    if (code < 0x20 || code === 0x7f || code > 0xff) return null;
    bytes[length++] = code;
  }
  const text = new TextDecoder().decode(bytes.slice(0, length));
  return text.includes("\ufffd") ? null : text;
}

function resolveDots(path: string): string {
  const parts: string[] = [];
  const all = path.split("/");
  for (const part of all) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const last = all.at(-1);
  const folder = parts.length > 0 && (last === "" || last === "." || last === "..");
  return `/${parts.join("/")}${folder ? "/" : ""}`;
}

/** A path as it stands in a link. */
export function encodePath(path: string): string {
  let out = "";
  for (const byte of new TextEncoder().encode(path)) {
    const character = String.fromCharCode(byte);
    out += /[A-Za-z0-9._~/-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}
