import type { inner } from "../storage/inner.ts"; export type T = typeof inner;
