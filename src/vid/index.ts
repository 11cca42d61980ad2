export * from "./display.ts";
export * from "./engine.ts";
export * from "./fake-engine.ts";
