import type { DiskFileSummary, DiskJobRequest } from "../hvdef/index.ts";
import { parentRefusal } from "./disk-actions.ts";
import { checkName, diskEndings, freeName } from "./disk-name.ts";
import { checkSize, type TypedSize } from "./disk-size.ts";
import { formatWord, sameName } from "./disk-words.ts";
import { formatBytes } from "./format.ts";

/** What the visitor has chosen so far in the New Virtual Hard Disk Wizard. */
export interface NewDiskPlan {
  readonly type: "dynamic" | "fixed" | "differencing";
  readonly name: string;
  readonly size: TypedSize;
  /** Name of the parent; empty until one is chosen. */
  readonly parent: string;
}

/** A request that can be made with what the summary says of it, or what is missing. */
export type Outcome =
  | {
      readonly kind: "ready";
      readonly request: DiskJobRequest;
      readonly facts: readonly (readonly [name: string, value: string])[];
    }
  | { readonly kind: "wrong"; readonly reason: string };

/** Hyper-V's defaults. @param taken  names that exist */
export function newDiskPlan(taken: readonly string[]): NewDiskPlan {
  return {
    type: "dynamic",
    name: freeName("New Virtual Hard Disk.vhd", taken),
    size: { text: "127", unit: "GB" },
    parent: "",
  };
}

/** Why the Configure page cannot be left; `null` when it can. */
export function configureProblem(plan: NewDiskPlan, files: readonly DiskFileSummary[]): string | null {
  if (plan.type !== "differencing") {
    const size = checkSize(plan.size);
    return size.kind === "wrong" ? size.reason : null;
  }
  const parent = files.find((file) => sameName(file.name, plan.parent));
  if (parent === undefined) return "Choose the disk that the new one builds on.";
  const refusal = parentRefusal(parent);
  return refusal === null ? null : `${parent.name} cannot be the parent: it ${refusal}.`;
}

/** What the finished wizard asks the library for. */
export function newDiskOutcome(plan: NewDiskPlan, files: readonly DiskFileSummary[]): Outcome {
  const name = checkName(
    plan.name,
    diskEndings,
    files.map((file) => file.name),
  );
  if (name.kind === "wrong") return name;
  const problem = configureProblem(plan, files);
  if (problem !== null) return { kind: "wrong", reason: problem };
  const head = [
    ["Type", formatWord(plan.type)],
    ["Name", name.name],
  ] as const;
  if (plan.type === "differencing") {
    const request = { kind: "create", name: name.name, type: "differencing", parent: plan.parent } as const;
    return { kind: "ready", request, facts: [...head, ["Parent", plan.parent]] };
  }
  const size = checkSize(plan.size);
  if (size.kind === "wrong") return size;
  const request = { kind: "create", name: name.name, type: plan.type, byteLength: size.bytes } as const;
  return { kind: "ready", request, facts: [...head, ["Maximum size", formatBytes(size.bytes)]] };
}
