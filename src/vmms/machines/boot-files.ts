import {
  type BootFileContents,
  type BootFileRole,
  type BootFileSummary,
  bootFileLimit,
  judgeInitramfs,
  judgeKernel,
  kernelHeadBytes,
  type NewMachineBoot,
} from "../../hvdef/index.ts";
import type { BlockFile } from "../../storage/index.ts";
import { assemble, HvError } from "../../support/index.ts";
import type { FileStore } from "../file-store.ts";
import { isUnfinished, keyOf, sameName } from "../library/names.ts";
import { makeFile, sweep } from "../library/new-file.ts";
import { openShelf } from "../library/shelf.ts";
import type { IncomingFile } from "../library/take-in.ts";

/** Kernels and initial file systems of the visitor. */
export interface BootFiles {
  /** In the order of their names. */
  list(): Promise<readonly BootFileSummary[]>;
  /** Takes a file in when it can be used. @returns its name here: another when there is one of its name */
  takeIn(role: BootFileRole, open: () => Promise<IncomingFile>): Promise<string>;
  /** @throws HvError `boot.missing` */
  contents(boot: Extract<NewMachineBoot, { kind: "linux" }>): Promise<BootFileContents>;
  /** @throws HvError `boot.attached` when a machine starts from it */
  remove(name: string): Promise<void>;
  /** Removes what an earlier visit left unfinished. */
  sweep(): Promise<void>;
}

/** A machine and the boot files that it starts from. */
export interface BootFileUser {
  readonly name: string;
  readonly files: readonly string[];
}

const holder = "the management service";
const megabyte = 2 ** 20;

/** Opens the boot files of a store. @param users  the machines that start from some */
export function openBootFiles(store: FileStore, users: () => readonly BootFileUser[]): BootFiles {
  const shelf = openShelf(store);
  const usedBy = (name: string): readonly string[] =>
    users().flatMap((user) => (user.files.some((file) => sameName(file, name)) ? [user.name] : []));

  async function freeName(wanted: string): Promise<string> {
    const taken = new Set((await shelf.files()).map(({ name }) => keyOf(name)));
    for (let count = 2, name = wanted; ; count++) {
      if (!taken.has(keyOf(name))) return name;
      name = `${wanted} (${count})`;
    }
  }
  const read = (name: string): Promise<Uint8Array<ArrayBuffer>> =>
    assemble(async (scope) => {
      const file = scope.own(await shelf.open(name, { access: "read", holder }));
      const bytes = new Uint8Array(Math.min(file.size(), bootFileLimit.initramfs));
      file.readAt(0, bytes);
      return bytes;
    }).catch((failure: unknown) => {
      if (!(failure instanceof HvError) || failure.code !== "storage.missing") throw failure;
      throw new HvError(
        "boot.missing",
        `The boot file ${name} is not here any more. Make the machine again with a file of yours.`,
        { hresult: 0x80070002, cause: failure },
      );
    });

  return {
    list: async () => (await shelf.files()).map(({ name, bytes }) => ({ name, bytes, usedBy: usedBy(name) })),
    async takeIn(role, open) {
      const incoming = await open();
      const name = await freeName(incoming.name);
      await makeFile(shelf, { name, holder }, (file) => fill(file, incoming, role));
      return name;
    },
    async contents({ kernel, initrd }) {
      return { kernel: await read(kernel), initrd: initrd === null ? null : await read(initrd) };
    },
    async remove(name) {
      const [user] = usedBy(name);
      if (user !== undefined)
        throw new HvError("boot.attached", `${name} cannot be removed: ${user} starts from it.`, {
          hresult: 0x80070020,
        });
      await store.remove(name);
    },
    sweep: () => sweep(shelf, isUnfinished),
  };
}

/** @throws HvError `boot.tooLarge`, `boot.refused` with what is wrong with the file */
async function fill(file: BlockFile, incoming: IncomingFile, role: BootFileRole): Promise<void> {
  const limit = bootFileLimit[role];
  let at = 0;
  for await (const piece of incoming.pieces) {
    if (at + piece.length > limit)
      throw new HvError(
        "boot.tooLarge",
        `${incoming.name} is larger than ${limit / megabyte} MB, the most for ${role === "kernel" ? "a kernel" : "an initial file system"} here. Take a smaller one${role === "kernel" ? ", without debugging symbols" : ""}.`,
      );
    file.writeAt(at, piece);
    at += piece.length;
  }
  const head = new Uint8Array(Math.min(at, kernelHeadBytes));
  file.readAt(0, head);
  const verdict = role === "kernel" ? judgeKernel(head, at) : judgeInitramfs(head);
  if (verdict.kind === "refused")
    throw new HvError("boot.refused", `${incoming.name} ${verdict.text}.`, { hresult: 0x8007000b });
}
