import type { GuestRequest } from "./request.ts";

/** What is asked of the browser. */
export interface WebRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** What a server answered, as far as the browser shows it. */
export interface WebAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The next piece of the body, `null` at its end. Rejects when it breaks off or the signal is aborted. */
  read(): Promise<Uint8Array<ArrayBuffer> | null>;
}

/** The browser's way to the web: no cookies, no passwords, no page named as the one who asks. */
export interface Web {
  /** Rejects without saying why when the server cannot be reached or does not let this page read its answers. */
  fetch(request: WebRequest, signal: AbortSignal): Promise<WebAnswer>;
  /**
   * Whether it is certain that something answers there, readable or not. `false` may also mean that this page is too
   * isolated to find out. One more request, of method GET. Never rejects.
   */
  isThere(url: string, signal: AbortSignal): Promise<boolean>;
}

/** How the gateway asks. */
export interface ReachOptions {
  /** The page came over https: browsers then let it ask by https only. */
  readonly pageIsSecure: boolean;
}

/** Where a request leads; or why it is not asked, as the guest is told. */
export type Reach =
  | { readonly kind: "ask"; readonly request: WebRequest; readonly left: readonly string[] }
  | { readonly kind: "refused"; readonly status: number; readonly why: string };

/** Headers that browsers send to other sites without asking them first. @fetch cors-safelisted-request-header */
const passedHeaders = ["accept", "accept-language", "content-language"];
const plainTypes = /^(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(;|$)/i;
/** Headers that would make a guest somebody: they are left out, and the notice says so. */
const identifying = ["cookie", "authorization", "proxy-authorization"];

/** Decides what of a guest's request the browser is asked. */
export function reachOf(request: GuestRequest, { pageIsSecure }: ReachOptions): Reach {
  const { method, host, port, path, headers, body } = request;
  if (isPrivate(host)) {
    const why = `${host} is an address of this computer or of the network around it. The web gateway brings guests to the public web only.`;
    return { kind: "refused", status: 403, why };
  }
  if (port !== 80) {
    const why = `The web gateway asks servers on their usual port only, not on port ${port}.`;
    return { kind: "refused", status: 403, why };
  }
  const url = `${pageIsSecure ? "https" : "http"}://${host}${path}`;
  const left = identifying.filter((name) => headers.has(name));
  const passed = passedHeaders.flatMap((name) => pair(name, headers.get(name)));
  passed.push(...pair("content-type", headers.get("content-type")));
  const range = headers.get("range");
  if (range !== undefined && /^bytes=[0-9]+-[0-9]*$/.test(range)) passed.push(["range", range]);
  const hasBody = method !== "GET" && method !== "HEAD";
  return { kind: "ask", request: { method, url, headers: passed, body: hasBody ? body : null }, left };
}

function pair(name: string, value: string | undefined): [string, string][] {
  return value === undefined || !/^[\t\x20-\x7e]*$/.test(value) ? [] : [[name, value]];
}

/** Whether a browser asks the server's leave before it sends such a request. */
export function asksLeave({ method, headers }: WebRequest): boolean {
  if (!["GET", "HEAD", "POST"].includes(method)) return true;
  return headers.some(([name, value]) => name === "content-type" && !plainTypes.test(value));
}

/**
 * Whether a name or address belongs to this computer or the network around it: a guest must not use the visitor's
 * browser to reach the visitor's router. Names that merely resolve to such addresses are not caught here.
 */
function isPrivate(host: string): boolean {
  if (host.startsWith("[")) return !/^\[[23]/.test(host);
  const name = host.replace(/\.+$/, "");
  if (
    !name.includes(".") ||
    /\.(localhost|local|internal|lan|home|home\.arpa|test|invalid|onion)$/.test(name)
  )
    return true;
  // Browsers read the last part as a number, also in other ways of writing it: only the plain way is let through.
  if (!/\.(0x[0-9a-f]*|[0-9]+)$/.test(name)) return false;
  const parts = /^([1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(?:0|[1-9][0-9]{0,2})\.(?:0|[1-9][0-9]{0,2})$/.exec(
    name,
  );
  if (parts === null) return true;
  const [first, second] = [Number(parts[1]), Number(parts[2])];
  if (first === 10 || first === 127 || first >= 224) return true;
  if (first === 172 && second >= 16 && second <= 31) return true;
  if (first === 100 && second >= 64 && second <= 127) return true;
  if (first === 198 && (second === 18 || second === 19)) return true;
  return (first === 192 && second === 168) || (first === 169 && second === 254);
}
