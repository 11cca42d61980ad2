import type { Grant, PartitionMessage } from "../../hvdef/index.ts";
import { portOf } from "../carrier-ends.ts";
import type { ChildGrant, ChildStart } from "../start-messages.ts";

/** A child worker as hypervisor/root wants to hold it. Owns the worker. */
export function childHandle(
  worker: Worker,
  start: ChildStart,
): {
  send(grant: Grant): void;
  terminate(): void;
  onMessage(handler: (message: PartitionMessage) => void): void;
  onGone(handler: (detail: string) => void): void;
} {
  worker.postMessage(start, [start.control, portOf(start.link), start.console, start.screen]);
  return {
    send: (grant) => worker.postMessage({ kind: "grant", grant } satisfies ChildGrant),
    terminate: () => worker.terminate(),
    onMessage(handler) {
      worker.onmessage = (event: MessageEvent<PartitionMessage>) => handler(event.data);
    },
    onGone(handler) {
      worker.onerror = (event) => {
        event.preventDefault();
        handler(event.message || "its thread could not be started");
      };
      worker.onmessageerror = () => handler("a message could not be read");
    },
  };
}
