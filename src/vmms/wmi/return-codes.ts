import { HvError } from "../../support/index.ts";

/** What methods answer. @wmi 2.4 return codes */
export const ReturnCode = {
  completed: 0,
  jobStarted: 4096,
  failed: 32768,
  accessDenied: 32769,
  notSupported: 32770,
  statusUnknown: 32771,
  timeout: 32772,
  invalidParameter: 32773,
  systemInUse: 32774,
  invalidState: 32775,
  incorrectType: 32776,
  systemNotAvailable: 32777,
  outOfMemory: 32778,
  fileNotFound: 32779,
  systemNotReady: 32780,
  machineLocked: 32781,
  shutdownInProgress: 32782,
} as const;

const byCode: { readonly [code: string]: number } = {
  "vm.state": ReturnCode.invalidState,
  "vm.saved": ReturnCode.invalidState,
  "vm.noSpace": ReturnCode.failed,
  "drive.running": ReturnCode.invalidState,
  "adapter.running": ReturnCode.invalidState,
  "ic.noContact": ReturnCode.systemNotReady,
  "ic.noAnswer": ReturnCode.timeout,
  "ic.busy": ReturnCode.shutdownInProgress,
  "ic.disabled": ReturnCode.systemNotAvailable,
  "ic.refused": ReturnCode.failed,
  "input.busy": ReturnCode.systemInUse,
  "input.notRead": ReturnCode.timeout,
  "disk.attached": ReturnCode.systemInUse,
  "disk.hasChildren": ReturnCode.systemInUse,
  "wmi.notSupported": ReturnCode.notSupported,
  "network.unknown": ReturnCode.invalidParameter,
  "storage.inUse": ReturnCode.systemInUse,
  "storage.missing": ReturnCode.fileNotFound,
};
const byResult: { readonly [hresult: number]: number } = {
  2147942402: ReturnCode.fileNotFound,
  2147942405: ReturnCode.accessDenied,
  2147942414: ReturnCode.outOfMemory,
  2147942432: ReturnCode.systemInUse,
  2147942480: ReturnCode.invalidParameter,
  2147942487: ReturnCode.invalidParameter,
  2147942523: ReturnCode.invalidParameter,
  2147943850: ReturnCode.outOfMemory,
};

/** The number for what a request was refused with. What nobody has foreseen is 32768, failed. */
export function returnCodeOf(failure: unknown): number {
  if (!(failure instanceof HvError)) return ReturnCode.failed;
  return byCode[failure.code] ?? byResult[failure.hresult] ?? ReturnCode.failed;
}
