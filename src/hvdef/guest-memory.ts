/** RAM of one partition, as the code beside it sees it. Addresses come from the guest: check before use. */
export interface GuestMemory {
  /** Bytes of RAM; valid addresses are 0 to `size - 1`. */
  readonly size: number;
  /** All of RAM. Ask again after every turn of the event loop: engine growth moves it. */
  bytes(): Uint8Array<ArrayBuffer>;
  /** The same memory as a DataView, same rule. */
  view(): DataView<ArrayBuffer>;
  /** Tells the engine that the host wrote here, so that cached translations of code are dropped. */
  wrote(at: number, length: number): void;
}

/** Whether `length` bytes at `at` lie inside RAM. Both may be any number the guest invented. */
export function inRam(memory: GuestMemory, at: number, length: number): boolean {
  return (
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(length) &&
    at >= 0 &&
    length >= 0 &&
    at + length <= memory.size
  );
}

/** RAM that is just a buffer, for tests and for the fake engine. */
export function bufferMemory(size: number): GuestMemory {
  const ram = new Uint8Array(size);
  const ramView = new DataView(ram.buffer);
  return { size, bytes: () => ram, view: () => ramView, wrote() {} };
}
