export * from "./frame/index.ts";
export * from "./port.ts";
