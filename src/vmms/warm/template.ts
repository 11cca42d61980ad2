import type { DriveConfiguration } from "../../hvdef/index.ts";
import type { AdapterSet } from "../adapters/rules.ts";
import type { StockVm } from "../catalogue.ts";
import { type DriveSet, slotTitle } from "../drives/rules.ts";

/** What a machine has now, as far as its warm state cares. */
export interface MachineParts {
  readonly drives: DriveSet;
  readonly adapters: AdapterSet;
}

/**
 * The machine of which the site takes a warm state; `null` when it has none. It lacks what a machine can be given while
 * it runs, disks on SCSI controllers and synthetic network adapters: each machine adds its own, however many.
 */
export function warmTemplate(stock: StockVm): StockVm | null {
  if (stock.warm === undefined) return null;
  const drives = stock.drives.filter(stays);
  const names = new Set(drives.map(fileOf));
  return {
    ...stock,
    drives,
    adapters: stock.adapters.filter(({ type }) => type === "legacy"),
    firstDisks: stock.firstDisks.filter(({ name }) => names.has(name)),
  };
}

const stays = ({ slot }: DriveConfiguration): boolean => slot.controller !== "SCSI";
const fileOf = ({ medium }: DriveConfiguration): string | null =>
  medium.kind === "file" ? medium.name : null;

/** What a guest of the template would miss or not know in a machine, for a person; `null`: nothing. */
export function misfit(template: StockVm, now: MachineParts): string | null {
  if (now.drives.scsiControllers !== template.scsiControllers)
    return "It has another number of SCSI controllers than its warm state.";
  const fixed = now.drives.drives.filter(stays);
  const other =
    fixed.find((drive) => !template.drives.some((one) => sameDrive(one, drive))) ??
    template.drives.find((drive) => !fixed.some((one) => sameDrive(one, drive)));
  if (other !== undefined) return `${capital(slotTitle(other.slot))} is not as in its warm state.`;
  const legacy = now.adapters.filter(({ type }) => type === "legacy");
  if (!sameList(legacy.map(indexOf), template.adapters.map(indexOf)))
    return "It has other legacy network adapters than its warm state.";
  return null;
}

const indexOf = ({ index }: { readonly index: number }): number => index;

function sameDrive(one: DriveConfiguration, other: DriveConfiguration): boolean {
  return (
    slotTitle(one.slot) === slotTitle(other.slot) &&
    one.kind === other.kind &&
    one.medium.kind === other.medium.kind &&
    fileOf(one) === fileOf(other)
  );
}

function sameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value) => other.includes(value));
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
