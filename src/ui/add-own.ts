import {
  type ByRole,
  type DriveConfiguration,
  type FileRole,
  machineMemory,
  machineNameLimit,
  type NewMachine,
  type RecognisedFile,
} from "../hvdef/index.ts";
import { formatBytes } from "./format.ts";

/** What the machine starts from. */
export type OwnKind = "disk" | "disc" | "diskette" | "kernel";

/** A file that was picked, and what it turned out to be; `null` while it is looked at. */
export interface PickedFile {
  readonly file: File;
  readonly seen: RecognisedFile | null;
}

/** What the visitor has said so far in the form for a machine of their own. */
export interface OwnDraft {
  readonly kind: OwnKind;
  readonly files: ByRole<PickedFile>;
  readonly commandLine: string;
  readonly name: string;
  /** Megabytes, as typed. */
  readonly memory: string;
  readonly network: "none" | "synthetic" | "legacy";
}

/** A machine that can be made, or what is missing. */
export type OwnRequest =
  | { readonly kind: "ready"; readonly plan: NewMachine; readonly files: ByRole<File> }
  | { readonly kind: "wrong"; readonly reason: string };

const megabyte = 2 ** 20;

/** Which files a kind of start takes, the one it cannot do without first. */
export const rolesOf: { readonly [K in OwnKind]: readonly FileRole[] } = {
  disk: ["disk", "disc"],
  disc: ["disc", "disk"],
  diskette: ["diskette", "disk"],
  kernel: ["kernel", "initramfs", "disk"],
};

/** The form as it begins. @param taken  names of the machines there are */
export function ownDraft(taken: readonly string[]): OwnDraft {
  return {
    kind: "disk",
    files: {},
    commandLine: "console=ttyS0",
    name: freeMachineName("My machine", taken),
    memory: "256",
    network: "legacy",
  };
}

/** A name that no machine has. */
function freeMachineName(wanted: string, taken: readonly string[]): string {
  const keys = new Set(taken.map((name) => name.toLowerCase()));
  for (let count = 2, name = wanted; ; count++) {
    if (!keys.has(name.toLowerCase())) return name;
    name = `${wanted} ${count}`;
  }
}

/** Why the files do not do yet; `null` when they do. */
export function filesProblem({ kind, files }: OwnDraft): string | null {
  const [first, ...others] = rolesOf[kind];
  if (first === undefined || files[first] === undefined) return needed[kind];
  for (const role of [first, ...others]) {
    const picked = files[role];
    if (picked === undefined) continue;
    if (picked.seen === null) return `${picked.file.name} is still looked at.`;
    if (picked.seen.refusal !== null) return picked.seen.refusal;
  }
  return null;
}

const needed: { readonly [K in OwnKind]: string } = {
  disk: "Choose the hard disk that the machine starts from.",
  disc: "Choose the disc that the machine starts from.",
  diskette: "Choose the diskette that the machine starts from.",
  kernel: "Choose the kernel that the machine starts.",
};

/** What is wrong with a name; `null` when it can be one. @param others  names of all other machines */
export function machineNameProblem(name: string, others: readonly string[]): string | null {
  const plain = name.trim();
  if (plain === "") return "A virtual machine needs a name.";
  if (plain.length > machineNameLimit)
    return `The name is ${plain.length} characters long; ${machineNameLimit} is the limit.`;
  const key = (text: string): string => text.normalize("NFC").toLowerCase();
  const known = others.find((other) => key(other) === key(plain));
  return known === undefined ? null : `There is a virtual machine called ${known} already.`;
}

/** Bytes of the typed memory, or what is wrong with it. @param budget  bytes for all guests; `null`: not known */
export function memoryOf(
  typed: string,
  budget: number | null,
): { readonly kind: "bytes"; readonly bytes: number } | { readonly kind: "wrong"; readonly reason: string } {
  const wrong = (reason: string) => ({ kind: "wrong", reason }) as const;
  const { least, most } = machineMemory;
  const range = `${least / megabyte} to ${most / megabyte} MB`;
  if (!/^\d{1,9}$/.test(typed.trim())) return wrong(`Give the memory in whole megabytes, ${range}.`);
  const bytes = Number(typed.trim()) * megabyte;
  if (bytes < least || bytes > most) return wrong(`A virtual machine has ${range}.`);
  if (budget !== null && bytes > budget)
    return wrong(`This tab gives all its guests together ${formatBytes(budget)}. Give it less.`);
  return { kind: "bytes", bytes };
}

const dvd: DriveConfiguration = {
  slot: { controller: "IDE", number: 1, location: 0 },
  kind: "dvd",
  medium: { kind: "empty" },
};

/** What the finished form asks for. @param budget  bytes for all guests; `null`: not known */
export function ownRequest(draft: OwnDraft, budget: number | null): OwnRequest {
  const problem = filesProblem(draft) ?? machineNameProblem(draft.name, []);
  if (problem !== null) return { kind: "wrong", reason: problem };
  const memory = memoryOf(draft.memory, budget);
  if (memory.kind === "wrong") return memory;
  const { kind, network } = draft;
  const picked = rolesOf[kind].flatMap((role) => {
    const file = draft.files[role]?.file;
    return file === undefined ? [] : [[role, file] as const];
  });
  const plan: NewMachine = {
    name: draft.name.trim(),
    memoryBytes: memory.bytes,
    boot:
      kind === "kernel"
        ? { kind: "linux", kernel: "", initrd: null, commandLine: draft.commandLine.trim() }
        : { kind: "bios", bootOrder: orders[kind] },
    // What the files are for is added to it.
    drives: [dvd],
    scsiControllers: 1,
    adapters: network === "none" ? [] : [{ type: network }],
  };
  return { kind: "ready", plan, files: Object.fromEntries(picked) };
}

const orders = {
  disk: ["ide", "cd", "floppy"],
  disc: ["cd", "ide", "floppy"],
  diskette: ["floppy", "ide", "cd"],
} as const;

/** What will work in the machine and what will not, each with its heading. */
export function expectations(draft: OwnDraft): readonly (readonly [name: string, text: string])[] {
  const notes = rolesOf[draft.kind].flatMap((role) => draft.files[role]?.seen?.notes ?? []);
  return [
    [
      "Processor",
      "One, 32 bits, x86, with PAE and SSE3. What needs 64 bits, NX or SSSE3 does not start: Windows 8 and newer, 64-bit Linux.",
    ],
    ["Network", networkWords[draft.network]],
    [
      "Disks",
      "On an emulated IDE controller; a system with Hyper-V's drivers (Linux hv_storvsc) reaches them on the VMBus as well.",
    ],
    [
      "Console",
      draft.kind === "kernel"
        ? "Its screen, and its serial port COM1 when the command line says console=ttyS0."
        : "Its screen, and its serial port COM1 when the system in it uses that.",
    ],
    ...(notes.length === 0 ? [] : ([["To know", notes.join(" ")]] as const)),
  ];
}

const networkWords: { readonly [N in OwnDraft["network"]]: string } = {
  none: "None.",
  synthetic: "A synthetic adapter: works once the system has loaded hv_netvsc.",
  legacy: "An emulated NE2000 (PCI), which old systems have a driver for.",
};
