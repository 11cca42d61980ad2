export { type Automation, automation } from "./automation.ts";
export type { ConsoleSession, ScreenSession, UiHost, VmView } from "./host.ts";
export { type LiveHost, openLiveHost } from "./live-host.ts";
export { mountApp } from "./mount.tsx";
