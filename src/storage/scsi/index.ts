export * from "./attentions.ts";
export * from "./command.ts";
export { dataInBytes, executeDisk, finishFlush, neededBlocks, requestSense } from "./execute.ts";
export { absentInquiry } from "./inquiry.ts";
export { reportLuns } from "./report-luns.ts";
export type { ScsiEnd, ScsiResult, ScsiTransfer } from "./result.ts";
export * from "./sense.ts";
export { blockCount, type ScsiUnit } from "./unit.ts";
