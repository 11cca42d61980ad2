export * from "./capture.ts";
export { type Dissector, type FrameToDecode, openDissector } from "./decode/dissector.ts";
export type { DecodedFrame, Field, FrameFacts, Protocol } from "./decode/frame.ts";
export type { FilterExpression, FilterField, FramePredicate } from "./filter/expression.ts";
export { type FilterMistake, type FilterOutcome, filterLimit, parseFilter } from "./filter/parse.ts";
export type { Direction, FrameMark } from "./frame-ring.ts";
export { type PcapngPort, type PcapngWords, pcapngPieces } from "./pcapng/write.ts";
export type { PortCount } from "./port-counts.ts";
