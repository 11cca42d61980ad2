export * from "./brand.ts";
export * from "./clock.ts";
export * from "./guid.ts";
export * from "./inspect.ts";
export * from "./layout.ts";
export * from "./limited-log.ts";
export * from "./outcome.ts";
export * from "./scope.ts";
