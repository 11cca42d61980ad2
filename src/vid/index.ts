export * from "./engine.ts";
export * from "./fake-engine.ts";
