export type { GuestCrash } from "./crash.ts";
export { openVirtualProcessor, type VirtualProcessor, type VirtualProcessorParts } from "./vp.ts";
