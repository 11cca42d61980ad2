import type { Brand } from "../support/index.ts";
import type { VmGuid } from "./ids.ts";

/** One connection that a client of the host holds; never used again. */
export type SocketId = Brand<number, "SocketId">;

/** A connection between a program in a guest and a client of the host. Ports are 1 to 2^32 - 2. */
export interface SocketPeer {
  readonly socket: SocketId;
  readonly guestPort: number;
  readonly hostPort: number;
}

/** Where a file goes in a guest. */
export interface GuestPlace {
  readonly name: string;
  /** An absolute path. */
  readonly folder: string;
}

/** A file that a guest has given to the host. In memory, until it is forgotten or the page is closed. */
export interface ReceivedFile {
  readonly id: number;
  readonly vm: VmGuid;
  readonly vmName: string;
  /** Has no characters that a name cannot have. */
  readonly name: string;
  readonly byteLength: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Main → parent: sockets of guests (hv_sock), and the files that came over them. @throws HvError with the way out
 */
export interface SocketSession {
  /** Connects to a port on which a program in the guest listens. */
  connectSocket(vm: VmGuid, port: number): Promise<SocketPeer>;
  /** Listens for connections of the guest, also when the machine is off; a port has one listener. */
  listenSocket(vm: VmGuid, port: number): Promise<void>;
  /** Waits for the next connection. `null`: nobody listens there any more. */
  acceptSocket(vm: VmGuid, port: number): Promise<SocketPeer | null>;
  /** Listens no more. Connections that stand go on. */
  closeSocketPort(vm: VmGuid, port: number): Promise<void>;
  /** Waits for bytes of the guest. `null`: it has said everything. One reader at a time. */
  readSocket(socket: SocketId): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Settles when all of it is under way: whoever waits for that writes as fast as the guest reads. */
  writeSocket(socket: SocketId, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Nothing more is written. The connection is over when the guest has said everything, too. */
  endSocket(socket: SocketId): Promise<void>;
  /** Ends both directions at once. */
  abortSocket(socket: SocketId): Promise<void>;
  listReceived(): Promise<readonly ReceivedFile[]>;
  forgetReceived(id: number): Promise<void>;
}
