import type { InternalChannel } from "../../../vmbus/index.ts";
import type { DiskLine } from "./serve.ts";

/** Requests that wait because too many are out. Reason: the emulated controller has one command at a time per disk. */
const queueLimit = 64;

/**
 * Dresses a relay's internal channel as the emulated disk's line. A request that finds too many out waits
 * its turn; beyond the queue's limit it is refused.
 */
export function diskLine(channel: InternalChannel): DiskLine {
  const queue: (() => boolean)[] = [];

  function pump(): void {
    while (queue[0]?.()) queue.shift();
  }
  return {
    request(payload, data, room, done) {
      const own = { payload, data, dataRoom: room };
      const attempt = (): boolean =>
        channel.request({
          ...own,
          done(answer, bytes) {
            done({ payload: answer, data: bytes });
            pump();
          },
        });
      if (queue.length === 0 && attempt()) return;
      if (queue.length >= queueLimit) return done(null);
      // The caller's buffer is its own again when this call returns.
      own.data = data.slice();
      queue.push(attempt);
    },
  };
}
