export type { ConsoleSession, UiHost, VmView } from "./host.ts";
export { mountApp } from "./mount.tsx";
