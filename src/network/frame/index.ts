export * from "./ethernet.ts";
export * from "./mac.ts";
