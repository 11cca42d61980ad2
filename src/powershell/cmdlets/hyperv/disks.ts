import { openSchema, type PropertySet, parseEmbedded, virtualizationClasses } from "../../../wmi/index.ts";
import { cmdlet } from "../../run/cmdlet.ts";
import type { Call, Cmdlet, Given } from "../../run/machine.ts";
import { type Parameter, parameter } from "../../run/parameter.ts";
import { makeObject, type ObjectValue } from "../../values/value.ts";
import { rackOf } from "./drives.ts";
import { invalid } from "./failures.ts";
import { askService, textOf, wholeOf } from "./host.ts";
import { allMachines } from "./machines.ts";

const module = "Hyper-V";
const types: { readonly [type: number]: string } = { 2: "Fixed", 3: "Dynamic", 4: "Differencing" };
const numbers: { readonly [name: string]: number } = { fixed: 2, dynamic: 3 };
const sector = 512n;
/** What the host answers is read as its own classes have it. */
const schema = openSchema(virtualizationClasses);

const path = parameter("Path", "text", "The file: a name of the library, which has no folders.", {
  position: 0,
  mandatory: true,
  pipeline: "both",
  aliases: ["FullName"],
  completes: "file",
});
const paths: Parameter = { ...path, type: "texts" };
const passthru = parameter("Passthru", "switch", "Puts out the disk as it is then.");

/** What the image service is asked for. */
interface Work {
  readonly method: string;
  readonly parameters: PropertySet;
  readonly what: string;
  readonly file: string;
}

function image(call: Call, { method, parameters, what, file }: Work): Promise<PropertySet> {
  return askService(call, "disks", { method, parameters, what: `${what} '${file}'`, target: file });
}

/** A disk file as Get-VHD gives it. */
async function diskObject(call: Call, file: string): Promise<ObjectValue> {
  const out = await image(call, {
    method: "GetVirtualHardDiskInfo",
    parameters: { Path: file },
    what: "Getting the disk information of",
    file,
  });
  const info = parseEmbedded(schema, String(out["Info"] ?? ""));
  const parent = textOf(info, "ParentPath");
  return makeObject(
    ["Microsoft.Vhd.PowerShell.VirtualHardDisk"],
    [
      ["ComputerName", call.around.environment["COMPUTERNAME"] ?? null],
      ["Path", textOf(info, "Path") || file],
      ["VhdFormat", "VHD"],
      ["VhdType", types[Number(wholeOf(info, "Type") ?? 0n)] ?? null],
      ["FileSize", wholeOf(info, "FileSize")],
      ["Size", wholeOf(info, "MaxInternalSize")],
      ["MinimumSize", null],
      ["LogicalSectorSize", sector],
      ["PhysicalSectorSize", sector],
      ["BlockSize", null],
      ["ParentPath", parent === "" ? null : parent],
      ["DiskIdentifier", null],
      ["FragmentationPercentage", null],
      ["Alignment", null],
      ["Attached", info.properties["InUse"] === true],
      ["DiskNumber", null],
    ],
    { text: file },
  );
}

/** Does something with each file; what one refuses does not keep the others from it. */
async function eachFile(
  call: Call,
  files: readonly string[],
  work: (file: string) => Promise<void>,
): Promise<void> {
  for (const file of files) {
    try {
      await work(file);
    } catch (failure) {
      await call.error(failure);
    }
  }
}

/** @cmdlet Get-VHD partial: no -DiskNumber */
export const getVhd: Cmdlet = cmdlet({
  name: "Get-VHD",
  module,
  outputs: "VirtualHardDisk",
  synopsis: "Tells of disk files.",
  standardSet: "Path",
  parameters: [
    { ...paths, sets: ["Path"] },
    parameter("VMId", "texts", "GUIDs of machines whose disks are meant.", {
      position: 0,
      mandatory: true,
      pipeline: "name",
      aliases: ["Id"],
      sets: ["VMId"],
    }),
  ],
  open: (call) => ({
    async process(given) {
      const files = given.has("VMId") ? await filesOf(call, given.texts("VMId")) : given.texts("Path");
      await eachFile(call, files, async (file) => call.out(await diskObject(call, file)));
    },
  }),
});

