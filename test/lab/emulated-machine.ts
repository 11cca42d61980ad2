import { catalogue, type StockVm } from "../../src/vmms/index.ts";

/** The stock machine `debian`, told to use emulated devices only: at its shell sooner than the one that has no others. */
export function emulatedMachine(): StockVm {
  const vm = catalogue.find(({ name }) => name === "debian");
  if (vm?.boot.kind !== "linux") throw new Error("the catalogue has no machine debian that starts directly");
  const commandLine = `${vm.boot.commandLine} tabvisor.profile=legacy`;
  return { ...vm, boot: { ...vm.boot, commandLine } };
}
