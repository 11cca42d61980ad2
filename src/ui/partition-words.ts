import type { HostEvent, PartitionChange } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";

/**
 * What a person should read of a partition's change; `null` when there is nothing, or the management service says so
 * itself. A guest's last words are bytes that the guest chose: text only.
 */
export function wordsOfChange(
  change: PartitionChange,
  name: string,
): Pick<HostEvent, "level" | "text"> | null {
  switch (change.kind) {
    case "notResponding":
      return { level: "warning", text: `${name} does not respond.` };
    case "guestCrashed": {
      const words = change.text === "" ? change.parameters.join(" ") : change.text;
      return { level: "error", text: `The guest of ${name} crashed: ${words}` };
    }
    case "created":
    case "running":
    case "responding":
    case "restarted":
    case "gone":
      return null;
    default:
      return unreachable(change);
  }
}
