import type { WorkerProcessApi } from "../hvdef/index.ts";
import { HvError } from "../support/index.ts";
import type { ControlLine } from "../vmms/index.ts";
import { callContract } from "./rpc.ts";

/** A line whose calls fail as soon as it is closed: a call to an ended worker would never settle. */
export function controlLine(): ControlLine {
  const { port1, port2 } = new MessageChannel();
  const { promise: gone, reject: end } = Promise.withResolvers<never>();
  return {
    remote: port2,
    api: callContract<WorkerProcessApi>(port1, gone),
    [Symbol.dispose]() {
      end(new HvError("vm.gone", "The machine was turned off meanwhile."));
      port1.close();
    },
  };
}
