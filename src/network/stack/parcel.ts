/** A payload of IPv4 on its way out. Who makes one says how long the bytes are valid. */
export interface Parcel {
  readonly protocol: number;
  /** The address it is for, perhaps behind a gateway. */
  readonly to: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly at: number;
  readonly length: number;
}
