import type { DiskFormat, DiskJobRequest } from "../../hvdef/index.ts";
import type { PropertySet } from "../../wmi/index.ts";
import { sameName } from "../library/names.ts";
import { jobStarted, type Method, type MethodTable, outcome } from "./methods.ts";
import { ReturnCode } from "./return-codes.ts";

/** @wmi ConvertVirtualHardDisk.Type, GetVirtualHardDiskInfo Type */
const typeNumbers: { readonly [F in DiskFormat]?: number } = { fixed: 2, dynamic: 3, differencing: 4 };
const convertTypes: { readonly [type: number]: "fixed" | "dynamic" } = { 2: "fixed", 3: "dynamic" };
/** To a physical drive, of which a tab has none. */
const toPhysical = 5;
const sector = 512;

/** A method that begins a job. `null`: the parameters make no request. */
function job(requestOf: (parameters: PropertySet) => DiskJobRequest | null): Method {
  return async ({ parameters }, around) => {
    const request = requestOf(parameters);
    return request === null
      ? outcome(ReturnCode.invalidParameter)
      : jobStarted(await around.beginDisk(request));
  };
}

function text(parameters: PropertySet, name: string): string | null {
  const found = parameters[name];
  return typeof found === "string" && found !== "" ? found : null;
}

/** Bytes, up to the next sector; `null` when it is no size. */
function size({ MaxInternalSize: found }: PropertySet): number | null {
  if (typeof found !== "bigint" || found <= 0n || found > BigInt(Number.MAX_SAFE_INTEGER - sector))
    return null;
  return Math.ceil(Number(found) / sector) * sector;
}

function creation(type: "fixed" | "dynamic"): Method {
  return job((parameters) => {
    const name = text(parameters, "Path");
    const byteLength = size(parameters);
    return name === null || byteLength === null ? null : { kind: "create", type, name, byteLength };
  });
}

function onFile(kind: "compact" | "validate" | "createFloppy"): Method {
  return job((parameters) => {
    const name = text(parameters, "Path");
    return name === null ? null : { kind, name };
  });
}

const convert: Method = async (call, around) => {
  const { parameters } = call;
  const source = text(parameters, "SourcePath");
  const name = text(parameters, "DestinationPath");
  if (parameters["Type"] === toPhysical) return outcome(ReturnCode.notSupported);
  const type = convertTypes[Number(parameters["Type"])];
  if (source === null || name === null || type === undefined) return outcome(ReturnCode.invalidParameter);
  return jobStarted(await around.beginDisk({ kind: "convert", source, name, type }));
};

/** Into the parent, or into a new disk. Ancestors beyond the parent would lose what lies between. */
const merge: Method = async ({ parameters }, around) => {
  const name = text(parameters, "SourcePath");
  const target = text(parameters, "DestinationPath");
  if (name === null || target === null) return outcome(ReturnCode.invalidParameter);
  const { chain } = await around.session.inspectDisk(name);
  const place = chain.findIndex((one) => sameName(one, target));
  if (place > 1) return outcome(ReturnCode.notSupported);
  if (place === 0) return outcome(ReturnCode.invalidParameter);
  return jobStarted(await around.beginDisk({ kind: "merge", name, into: place === 1 ? null : target }));
};

const reportDisk: Method = async ({ parameters }, { session }) => {
  const name = text(parameters, "Path");
  if (name === null) return outcome(ReturnCode.invalidParameter);
  const found = await session.inspectDisk(name);
  const type = found.format === "unusable" ? undefined : typeNumbers[found.format];
  if (type === undefined) return outcome(ReturnCode.invalidParameter);
  const properties = {
    Path: found.name,
    Type: type,
    FileSize: BigInt(found.fileBytes),
    MaxInternalSize: BigInt(found.byteLength),
    InUse: found.inUse,
    ParentPath: found.parent,
  };
  const report = { className: "Msvm_VirtualHardDiskInfo", path: null, properties };
  return { returnValue: ReturnCode.completed, out: { Info: report } };
};

/** What the image management service does. @wmi Msvm_ImageManagementService partial: no mounting */
export const imageMethods: MethodTable = {
  Msvm_ImageManagementService: {
    CreateDynamicVirtualHardDisk: creation("dynamic"),
    CreateFixedVirtualHardDisk: creation("fixed"),
    CreateDifferencingVirtualHardDisk: job((parameters) => {
      const name = text(parameters, "Path");
      const parent = text(parameters, "ParentPath");
      return name === null || parent === null ? null : { kind: "create", type: "differencing", name, parent };
    }),
    CreateVirtualFloppyDisk: onFile("createFloppy"),
    CompactVirtualHardDisk: onFile("compact"),
    ValidateVirtualHardDisk: onFile("validate"),
    ExpandVirtualHardDisk: job((parameters) => {
      const name = text(parameters, "Path");
      const byteLength = size(parameters);
      return name === null || byteLength === null ? null : { kind: "expand", name, byteLength };
    }),
    ConvertVirtualHardDisk: convert,
    MergeVirtualHardDisk: merge,
    ReconnectParentVirtualHardDisk: job((parameters) => {
      const name = text(parameters, "ChildPath");
      const parent = text(parameters, "ParentPath");
      // Hyper-V ignores Force, and so is it here: a wrong parent is refused.
      return name === null || parent === null ? null : { kind: "reconnect", name, parent };
    }),
    GetVirtualHardDiskInfo: reportDisk,
  },
};
