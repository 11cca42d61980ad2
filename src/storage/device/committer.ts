import { reasonOf } from "../../support/index.ts";
import type { DiskStatus } from "../disk.ts";
import { isNoSpace } from "../errors.ts";
import type { DeviceFile } from "./device-file.ts";
import type { Overlay } from "./overlay.ts";

/** Brings what was written into the device's file, one commit at a time. */
export interface Committer {
  /** Notes that something was written. */
  wrote(): void;
  /** Settles when everything written so far is in the file, or could not be put there; never rejects. */
  commit(): Promise<void>;
  /** Whether everything written before a `commit` that has settled is safe, as a status. */
  status(): DiskStatus;
  /** Something was written that no settled commit has made safe. */
  behind(): boolean;
  /** Why the last commit that failed did; `null` when none has. */
  lastFailure(): string | null;
}

/** @param write  of a file that may be written */
export function openCommitter(overlay: Overlay, write: NonNullable<DeviceFile["write"]>): Committer {
  /** Writes are counted: a commit makes safe those before it began. */
  let written = 0;
  let safe = 0;
  let status: DiskStatus = "ok";
  let failure: string | null = null;
  let running: Promise<void> | null = null;
  /** Begins when the running one is over; everybody who asks meanwhile shares it. */
  let following: Promise<void> | null = null;

  function commit(): Promise<void> {
    if (running === null) {
      running = once().finally(() => {
        running = null;
      });
      return running;
    }
    following ??= running.then(() => {
      following = null;
      return commit();
    });
    return following;
  }

  /** Never rejects. */
  async function once(): Promise<void> {
    const upTo = written;
    const lent = overlay.lend();
    try {
      if (lent.length > 0) {
        await write(
          lent.map(({ index, bytes, from, to }) => ({
            at: index * overlay.chunkBytes + from,
            bytes: bytes.subarray(from, to),
          })),
        );
      }
      overlay.takeBack(lent, true);
      safe = upTo;
      status = "ok";
    } catch (thrown) {
      overlay.takeBack(lent, false);
      failure = reasonOf(thrown);
      status = isNoSpace(thrown) ? "noSpace" : "mediumError";
    }
  }

  return {
    wrote: () => {
      written++;
    },
    commit,
    status: () => status,
    behind: () => safe < written,
    lastFailure: () => failure,
  };
}
