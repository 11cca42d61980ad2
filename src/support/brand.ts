declare const brand: unique symbol;

/** A value with a name the compiler keeps apart. Made only where the value is born or checked. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Bytes that one owner holds alone; may be transferred to another thread. */
export type OwnBytes = Uint8Array<ArrayBuffer>;

/** Bytes in memory shared between threads. `TextDecoder`, digests and `Blob` refuse them. */
export type SharedBytes = Uint8Array<SharedArrayBuffer>;

/** Bytes whose memory the reader need not know. */
export type AnyBytes = Uint8Array<ArrayBufferLike>;
