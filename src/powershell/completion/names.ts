import type { CimInstance, WmiSession } from "../../wmi/index.ts";
import { functionNames, visible } from "../cmdlets/core/variables.ts";
import type { Commands } from "../run/machine.ts";
import type { Completes } from "../run/parameter.ts";
import type { Scope } from "../values/value.ts";

/** Where names come from. */
export interface NameSources {
  readonly session: WmiSession;
  readonly commands: Commands;
  readonly scope: Scope;
}

const queries: { readonly [C in Completes]?: readonly [query: string, property: string] } = {
  vm: ["SELECT * FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine'", "ElementName"],
  switch: ["SELECT * FROM Msvm_VirtualSwitch", "ElementName"],
  file: ["SELECT * FROM Msvm_ResourceAllocationSettingData WHERE ResourceType = 21", "Connection"],
  adapter: ["SELECT * FROM CIM_ResourceAllocationSettingData WHERE ResourceType = 10", "ElementName"],
  service: ["SELECT * FROM CIM_ResourceAllocationSettingData WHERE ResourceType = 1", "OtherResourceType"],
};

/** Names of a kind of things, each once, in order. @throws HvError when the host does not answer */
export async function namesOf(
  kind: Completes,
  { session, commands, scope }: NameSources,
): Promise<readonly string[]> {
  if (kind === "command") return commandNames(commands, scope);
  if (kind === "variable") return [...visible(scope).values()].map(({ name }) => name);
  if (kind === "class") return (await session.classes()).map(({ name }) => name);
  const [query, property] = queries[kind] ?? ["", ""];
  const answer = await session.query(query);
  const found = answer.kind === "objects" ? answer.objects.flatMap((one) => textsOf(one, property)) : [];
  return [...new Set(found)].sort();
}

function textsOf({ properties, path }: CimInstance, name: string): readonly string[] {
  const found = properties[name] ?? null;
  // Settings that no machine has are only what could be.
  if (/Microsoft:Definition/i.test(path ?? "")) return [];
  if (typeof found === "string") return found === "" ? [] : [found];
  return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
}

/** Everything that can be called. */
export function commandNames({ cmdlets, aliases }: Commands, scope: Scope): readonly string[] {
  return [...cmdlets.map(({ name }) => name), ...functionNames(scope), ...aliases.keys()];
}
