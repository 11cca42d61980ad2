export { openGrantMeter } from "./grant-meter.ts";
export type { ThreadWaits } from "./run-loop.ts";
export type { StraightEffects } from "./straight.ts";
export { openWorkerProcess, type WorkerProcess, type WorkerProcessEffects } from "./worker-process.ts";
