/** What a server's address is for. */
export type ServerKind = "relay" | "wisp";

const subjects: { readonly [K in ServerKind]: string } = {
  relay: "The relay's address",
  wisp: "The server's address",
};
const longest = 1024;

/** Browsers allow an insecure connection from a secure page only to the computer they run on. */
function isThisComputer(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || host.startsWith("127.");
}

function read(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Why a server cannot be reached at this address; `null` when it may be. Wisp servers also take `wisp://`. */
export function serverProblem(
  text: string,
  kind: ServerKind,
  page: { readonly isSecure: boolean },
): string | null {
  const subject = subjects[kind];
  const typed = text.trim();
  if (typed === "") return `${subject} is missing. It looks like wss://${kind}.example/.`;
  if (typed.length > longest) return `${subject} is longer than ${longest} characters.`;
  const plain = kind === "wisp" ? typed.replace(/^wisp(s?):\/\//i, "ws$1://") : typed;
  if (!/^wss?:\/\//i.test(plain)) return `${subject} must start with ws:// or wss://.`;
  const url = /^[\x21-\x7e]*$/.test(plain) ? read(plain) : null;
  if (url === null || url.hostname === "") return `${subject} is not complete: wss://${kind}.example/ is.`;
  if (plain.includes("#")) return `${subject} must not have a part after #.`;
  if (url.username !== "" || url.password !== "")
    return `${subject} must not hold a name or a password: browsers do not send them.`;
  if (url.protocol === "ws:" && page.isSecure && !isThisComputer(url.hostname))
    return `${subject} must start with wss://: this page came over a secure connection, and browsers then allow ws:// only to this computer.`;
  if (kind === "wisp" && !url.pathname.endsWith("/")) return `${subject} must end with /.`;
  return null;
}
