import { signal } from "@preact/signals";
import type { GuestPlace, JobId, ReceivedFile, SocketSession, VmGuid } from "../hvdef/index.ts";
import type { GuestFileHost, SocketHost } from "./host.ts";

/** What crosses between the visitor's device and guests. The door joins it with the parent. */
export interface GuestFileGate {
  copyToGuest(vm: VmGuid, file: File, place: GuestPlace): Promise<JobId>;
  receivedFile(id: number): Promise<{ readonly name: string; readonly contents: Blob }>;
  /** Hands a file to the browser's downloads. */
  save(name: string, contents: Blob): void;
}

/** Files of guests and their sockets as views and scripts see them, with the side on which notices pour in. */
export interface LiveGuestFiles {
  readonly host: GuestFileHost;
  readonly sockets: SocketHost;
  notice(files: readonly ReceivedFile[]): void;
}

/** Opens both. @param session  settles when the parent answers; actions wait for it */
export function openLiveGuestFiles(session: Promise<SocketSession>, gate: GuestFileGate): LiveGuestFiles {
  const received = signal<readonly ReceivedFile[]>([]);
  return {
    host: {
      received,
      copy: gate.copyToGuest,
      async save(id) {
        const { name, contents } = await gate.receivedFile(id);
        gate.save(name, contents);
      },
      forget: async (id) => (await session).forgetReceived(id),
    },
    sockets: {
      connectSocket: async (vm, port) => (await session).connectSocket(vm, port),
      listenSocket: async (vm, port) => (await session).listenSocket(vm, port),
      acceptSocket: async (vm, port) => (await session).acceptSocket(vm, port),
      closeSocketPort: async (vm, port) => (await session).closeSocketPort(vm, port),
      readSocket: async (socket) => (await session).readSocket(socket),
      writeSocket: async (socket, bytes) => (await session).writeSocket(socket, bytes),
      endSocket: async (socket) => (await session).endSocket(socket),
      abortSocket: async (socket) => (await session).abortSocket(socket),
    },
    notice(files) {
      received.value = files;
    },
  };
}
