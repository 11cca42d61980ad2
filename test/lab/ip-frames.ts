/** Builds IP frames byte by byte, without any of the house's code. */
export interface IpFrame {
  readonly version?: 4 | 6;
  readonly protocol?: "tcp" | "udp";
  readonly data: Uint8Array;
  readonly vlan?: number;
  readonly sequence?: number;
  readonly identification?: number;
  readonly flags?: number;
  /** Bytes of TCP options, a multiple of 4. */
  readonly options?: number;
  /** Bytes of IPv4 options, a multiple of 4. */
  readonly ipOptions?: number;
  /** Leaves checksums out, as a guest does that leaves them to its adapter. */
  readonly bare?: boolean;
  readonly to?: readonly number[];
  readonly from?: readonly number[];
}

/** The plainest Internet checksum there is. */
export function plainSum(bytes: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

const two = (value: number) => [(value >>> 8) & 255, value & 255];
const four = (value: number) => [...two(value >>> 16), ...two(value & 0xffff)];

/** A whole frame with right lengths and checksums, unless `bare`. */
export function ipFrame(wanted: IpFrame): Uint8Array<ArrayBuffer> {
  const { version = 4, protocol = "tcp", data, bare = false, options = 0, ipOptions = 0 } = wanted;
  const { to = [2, 0, 0, 0, 0, 2], from = [2, 0, 0, 0, 0, 1] } = wanted;
  const source = version === 4 ? [10, 0, 0, 1] : [0xfd, ...new Array<number>(14).fill(3), 1];
  const target = version === 4 ? [10, 0, 0, 2] : [0xfd, ...new Array<number>(14).fill(3), 2];
  const number = protocol === "tcp" ? 6 : 17;
  const ports = [...two(4000), ...two(80)];
  const head =
    protocol === "tcp"
      ? [
          ...ports,
          ...four(wanted.sequence ?? 1000),
          ...four(77),
          ((20 + options) / 4) << 4,
          wanted.flags ?? 0x10,
          ...two(5000),
          ...[0, 0],
          ...[0, 0],
          ...new Array<number>(options).fill(1),
        ]
      : [...ports, ...two(8 + data.length), 0, 0];
  const transport = [...head, ...data];
  const sumAt = protocol === "tcp" ? 16 : 6;
  const pseudo = [...source, ...target, 0, number, ...two(transport.length)];
  if (bare) {
    transport.splice(sumAt, 2, ...two(plainSum(pseudo)));
  } else {
    const sum = 0xffff - plainSum([...pseudo, ...transport]);
    transport.splice(sumAt, 2, ...two(protocol === "udp" && sum === 0 ? 0xffff : sum));
  }
  const tag = wanted.vlan === undefined ? [] : [0x81, 0, ...two(wanted.vlan)];
  const type = version === 4 ? [8, 0] : [0x86, 0xdd];
  return Uint8Array.from([...to, ...from, ...tag, ...type, ...ipHeader(), ...transport]);

  function ipHeader(): number[] {
    if (version === 6) return [0x60, 0, 0, 0, ...two(transport.length), number, 64, ...source, ...target];
    const length = 20 + ipOptions;
    const header = [0x40 | (length / 4), 0, ...two(length + transport.length)];
    header.push(...two(wanted.identification ?? 7), 0x40, 0, 64, number, 0, 0, ...source, ...target);
    header.push(...new Array<number>(ipOptions).fill(1));
    header.splice(10, 2, ...two(0xffff - plainSum(header)));
    return header;
  }
}

/** The frames a plain stack would have sent instead of one large one: cut from its data, built one by one. */
export function plainSegments(large: IpFrame, segmentBytes: number): Uint8Array<ArrayBuffer>[] {
  const out: Uint8Array<ArrayBuffer>[] = [];
  const { data, sequence = 1000, identification = 7, flags = 0x10 } = large;
  for (let at = 0; at < data.length; at += segmentBytes) {
    const last = at + segmentBytes >= data.length;
    const own = flags & ~(last ? 0 : 0x09) & ~(at === 0 ? 0 : 0x80);
    out.push(
      ipFrame({
        ...large,
        data: data.subarray(at, at + segmentBytes),
        sequence: (sequence + at) % 0x1_0000_0000,
        identification: (identification + out.length) & 0xffff,
        flags: own,
        bare: false,
      }),
    );
  }
  return out;
}

/** As Linux hands a large send over: no IP lengths, no IP checksum, a TCP sum without length. */
export function asLargeSend(frame: Uint8Array<ArrayBuffer>, version: 4 | 6): Uint8Array<ArrayBuffer> {
  const out = frame.slice();
  const ip = out[12] === 0x81 ? 18 : 14;
  if (version === 4) {
    out.fill(0, ip + 2, ip + 4);
    out.fill(0, ip + 10, ip + 12);
  } else out.fill(0, ip + 4, ip + 6);
  return out;
}
