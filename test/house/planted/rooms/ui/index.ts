import { machines } from "../vmms/index.ts"; export const view = machines;
