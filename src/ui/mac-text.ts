/** A typed MAC address in Hyper-V's form, or why it cannot be one. */
export type MacCheck =
  | { readonly kind: "mac"; readonly mac: string }
  | { readonly kind: "wrong"; readonly reason: string };

/** Checks a MAC address as it is typed: with hyphens, colons, dots or nothing between the digits. */
export function checkMac(typed: string): MacCheck {
  const wrong = (reason: string): MacCheck => ({ kind: "wrong", reason });
  const plain = typed.trim();
  if (plain === "") return wrong("Give it an address. It looks like 00-15-5D-01-0A-03.");
  const digits = plain.replaceAll(/[-:.\s]/g, "").toUpperCase();
  if (!/^[0-9A-F]*$/.test(digits)) return wrong("An address has the digits 0 to 9 and A to F.");
  if (digits.length !== 12) return wrong(`An address has 12 digits; this has ${digits.length}.`);
  if (/^0+$/.test(digits)) return wrong("An address of zeros names no adapter.");
  // The lowest bit of the first byte tells groups from single adapters. @ieee 802 address format
  if ((Number.parseInt(digits.slice(0, 2), 16) & 1) === 1)
    return wrong(`${digits.slice(0, 2)} begins the address of a group. Begin with an even number, as in 00.`);
  return { kind: "mac", mac: (digits.match(/../g) ?? []).join("-") };
}
