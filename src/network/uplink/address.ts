/** A server's address as the user typed it: usable, or refused with a sentence that says what to change. */
export type ReadAddress =
  | { readonly kind: "usable"; readonly address: string }
  | { readonly kind: "refused"; readonly why: string };

/** Longest address that is taken: far more than any relay needs. */
const longestAddress = 1024;

/** What surrounds the address. */
export interface AddressOptions {
  /** The page itself came over https: browsers then refuse ws:// to other computers. */
  readonly pageIsSecure: boolean;
  /** What the address is for, e.g. `The relay's address`. Starts the sentences. */
  readonly subject: string;
}

/** Reads the address of an Ethernet relay: `ws://host[:port][/path]` or `wss://…`. */
export function readRelayAddress(text: string, options: AddressOptions): ReadAddress {
  return readAddress(text.trim(), options);
}

/**
 * Reads the address of a Wisp server. v86's spelling `wisp://` and `wisps://` is taken too. An address without a
 * path gets `/`; one whose path does not end with `/` would reach another service of such servers.
 *
 * @wisp choosing-a-websocket-url
 */
export function readWispAddress(text: string, options: AddressOptions): ReadAddress {
  const plain = text.trim().replace(/^wisp(s?):\/\//i, "ws$1://");
  const read = readAddress(plain, options);
  if (read.kind === "refused") return read;
  const parts = /^(wss?:\/\/[^/?]+)([^?]*)(.*)$/.exec(read.address);
  const [, server = "", path = "", query = ""] = parts ?? [];
  if (path === "") return { kind: "usable", address: `${server}/${query}` };
  if (path.endsWith("/")) return read;
  return refuse(`${options.subject} must end with /, as in ${server}${path}/`);
}

function refuse(why: string): ReadAddress {
  return { kind: "refused", why };
}

function readAddress(text: string, { pageIsSecure, subject }: AddressOptions): ReadAddress {
  if (text === "") return refuse(`${subject} is missing. It looks like wss://relay.example/`);
  if (text.length > longestAddress) return refuse(`${subject} is longer than ${longestAddress} characters.`);
  if (!/^[\x21-\x7e]*$/.test(text)) {
    return refuse(`${subject} has a space or a letter that addresses cannot have.`);
  }
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)(#.*)?$/i.exec(text);
  if (parts === null) return refuse(`${subject} must start with ws:// or wss://, as in wss://relay.example/`);
  const [, schemeTyped = "", server = "", rest = "", fragment] = parts;
  const scheme = schemeTyped.toLowerCase();
  if (scheme !== "ws" && scheme !== "wss") {
    return refuse(`${subject} must start with ws:// or wss://, not with ${scheme.slice(0, 12)}://`);
  }
  if (fragment !== undefined) return refuse(`${subject} must not have a part after #.`);
  if (server.includes("@")) {
    return refuse(`${subject} must not hold a name or a password: browsers do not send them.`);
  }
  const wrongServer = judgeServer(server, subject);
  if (wrongServer !== null) return refuse(wrongServer);
  if (scheme === "ws" && pageIsSecure && !isThisComputer(server)) {
    return refuse(
      `${subject} must start with wss://: this page came over a secure connection, and browsers then allow ws:// only to this computer.`,
    );
  }
  return { kind: "usable", address: `${scheme}://${server}${rest}` };
}

/** What is wrong with `host[:port]`; `null` when nothing is. */
function judgeServer(server: string, subject: string): string | null {
  const parts = /^(\[[0-9a-f:.]+\]|[^:[\]]*)(?::(.*))?$/i.exec(server);
  const [, host = "", port] = parts ?? [];
  if (parts === null || host === "") return `${subject} has no server name after ://.`;
  if (!host.startsWith("[") && !isName(host))
    return `${subject} has a server name that cannot be: ${host.slice(0, 64)}`;
  if (port === undefined) return null;
  const right = /^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535;
  return right ? null : `${subject} has a port that is not a number from 1 to 65535.`;
}

function isName(host: string): boolean {
  if (host.length > 253) return false;
  // Digits and dots alone are an IPv4 address, which has four parts up to 255.
  if (/^[0-9.]+$/.test(host)) {
    const numbers = host.split(".");
    return numbers.length === 4 && numbers.every((part) => /^[0-9]{1,3}$/.test(part) && Number(part) <= 255);
  }
  return host
    .replace(/\.$/, "")
    .split(".")
    .every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label));
}

/** Hosts that browsers trust without encryption. */
function isThisComputer(server: string): boolean {
  const host = server.replace(/:[0-9]*$/, "").toLowerCase();
  return (
    host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\.[0-9.]+$/.test(host)
  );
}
