import type { HypervisorApi } from "../../hvdef/index.ts";
import type { Hypervisor } from "./hypervisor.ts";

/** What the parent may ask of a hypervisor that is still being opened: calls wait for it. */
export function hypervisorApi(opened: Promise<Hypervisor>): HypervisorApi {
  return {
    async createPartition(request) {
      const outcome = (await opened).createPartition(request);
      if (outcome.kind === "refused") throw outcome.error;
      return outcome.partition;
    },
    async setProcessorShare(partition, share) {
      (await opened).setShare(partition, share);
    },
    async terminate(partition, end) {
      (await opened).terminate(partition, end);
    },
  };
}
