import { IcHeader, IcMessage, IcTime, icUnixEpoch } from "../../hvdef/index.ts";
import type { StampRule } from "../../vmbus/index.ts";

/** The two clocks of one moment. */
export interface StampClocks {
  /** The partition's reference time, 100 ns. */
  referenceTime(): bigint;
  /** Milliseconds since 1970. */
  wallClock(): number;
}

/** Messages of this version and later say at which reference time they hold. */
const stampedSince = 4;

/**
 * Stamp rule of time synchronization. The guest takes the two times for those of one moment, and only here can both be
 * read: so a message that had to wait is as right as one that had not.
 */
export function stampTimeSync(clocks: StampClocks): StampRule {
  return (payload) => {
    if (payload.length < IcHeader.size + IcTime.size) return;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const { messageType, messageMajor } = IcHeader.read(view);
    if (messageType !== IcMessage.timeSync || messageMajor < stampedSince) return;
    const parentTime = BigInt(Math.round(clocks.wallClock() * 10_000)) + icUnixEpoch;
    view.setBigUint64(IcHeader.size + IcTime.at.parentTime, parentTime, true);
    view.setBigUint64(IcHeader.size + IcTime.at.referenceTime, clocks.referenceTime(), true);
  };
}
