import type { DiskJobRequest } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import { checkEnding, checkFloppyEnding, checkName } from "./names.ts";

/** Checks what a request tells by itself; the other side of the session may send anything. @throws HvError */
export function checkRequest(request: DiskJobRequest): void {
  if (typeof request !== "object" || request === null) throw senseless();
  switch (request.kind) {
    case "create":
      checkType(request.type, ["fixed", "dynamic", "differencing"]);
      if (request.type === "differencing") checkText(request.parent);
      checkNewDisk(request.name);
      break;
    case "createFloppy":
      checkText(request.name);
      checkName(request.name);
      checkFloppyEnding(request.name);
      break;
    case "convert":
      checkType(request.type, ["fixed", "dynamic"]);
      checkText(request.source);
      checkNewDisk(request.name);
      break;
    case "merge":
      checkText(request.name);
      if (request.into !== null) checkNewDisk(request.into);
      break;
    case "reconnect":
      checkText(request.name);
      checkText(request.parent);
      break;
    case "compact":
    case "expand":
    case "validate":
    case "repair":
      checkText(request.name);
      break;
    default:
      throw senseless();
  }
}

function checkNewDisk(name: unknown): void {
  checkText(name);
  checkName(name);
  checkEnding(name);
}

function checkText(found: unknown): asserts found is string {
  if (typeof found !== "string") throw senseless();
}

function checkType(found: unknown, known: readonly string[]): void {
  if (typeof found !== "string" || !known.includes(found)) throw senseless();
}

function senseless(): HvError {
  return new HvError("disk.request", "That is nothing the library of disks can do.", {
    hresult: 0x80070057,
  });
}
