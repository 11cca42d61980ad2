import { loopbackCarriers } from "../../../src/vmbus/index.ts";
import { carrierContract } from "../../lab/carrier-contract.ts";

function loopback(move?: (buffer: ArrayBuffer) => ArrayBuffer) {
  return () => {
    const { child, parent } = loopbackCarriers((deliver) => queueMicrotask(deliver), move);
    return {
      one: child,
      other: parent,
      settle: () => new Promise<void>((resolve) => setTimeout(resolve)),
      [Symbol.dispose]() {
        child[Symbol.dispose]();
        parent[Symbol.dispose]();
      },
    };
  };
}

carrierContract("a loopback", loopback(), false);
carrierContract(
  "a loopback that transfers",
  loopback((buffer) => structuredClone(buffer, { transfer: [buffer] })),
  true,
);
