import type { HostNotice, JobId, SocketSession, VmGuid } from "../../hvdef/index.ts";
import type { JobTable } from "../jobs.ts";
import type { Machine } from "../machine.ts";
import { openClientSockets } from "./client-sockets.ts";
import { type GuestCopy, guestCopy } from "./copy-job.ts";
import { openReceived, type ReceivedStore } from "./received.ts";

/** What the door may ask of files between visitors and guests. */
export interface GuestFiles {
  /** Begins to put a file of the visitor into a guest that runs. @throws HvError when its name or folder cannot be */
  copyToGuest(vm: VmGuid, copy: GuestCopy): JobId;
  /** A file that a guest has given. @throws HvError */
  received: ReceivedStore["contents"];
}

/** Sockets and files of all machines of a host. */
export interface HostSockets {
  readonly received: ReceivedStore;
  readonly session: SocketSession;
  readonly files: GuestFiles;
}

/** What they need of their host. */
interface SocketsOfHost {
  wallClock(): number;
  notify(notice: HostNotice): void;
  /** @throws HvError when there is no such machine */
  find(vm: VmGuid): Machine;
  readonly jobs: Pick<JobTable, "begin">;
}

/** Opens them, with nothing received. */
export function openHostSockets({ wallClock, notify, find, jobs }: SocketsOfHost): HostSockets {
  const received = openReceived({
    wallClock,
    changed: () => notify({ kind: "received", files: received.list() }),
  });
  return {
    received,
    session: {
      ...openClientSockets((vm) => find(vm).sockets),
      listReceived: async () => received.list(),
      forgetReceived: async (id) => received.forget(id),
    },
    files: {
      copyToGuest: (vm, copy) => jobs.begin(guestCopy(find(vm), copy)),
      received: received.contents,
    },
  };
}
