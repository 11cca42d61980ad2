import { aliases } from "./cmdlets/core/aliases.ts";
import { coreCmdlets } from "./cmdlets/core/all.ts";
import { coreViews } from "./cmdlets/core/views.ts";
import { hyperVCmdlets } from "./cmdlets/hyperv/all.ts";
import { hyperVViews } from "./cmdlets/hyperv/views.ts";
import { wmiCmdlets } from "./cmdlets/wmi/all.ts";
import type { Cmdlet, Commands } from "./run/machine.ts";

/** Every cmdlet there is, with its short names and views. */
export function openCommands(): Commands {
  const cmdlets = [...coreCmdlets, ...wmiCmdlets, ...hyperVCmdlets].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
  const byName = new Map<string, Cmdlet>(cmdlets.map((one) => [one.name.toLowerCase(), one]));
  return {
    cmdlets,
    find(name) {
      const lower = name.toLowerCase();
      // What is no cmdlet may be a noun whose verb was left out.
      return byName.get(lower) ?? byName.get(`get-${lower}`) ?? null;
    },
    aliases,
    views: { ...coreViews, ...hyperVViews },
  };
}
