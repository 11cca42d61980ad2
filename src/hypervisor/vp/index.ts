export type { GuestCrash } from "./crash.ts";
export {
  openVirtualProcessor,
  restoreVirtualProcessor,
  type VirtualProcessor,
  type VirtualProcessorParts,
  type VirtualProcessorRestored,
} from "./vp.ts";
