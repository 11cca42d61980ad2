import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A server of `test/lab` in a process of its own. */
export interface ServerProcess extends Disposable {
  /** Where it listens on this computer. */
  readonly port: number;
}

/**
 * Starts a server by its file's name, e.g. `relay-server`, and waits until it listens.
 * @param port  0: a free one
 */
export function startServer(name: string, port = 0): Promise<ServerProcess> {
  const file = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [file, String(port)], { stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let said = "";
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${name} ended with code ${code}`)));
    child.stdout.on("data", (text) => {
      said += text;
      const found = /^port (\d+)$/m.exec(said)?.[1];
      if (found !== undefined) resolve({ port: Number(found), [Symbol.dispose]: () => end(child) });
    });
  });
}

function end(child: ChildProcess): void {
  child.removeAllListeners("exit");
  child.kill();
}

const started = new Map<number, ServerProcess>();

/** The same for tests that run in a browser, as commands of vitest. */
export const serverCommands = {
  async startLabServer(_context: unknown, name: string): Promise<number> {
    const server = await startServer(name);
    started.set(server.port, server);
    return server.port;
  },
  stopLabServer(_context: unknown, port: number): void {
    started.get(port)?.[Symbol.dispose]();
    started.delete(port);
  },
};
