import { HvError } from "../support/index.ts";

/** What WMI answers a client that asked for the impossible, as HRESULT. */
export const WbemStatus = {
  notFound: 0x80041002,
  invalidParameter: 0x80041008,
  invalidNamespace: 0x8004100e,
  invalidClass: 0x80041010,
  invalidQuery: 0x80041017,
  invalidMethod: 0x8004102e,
  invalidMethodParameters: 0x8004102f,
  invalidObjectPath: 0x8004103a,
  methodNotImplemented: 0x80041055,
  quotaViolation: 0x8004106c,
} as const;

type WbemFault = keyof typeof WbemStatus;

/** An error of a WMI call: code `wmi.invalidQuery` and the like, its HRESULT, a sentence with the way out. */
export function wbemError(fault: WbemFault, text: string): HvError {
  return new HvError(`wmi.${fault}`, text, { hresult: WbemStatus[fault] });
}
