import { commands } from "vitest/browser";

declare module "vitest/browser" {
  interface BrowserCommands {
    /** Starts a server of `test/lab` in a process of its own; answers its port on this computer. */
    startLabServer(name: string): Promise<number>;
    stopLabServer(port: number): Promise<void>;
  }
}

/** Runs a test against a server in a process of its own, which is gone afterwards. */
export async function withLabServer(name: string, test: (port: number) => Promise<void>): Promise<void> {
  const port = await commands.startLabServer(name);
  try {
    await test(port);
  } finally {
    await commands.stopLabServer(port);
  }
}

/** Waits until it is so. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  const start = performance.now();
  while (!isSo()) {
    if (performance.now() - start > 10_000) throw new Error(`${what} did not come to pass`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
