import { type BlockFile, sectorSize } from "../../disk.ts";
import { openPace, type Steps } from "../../steps.ts";
import { readVhdHead, type SparseHead, sameBytes, type VhdHead } from "../head.ts";
import { type ParentTraits, parentMisfit } from "../open.ts";
import { loadTable, reservedExtents, slotSectorsOf, unusedEntry } from "../table.ts";
import { longestRun, openBlock } from "./held-runs.ts";
import { attempt, guarded, type ToolOutcome } from "./outcome.ts";
import { lostFixedFooter } from "./repair.ts";
import { allZeros } from "./zeros.ts";

/** One thing that was looked at. */
export interface Finding {
  /** `warning`: the disk works, but something should be done. `error`: it does not. */
  readonly severity: "ok" | "warning" | "error";
  /** A sentence for a person. */
  readonly text: string;
  /** Which tool would help. */
  readonly repair: "footer" | "reconnect" | null;
}

/** A disk of a chain that is not opened. */
export interface ChainLink {
  /** File name, for the text. */
  readonly name: string;
  readonly head: VhdHead;
}

/** What was found, in the order of looking. At least one; a sound disk has no error and no warning. */
export interface ValidateResult {
  readonly findings: readonly Finding[];
}

/**
 * Checks everything that a VHD says against the file and against its parents, and reads all that it holds. Whatever
 * the file contains, the outcome is findings.
 *
 * @param subject  a VHD of any type; only read, borrowed
 * @param parents  as far as they were found, the direct one first
 * @throws the signal's reason when cancelled; nothing is ever changed
 * @wmi Msvm_ImageManagementService.ValidateVirtualHardDisk
 */
export async function validate(
  subject: BlockFile,
  parents: readonly ChainLink[],
  steps: Steps,
): Promise<ToolOutcome<ValidateResult>> {
  const file = guarded(subject);
  return attempt(
    steps,
    () => 0,
    async () => {
      await steps.step(0, 1);
      const head = readVhdHead(file);
      if (head.kind === "corrupt") {
        const lost = await lostFixedFooter(file, steps);
        return { kind: "done", findings: [error(head.text, lost === null ? null : "footer")] };
      }
      const findings = [...footerFindings(head), ...chainFindings(head, parents)];
      const { sparse } = head;
      if (sparse === null) findings.push(fixedFinding(file, head));
      else findings.push(...(await blockFindings(file, { head, sparse }, steps)));
      return { kind: "done", findings };
    },
  );
}

function ok(text: string): Finding {
  return { severity: "ok", text, repair: null };
}
function warning(text: string, repair: Finding["repair"] = null): Finding {
  return { severity: "warning", text, repair };
}
function error(text: string, repair: Finding["repair"] = null): Finding {
  return { severity: "error", text, repair };
}

function footerFindings(head: VhdHead): readonly Finding[] {
  if (head.fromCopy) {
    return [
      warning("The footer at the end of the file is damaged; its copy at the start is used.", "footer"),
    ];
  }
  if (!head.copySound) {
    return [
      warning("The copy of the footer at the start of the file is damaged or says something else.", "footer"),
    ];
  }
  return [
    ok(head.sparse === null ? "The footer is sound." : "The footer, its copy and the header are sound."),
  ];
}

function fixedFinding(file: BlockFile, head: VhdHead): Finding {
  const spare = file.size() - head.byteLength - sectorSize;
  if (spare === 0)
    return ok(`The file holds the disk's ${head.byteLength} bytes and the footer, and nothing else.`);
  return warning(`Between the disk and its footer, ${spare} bytes of the file belong to nothing.`);
}

/** Each disk against the one it builds on. */
function chainFindings(head: VhdHead, parents: readonly ChainLink[]): readonly Finding[] {
  const findings: Finding[] = [];
  const seen = [head.uniqueId];
  let below = { name: "The disk", head };
  for (const parent of parents) {
    const trouble = parentMisfit(below.head, traitsOf(parent.head));
    if (trouble !== null) findings.push(error(`${below.name}: ${trouble.text}`, "reconnect"));
    else findings.push(ok(`${below.name} fits its parent ${parent.name}.`));
    if (seen.some((id) => sameBytes(id, parent.head.uniqueId))) {
      findings.push(error(`${parent.name} is among its own parents; the chain has no end.`, "reconnect"));
      return findings;
    }
    seen.push(parent.head.uniqueId);
    below = parent;
  }
  const missing = parentMisfit(below.head, null);
  if (missing !== null) findings.push(error(`${below.name}: ${missing.text}`, "reconnect"));
  return findings;
}

function traitsOf(head: VhdHead): ParentTraits {
  return { uniqueId: head.uniqueId, timeStamp: head.footer.timeStamp, disk: { byteLength: head.byteLength } };
}

interface SparseFile {
  readonly head: VhdHead;
  readonly sparse: SparseHead;
}

/** What the blocks hold, as it is counted. */
interface BlockCount {
  blocks: number;
  /** Blocks that a compacted file would not have. */
  idle: number;
}

async function blockFindings(
  file: BlockFile,
  { head, sparse }: SparseFile,
  steps: Steps,
): Promise<readonly Finding[]> {
  const loaded = loadTable(file, head, sparse);
  if (loaded.kind === "corrupt") return [error(`${loaded.text} Take the disk from a backup.`)];
  const count: BlockCount = { blocks: loaded.places.length, idle: 0 };
  const total = Math.max(1, count.blocks * sparse.blockBytes);
  const pace = openPace(steps, total);
  const buffer = new Uint8Array(Math.min(longestRun, sparse.blockBytes));
  for (const [block, entry] of loaded.table.entries()) {
    if (entry === unusedEntry) continue;
    const reader = openBlock(file, head, { block, entry, blockBytes: sparse.blockBytes });
    let idle = head.type === "dynamic" || allZeros(reader.bitmap);
    for (const { inside, length } of reader.runs()) {
      const bytes = buffer.subarray(0, length);
      reader.read(inside, bytes);
      idle &&= allZeros(bytes);
      await pace.spend(0, length);
    }
    if (idle) count.idle++;
    await pace.spend(sparse.blockBytes, reader.bitmap.length);
  }
  await steps.step(total, total);
  return [
    ok(
      `${count.blocks} of ${sparse.blocks} blocks are in the file; none of them shares bytes with anything else.`,
    ),
    ...spareFindings(file, { head, sparse }, count),
  ];
}

/** What compacting would give back. */
function spareFindings(file: BlockFile, { head, sparse }: SparseFile, count: BlockCount): readonly Finding[] {
  const findings: Finding[] = [];
  if (count.idle > 0)
    findings.push(ok(`${count.idle} blocks hold nothing of use. Compacting gives them back.`));
  const structures = reservedExtents(sparse, file.size());
  const taken = structures.reduce((sum, { start, end }) => sum + (end - start), 1);
  const used = (taken + count.blocks * slotSectorsOf(sparse.blockBytes)) * sectorSize;
  const spare = file.size() - used;
  // Less than a block: what tools leave where they moved something.
  if (spare < slotSectorsOf(sparse.blockBytes) * sectorSize) return findings;
  const text = `${spare} bytes of the file belong to nothing. ${head.fromCopy ? "Repairing" : "Compacting"} gives them back.`;
  return [...findings, ok(text)];
}
