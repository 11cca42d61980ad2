/** Bytes to be put in place of what a device holds. */
export interface DevicePiece {
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A file of the visitor's own machine. `hal` makes it from what the visitor picked. */
export interface DeviceFile {
  /** As it was when it was opened. */
  readonly byteLength: number;
  /**
   * Bytes of the file; the caller may keep the buffer. Fewer than asked for mean that the file has shrunk.
   * @throws what a person should read
   */
  read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Puts all pieces into the file, or none of them; they are safe when it settles. The buffers are only read.
   * Never called again before it has settled. `null`: the file may only be read.
   * @throws HvError `storage.noSpace` when the medium is full, otherwise what a person should read
   */
  readonly write: null | ((pieces: readonly DevicePiece[]) => Promise<void>);
}
