import { unreachable } from "../../../support/index.ts";
import { parseMac } from "../../frame/index.ts";
import type { FilterField } from "./expression.ts";
import type { Token } from "./tokens.ts";

/** A value in the form frames have it, or what was expected. */
export type FilterValue =
  | { readonly kind: "value"; readonly value: string | number }
  | { readonly kind: "wrong"; readonly expected: string };

const numberPattern = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,10})$/i;
const ipPattern = /^(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}$/;
const largestPort = 65535;
const largestVlan = 4095;

/** Reads the value a field is compared with. */
export function readValue(field: FilterField, token: Token): FilterValue {
  switch (field) {
    case "tcp.port":
    case "udp.port":
      return readNumber(token, largestPort);
    case "vlan.id":
      return readNumber(token, largestVlan);
    case "ip.addr":
    case "ip.src":
    case "ip.dst":
      return readIp(token);
    case "eth.addr":
    case "eth.src":
    case "eth.dst":
      return readMac(token);
    case "port":
      if (token.kind === "text") return { kind: "value", value: token.text };
      return { kind: "wrong", expected: 'the name of a port in quotes, such as "web01"' };
    default:
      return unreachable(field);
  }
}

function readNumber(token: Token, most: number): FilterValue {
  const value = token.kind === "word" && numberPattern.test(token.text) ? Number(token.text) : Infinity;
  if (value <= most) return { kind: "value", value };
  return { kind: "wrong", expected: `a number from 0 to ${most}` };
}

function readIp(token: Token): FilterValue {
  const parts =
    token.kind === "word" && ipPattern.test(token.text) ? token.text.split(".").map(Number) : [256];
  if (parts.every((part) => part <= 255)) return { kind: "value", value: parts.join(".") };
  return { kind: "wrong", expected: "an IPv4 address, such as 10.0.0.5" };
}

function readMac(token: Token): FilterValue {
  const value = token.kind === "word" ? parseMac(token.text) : null;
  if (value !== null) return { kind: "value", value };
  return { kind: "wrong", expected: "a MAC address, such as 00-15-5D-01-0A-03" };
}
