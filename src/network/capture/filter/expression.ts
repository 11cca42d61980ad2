import { unreachable } from "../../../support/index.ts";
import type { DecodedFrame, Protocol } from "../decode/frame.ts";

/** What may be compared. */
export const filterFields = [
  "eth.addr",
  "eth.src",
  "eth.dst",
  "vlan.id",
  "ip.addr",
  "ip.src",
  "ip.dst",
  "tcp.port",
  "udp.port",
  "port",
] as const;
export type FilterField = (typeof filterFields)[number];

/** A filter as a tree. Values are in the form frames have them: MACs with dashes in capitals. */
export type FilterExpression =
  | { readonly kind: "everything" }
  | { readonly kind: "malformed" }
  | { readonly kind: "protocol"; readonly protocol: Protocol }
  | { readonly kind: "is"; readonly field: FilterField; readonly value: string | number }
  | { readonly kind: "not"; readonly inner: FilterExpression }
  | { readonly kind: "and" | "or"; readonly left: FilterExpression; readonly right: FilterExpression };

/** Whether a frame passes. */
export type FramePredicate = (frame: DecodedFrame) => boolean;

/** Makes a tree a function, so that its shape is looked at once and not for every frame. */
export function compileFilter(expression: FilterExpression): FramePredicate {
  switch (expression.kind) {
    case "everything":
      return () => true;
    case "malformed":
      return (frame) => frame.malformed !== null;
    case "protocol": {
      const { protocol } = expression;
      return ({ facts }) => facts.protocols.has(protocol);
    }
    case "is":
      return comparison(expression.field, expression.value);
    case "not": {
      const inner = compileFilter(expression.inner);
      return (frame) => !inner(frame);
    }
    case "and": {
      const [left, right] = [compileFilter(expression.left), compileFilter(expression.right)];
      return (frame) => left(frame) && right(frame);
    }
    case "or": {
      const [left, right] = [compileFilter(expression.left), compileFilter(expression.right)];
      return (frame) => left(frame) || right(frame);
    }
    default:
      return unreachable(expression);
  }
}

/** A field with two values, such as source and destination, is equal when either is. */
function comparison(field: FilterField, value: string | number): FramePredicate {
  switch (field) {
    case "eth.addr":
      return ({ facts }) => facts.ethSource === value || facts.ethTarget === value;
    case "eth.src":
      return ({ facts }) => facts.ethSource === value;
    case "eth.dst":
      return ({ facts }) => facts.ethTarget === value;
    case "ip.addr":
      return ({ facts }) => facts.ipSource === value || facts.ipTarget === value;
    case "ip.src":
      return ({ facts }) => facts.ipSource === value;
    case "ip.dst":
      return ({ facts }) => facts.ipTarget === value;
    case "vlan.id":
      return ({ facts }) => facts.vlanIds.some((id) => id === value);
    case "tcp.port":
      return ({ facts }) => facts.tcpPorts.some((port) => port === value);
    case "udp.port":
      return ({ facts }) => facts.udpPorts.some((port) => port === value);
    case "port":
      return ({ facts }) => facts.port === value;
    default:
      return unreachable(field);
  }
}
