import type { PartitionEnd } from "../hvdef/index.ts";

/** What a person should know about an end; `null` when it was asked for. */
export function troubleOf(name: string, end: PartitionEnd): string | null {
  switch (end.kind) {
    case "poweredOff":
    case "turnedOff":
      return null;
    case "crashed":
      return `The worker process of ${name} ended unexpectedly: ${end.detail}. The machine is off; its disks are closed.`;
    case "hung":
      return `${name} stopped answering and was turned off: ${end.detail}.`;
  }
}
