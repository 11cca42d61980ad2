import type { MacAddress, NewPort, VirtualPort, VirtualSwitch } from "../../src/network/index.ts";
import { bytesOfMac, parseMac, putWire16 } from "../../src/network/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The `n`th address of a host, in Hyper-V's dynamic range. */
export function labMac(n: number): MacAddress {
  const mac = parseMac(`00155d${n.toString(16).padStart(6, "0")}`);
  if (mac === null) throw new Error(`no address ${n}`);
  return mac;
}

/** The address of a group that is not everybody. */
export const labGroup = mac("01-00-5E-00-00-FB");

/** An address from text that is one. */
export function mac(text: string): MacAddress {
  const read = parseMac(text);
  if (read === null) throw new Error(`${text} is no address`);
  return read;
}

/** What a frame of a test looks like. */
export interface LabFrame {
  readonly to: MacAddress;
  readonly from: MacAddress;
  /** Tags, outermost first: the 16 bits of each. */
  readonly tags?: readonly number[];
  /** Bytes behind the type. */
  readonly payload?: readonly number[];
}

/** The bytes of a frame with EtherType 0x0800. */
export function labFrame({ to, from, tags = [], payload = [1, 2, 3] }: LabFrame): Bytes {
  const bytes = new Uint8Array(14 + 4 * tags.length + payload.length);
  bytes.set(bytesOfMac(to), 0);
  bytes.set(bytesOfMac(from), 6);
  for (const [place, tag] of tags.entries()) {
    putWire16(bytes, 12 + 4 * place, 0x8100);
    putWire16(bytes, 14 + 4 * place, tag);
  }
  putWire16(bytes, 12 + 4 * tags.length, 0x0800);
  bytes.set(payload, 14 + 4 * tags.length);
  return bytes;
}

/** Somebody plugged into a switch who keeps what comes. */
export interface LabHolder {
  readonly port: VirtualPort;
  readonly mac: MacAddress;
  /** Frames that came, oldest first. */
  readonly got: Bytes[];
  /** How many times the switch was removed under it. */
  readonly farewells: () => number;
  /** Whether there is room for frames. */
  room: boolean;
  /** Called with each frame after it was kept. */
  answer: ((bytes: Bytes) => void) | null;
  /** Sends a frame from the middle of a larger buffer. */
  send(bytes: Bytes): void;
  /** Takes what came since the last time. */
  take(): Bytes[];
}

/** Plugs a holder in. `n` chooses its address; an uplink has none. */
export function labHolder(network: VirtualSwitch, n: number, settings: Partial<NewPort> = {}): LabHolder {
  const own = settings.mac ?? labMac(n);
  const address = settings.role === "uplink" ? null : own;
  let farewells = 0;
  const got: Bytes[] = [];
  const sink = {
    frame(bytes: Bytes, at: number, length: number): boolean {
      if (!holder.room) return false;
      const copy = bytes.slice(at, at + length);
      got.push(copy);
      holder.answer?.(copy);
      return true;
    },
  };
  const port = network.connect({ name: `port ${n}`, ...settings, mac: address }, sink, () => farewells++);
  const holder: LabHolder = {
    port,
    mac: own,
    got,
    farewells: () => farewells,
    room: true,
    answer: null,
    send(bytes) {
      const buffer = new Uint8Array(bytes.length + 12).fill(0xee);
      buffer.set(bytes, 5);
      port.send(buffer, 5, bytes.length);
    },
    take: () => got.splice(0),
  };
  return holder;
}
