/**
 * The few platform names a pure room may mention. `MessagePort` is an empty token: a pure room may
 * hand one on, but only hal can use it.
 */
declare class MessagePort {
  private constructor();
}
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
}
interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare const AbortController: { new (): AbortController };
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string);
  decode(bytes?: ArrayBufferView<ArrayBuffer>): string;
}