async function filesOf(call: Call, ids: readonly string[]): Promise<readonly string[]> {
  const wanted = ids.map((id) => id.replace(/[{}]/g, "").toUpperCase());
  const found: string[] = [];
  for (const machine of await allMachines(call)) {
    if (!wanted.includes(machine.id)) continue;
    for (const { kind, medium, file } of (await rackOf(call, machine)).drives)
      if (kind === "disk" && medium !== null && file !== "") found.push(file);
  }
  return found;
}

const size = parameter("SizeBytes", "whole", "Bytes of the disk: 10GB.", {
  position: 1,
  mandatory: true,
  sets: ["Dynamic", "Fixed"],
});

/** @cmdlet New-VHD partial: no sizes of blocks and sectors, no copies of other disks */
export const newVhd: Cmdlet = cmdlet({
  name: "New-VHD",
  module,
  outputs: "VirtualHardDisk",
  synopsis: "Makes disk files.",
  standardSet: "Dynamic",
  confirms: "asked",
  parameters: [
    { ...paths, pipeline: "name" },
    size,
    parameter("Dynamic", "switch", "It grows with what is written.", { sets: ["Dynamic"] }),
    parameter("Fixed", "switch", "All of it is there at once.", { mandatory: true, sets: ["Fixed"] }),
    parameter("ParentPath", "text", "The disk whose changes it records.", {
      position: 1,
      mandatory: true,
      sets: ["Differencing"],
      completes: "file",
    }),
    parameter("Differencing", "switch", "It records the changes of another.", { sets: ["Differencing"] }),
  ],
  open: (call) => ({
    process: (given) =>
      eachFile(call, given.texts("Path"), async (file) => {
        if (!(await call.shouldProcess(file, "New-VHD"))) return;
        await image(call, creation(given, file));
        await call.out(await diskObject(call, file));
      }),
  }),
});

function creation(given: Given, file: string): Work {
  const parent = given.text("ParentPath");
  const work = { what: "Creating", file };
  if (parent !== null)
    return {
      ...work,
      method: "CreateDifferencingVirtualHardDisk",
      parameters: { Path: file, ParentPath: parent },
    };
  return {
    ...work,
    method: given.flag("Fixed") ? "CreateFixedVirtualHardDisk" : "CreateDynamicVirtualHardDisk",
    parameters: { Path: file, MaxInternalSize: positive(given.whole("SizeBytes"), "SizeBytes") },
  };
}

function positive(value: bigint | null, name: string): bigint {
  if (value !== null && value > 0n) return value;
  throw invalid(`-${name} must be more than 0.`, value);
}

/** A cmdlet that does one thing to files. */
function onFiles(
  source: Pick<Cmdlet, "name" | "synopsis"> & {
    readonly parameters?: readonly Parameter[];
    readonly many?: boolean;
  },
  work: (given: Given, file: string) => Work | Promise<Work>,
  answer?: (call: Call, file: string) => Promise<void>,
): Cmdlet {
  return cmdlet({
    ...source,
    module,
    confirms: answer === undefined ? "asked" : "never",
    parameters: [
      source.many === true ? paths : path,
      ...(source.parameters ?? []),
      ...(answer === undefined ? [passthru] : []),
    ],
    open: (call) => ({
      process: (given) =>
        eachFile(call, given.texts("Path"), async (file) => {
          if (answer === undefined && !(await call.shouldProcess(file, source.name))) return;
          await image(call, await work(given, file));
          if (answer !== undefined) await answer(call, file);
          else if (given.flag("Passthru"))
            await call.out(await diskObject(call, given.text("DestinationPath") ?? file));
        }),
    }),
  });
}

