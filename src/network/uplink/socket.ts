/** What comes from a socket. Nothing comes after `ended`, nor after the socket was closed from here. */
export interface SocketEvents {
  opened(): void;
  /** One message. The buffer is the listener's. */
  bytes(message: Uint8Array<ArrayBuffer>): void;
  /** A text message of so many characters came. */
  text(length: number): void;
  /** The far side is gone, or was never reached. @param reason  a sentence for the page */
  ended(reason: string): void;
}

/** A WebSocket as the rooms see it. Owned by whoever dialled it. */
export interface Socket {
  /** Sends one message; the bytes are copied before the call returns. Ignored unless the socket is open. */
  send(message: Uint8Array<ArrayBuffer>): void;
  /** Bytes that were sent and have not left this computer. */
  backlog(): number;
  /** Closes it. No event comes afterwards. */
  close(): void;
}

/** What to call. */
export interface DialOptions {
  /** `ws://` or `wss://`, as `readRelayAddress` and `readWispAddress` give it. */
  readonly address: string;
  /** Protocol to ask the server for; `null` for none. A browser gives up on a server that does not know it. */
  readonly protocol: string | null;
}

/** Calls a server. Events come after the call has returned. Never throws: what cannot be dialled ends. */
export type Dial = (options: DialOptions, events: SocketEvents) => Socket;
