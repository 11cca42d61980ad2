import { fail, type ScriptError } from "../../values/script-error.ts";
import type { Value } from "../../values/value.ts";

/** What return codes of the management service mean. @wmi 2.4 */
const codes: { readonly [code: number]: readonly [category: string, text: string] } = {
  32768: ["NotSpecified", "The operation failed"],
  32769: ["PermissionDenied", "Access is denied: machines of the catalogue cannot be changed in this way"],
  32770: ["NotImplemented", "The host does not support this"],
  32771: ["NotSpecified", "The status is unknown"],
  32772: ["OperationTimeout", "The guest did not answer in time"],
  32773: ["InvalidArgument", "One of the values makes no sense to the host"],
  32774: ["ResourceBusy", "It is in use"],
  32775: ["InvalidOperation", "The operation cannot be performed while the object is in its current state"],
  32776: ["InvalidType", "One of the values is of a wrong type"],
  32777: ["ResourceUnavailable", "The system is not available"],
  32778: ["ResourceUnavailable", "There is not enough memory"],
  32779: ["ObjectNotFound", "The system cannot find the file specified"],
  32780: ["ResourceUnavailable", "The guest is not ready: its integration services do not answer"],
  32781: ["ResourceBusy", "The machine is locked: use -Force"],
  32782: ["ResourceBusy", "A shutdown is under way already"],
};

const operation = "VirtualizationOperationFailedException";

/** A request that the host has refused with a number. */
export function refusedWith(what: string, code: number, target: Value): ScriptError {
  const [category, text] = codes[code] ?? ["NotSpecified", `The host answers ${code}`];
  return fail(
    category === "InvalidArgument" ? "InvalidParameter" : "OperationFailed",
    `${what}: ${text} (${code}).`,
    {
      category,
      exception: operation,
      target,
    },
  );
}

/** A job of the host that did not end well. */
export function jobFailed(
  what: string,
  { text, hresult }: { readonly text: string; readonly hresult: number | null },
  target: Value,
): ScriptError {
  const code = hresult === null ? "" : ` (0x${hresult.toString(16).toUpperCase().padStart(8, "0")})`;
  return fail("OperationFailed", `${what}: ${text}${code}`, {
    category: "NotSpecified",
    exception: operation,
    target,
    hresult,
  });
}

/** Something that was named and is not there. */
export function notFound(what: string, name: string): ScriptError {
  return fail("InvalidParameter", `Hyper-V was unable to find ${what} with name "${name}".`, {
    category: "InvalidArgument",
    exception: "VirtualizationInvalidArgumentException",
    target: name,
  });
}

/** A request that makes no sense, in words. */
export function invalid(text: string, target: Value = null): ScriptError {
  return fail("InvalidParameter", text, {
    category: "InvalidArgument",
    exception: "VirtualizationInvalidArgumentException",
    target,
  });
}
