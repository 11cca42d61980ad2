import { signal } from "@preact/signals";
import type { JobId, ReceivedFile, SocketId } from "../../src/hvdef/index.ts";
import type { GuestFileHost, SocketHost } from "../../src/ui/host.ts";

/** Files of guests with which nothing happens but that they are listed and forgotten. */
export function quietGuestFiles(files: readonly ReceivedFile[] = []): GuestFileHost {
  const received = signal(files);
  return {
    received,
    copy: async () => 1 as JobId,
    save: async () => {},
    async forget(id) {
      received.value = received.value.filter((file) => file.id !== id);
    },
  };
}

/** Sockets on which nobody says anything. */
export const quietSockets: SocketHost = {
  connectSocket: async (_vm, port) => ({ socket: 1 as SocketId, guestPort: port, hostPort: 49152 }),
  listenSocket: async () => {},
  acceptSocket: async () => null,
  closeSocketPort: async () => {},
  readSocket: async () => null,
  writeSocket: async () => {},
  endSocket: async () => {},
  abortSocket: async () => {},
};
