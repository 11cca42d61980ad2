export * from "./checksum.ts";
export * from "./headers.ts";
export * from "./segment.ts";
export * from "./sum.ts";
