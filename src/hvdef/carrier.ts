/**
 * Moves whole batches of link records between two threads, in order, at most once each.
 * Three implementations obey one contract test: MessagePort, shared ring, loopback.
 */
export interface Carrier extends Disposable {
  /**
   * Sends the first `used` bytes. The buffer's ownership moves to the other side.
   * A carrier whose other side is gone drops the batch silently: the control plane tells of the end.
   */
  send(buffer: ArrayBuffer, used: number): void;
  /** Takes the handler of arriving batches; the buffer then belongs to the handler. Called once. */
  receive(handler: (buffer: ArrayBuffer, used: number) => void): void;
}
