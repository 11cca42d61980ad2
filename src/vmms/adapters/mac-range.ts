import { type MacAddress, parseMac } from "../../network/index.ts";

/** The first three bytes of every address that Hyper-V gives. */
const maker = "00-15-5D";
/** The fourth byte of the management OS's adapters, which no machine gets. */
const managementByte = 0xf0;

/**
 * An address for a machine's adapter that nobody has.
 * @param random  32 random bits; asked again when it meets one that is taken
 */
export function freeMac(random: () => number, taken: ReadonlySet<string>): MacAddress {
  for (;;) {
    const bits = random();
    const mac = macOf(((bits >>> 16) & 0xff) % managementByte, bits >>> 8, bits);
    if (!taken.has(mac)) return mac;
  }
}

/** The address of the management OS's adapter on a network: the same for the same network. */
export function managementMac(network: string): MacAddress {
  let sum = 0;
  for (const letter of network) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0;
  return macOf(managementByte, sum >>> 8, sum);
}

function macOf(...bytes: readonly [number, number, number]): MacAddress {
  const text = bytes.map((byte) => (byte & 0xff).toString(16).padStart(2, "0").toUpperCase());
  const mac = parseMac([maker, ...text].join("-"));
  if (mac === null) throw new Error("an address of the range is none");
  return mac;
}
