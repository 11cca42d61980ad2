export * from "./carrier.ts";
export * from "./contracts.ts";
export * from "./grant.ts";
export * from "./guest-memory.ts";
export * from "./ids.ts";
export * from "./link.ts";
export * from "./synic.ts";
