import type { Web, WebAnswer } from "../../network/index.ts";

/** The same for everything a guest asks: it is nobody, and no page asks for it. */
const asNobody = {
  credentials: "omit",
  referrerPolicy: "no-referrer",
  cache: "no-store",
} as const;

/** The browser's `fetch` for guests. */
export const browserWeb: Web = {
  async fetch({ method, url, headers, body }, signal) {
    const pairs = headers.map(([name, value]): [string, string] => [name, value]);
    return answerOf(
      await fetch(url, { ...asNobody, method, headers: pairs, body, mode: "cors", signal: asSignal(signal) }),
    );
  },
  async isThere(url, signal) {
    try {
      const response = await fetch(url, { ...asNobody, mode: "no-cors", signal: asSignal(signal) });
      await response.body?.cancel();
      return true;
    } catch {
      return false;
    }
  },
};

function answerOf(response: Response): WebAnswer {
  const reader = response.body?.getReader() ?? null;
  return {
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers],
    async read() {
      const piece = await reader?.read();
      return piece === undefined || piece.done ? null : piece.value;
    },
  };
}

/** Pure rooms know less of signals than the browser; what they hand out is the browser's own. */
function asSignal(signal: unknown): AbortSignal | null {
  return signal instanceof AbortSignal ? signal : null;
}
