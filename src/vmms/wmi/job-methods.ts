import { HvError } from "../../support/index.ts";
import { jobNamed } from "./job-objects.ts";
import { completed, type Method, type MethodTable, outcome } from "./methods.ts";
import { ReturnCode } from "./return-codes.ts";

/** @wmi CIM_ConcreteJob.RequestStateChange 4 */
const terminate = 4;

const requestStateChange: Method = async ({ target, parameters }, around) => {
  const found = jobNamed(around.world(), String(target.properties["InstanceID"]));
  if (found === null) return outcome(ReturnCode.systemNotAvailable);
  if (parameters["RequestedState"] !== terminate) return outcome(ReturnCode.notSupported);
  if (found.endedAt !== null) return outcome(ReturnCode.invalidState);
  if (!found.cancellable) return outcome(ReturnCode.notSupported);
  around.cancel(found.kind, found.job.id);
  return completed;
};

const getError: Method = async ({ target }, { world }) => {
  const found = jobNamed(world(), String(target.properties["InstanceID"]));
  if (found?.job.state !== "failed") return completed;
  const { failure, job } = found;
  const known = failure instanceof HvError ? failure : null;
  const properties = {
    ErrorSource: job.title,
    Message: job.lines.join(" "),
    MessageID: known?.code ?? null,
    CIMStatusCode: known?.hresult ?? null,
  };
  return {
    returnValue: ReturnCode.completed,
    out: { Error: { className: "Msvm_Error", path: null, properties } },
  };
};

const jobs = { RequestStateChange: requestStateChange, GetError: getError };

/** What jobs do. */
export const jobMethods: MethodTable = { Msvm_ConcreteJob: jobs, Msvm_StorageJob: jobs };