/** @cmdlet Convert-VHD partial: no -ParentPath, -BlockSizeBytes, -DeleteSource */
export const convertVhd = onFiles(
  {
    name: "Convert-VHD",
    synopsis: "Makes a disk file of another type with the same contents.",
    parameters: [
      parameter("DestinationPath", "text", "The new file.", { position: 1, mandatory: true }),
      parameter("VHDType", "text", "Fixed or Dynamic; Dynamic unless told.", {
        values: ["Fixed", "Dynamic"],
      }),
    ],
  },
  (given, file) => ({
    method: "ConvertVirtualHardDisk",
    parameters: {
      SourcePath: file,
      DestinationPath: given.text("DestinationPath"),
      Type: numbers[(given.text("VHDType") ?? "dynamic").toLowerCase()] ?? 3,
    },
    what: "Converting",
    file,
  }),
);

/** @cmdlet Resize-VHD partial: larger only, no -ToMinimumSize */
export const resizeVhd = onFiles(
  {
    name: "Resize-VHD",
    many: true,
    synopsis: "Makes a disk larger.",
    parameters: [
      parameter("SizeBytes", "whole", "Bytes of the disk then.", { position: 1, mandatory: true }),
    ],
  },
  (given, file) => ({
    method: "ExpandVirtualHardDisk",
    parameters: { Path: file, MaxInternalSize: positive(given.whole("SizeBytes"), "SizeBytes") },
    what: "Resizing",
    file,
  }),
);

/** @cmdlet Optimize-VHD partial: one mode */
export const optimizeVhd = onFiles(
  { name: "Optimize-VHD", many: true, synopsis: "Makes a disk file as small as its contents allow." },
  (_given, file) => ({
    method: "CompactVirtualHardDisk",
    parameters: { Path: file },
    what: "Compacting",
    file,
  }),
);

/** @cmdlet Set-VHD partial: -ParentPath */
export const setVhd = onFiles(
  {
    name: "Set-VHD",
    synopsis: "Tells a differencing disk where its parent is.",
    parameters: [
      parameter("ParentPath", "text", "The parent.", { position: 1, mandatory: true, completes: "file" }),
    ],
  },
  (given, file) => ({
    method: "ReconnectParentVirtualHardDisk",
    parameters: { ChildPath: file, ParentPath: given.text("ParentPath"), Force: false },
    what: "Reconnecting",
    file,
  }),
);

/** @cmdlet Test-VHD full */
export const testVhd = onFiles(
  { name: "Test-VHD", many: true, synopsis: "Whether a disk can be used, with all it stands on." },
  (_given, file) => ({
    method: "ValidateVirtualHardDisk",
    parameters: { Path: file },
    what: "Testing",
    file,
  }),
  (call) => call.out(true),
);

/** @cmdlet New-VFD full */
export const newVfd = onFiles(
  { name: "New-VFD", many: true, synopsis: "Makes diskette files." },
  (_given, file) => ({
    method: "CreateVirtualFloppyDisk",
    parameters: { Path: file },
    what: "Creating",
    file,
  }),
  async () => {},
);

/** @cmdlet Merge-VHD partial: into the parent, or into a new file */
export const mergeVhd: Cmdlet = cmdlet({
  name: "Merge-VHD",
  module,
  synopsis: "Puts the changes of a differencing disk into its parent, or both into a new file.",
  confirms: "asked",
  parameters: [
    path,
    parameter("DestinationPath", "text", "The parent, or a new file; the parent unless told.", {
      position: 1,
      completes: "file",
    }),
    passthru,
  ],
  open: (call) => ({
    process: (given) =>
      eachFile(call, given.texts("Path"), async (file) => {
        const target = given.text("DestinationPath") ?? (await parentOf(call, file));
        if (!(await call.shouldProcess(file, "Merge-VHD"))) return;
        const parameters = { SourcePath: file, DestinationPath: target };
        await image(call, { method: "MergeVirtualHardDisk", parameters, what: "Merging", file });
        if (given.flag("Passthru")) await call.out(await diskObject(call, target));
      }),
  }),
});

async function parentOf(call: Call, file: string): Promise<string> {
  const parent = (await diskObject(call, file)).properties.get("parentpath")?.value ?? null;
  if (typeof parent === "string") return parent;
  throw invalid(`'${file}' has no parent: it is not a differencing disk.`, file);
}
