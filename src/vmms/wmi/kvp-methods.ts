import type { KeyValuePair } from "../../hvdef/index.ts";
import { isInstance, isList, type MethodCall, type MethodResult } from "../../wmi/index.ts";
import { completed, type Method, type MethodSurroundings, outcome, targetMachine } from "./methods.ts";
import { ReturnCode } from "./return-codes.ts";
import type { WorldMachine } from "./world.ts";

/** What is to be done with one item. */
type ItemWork = (around: MethodSurroundings, machine: WorldMachine, item: KeyValuePair) => Promise<void>;

/** What a method of items does, and whether the items must be there already. */
interface ItemMethod {
  readonly known: boolean;
  readonly work: ItemWork;
}

const put: ItemWork = ({ session }, { vm }, item) => session.setKeyValuePair(vm.id, item);
const remove: ItemWork = ({ session }, { vm }, { key }) => session.removeKeyValuePair(vm.id, key);

/** Methods of the management service for what the guest is told. @wmi AddKvpItems, ModifyKvpItems, RemoveKvpItems */
export const kvpMethods: { readonly [method: string]: Method } = {
  AddKvpItems: itemMethod({ known: false, work: put }),
  ModifyKvpItems: itemMethod({ known: true, work: put }),
  RemoveKvpItems: itemMethod({ known: true, work: remove }),
};

function itemMethod({ known, work }: ItemMethod): Method {
  return async (call, around): Promise<MethodResult> => {
    const machine = targetMachine(call, around.world(), call.parameters["TargetSystem"]);
    const items = itemsOf(call);
    if (machine === null || items === null) return outcome(ReturnCode.invalidParameter);
    const before = machine.pairs().host;
    if (items.some(({ key }) => before.some((one) => one.key === key) !== known))
      return outcome(ReturnCode.invalidParameter);
    try {
      for (const item of items) await work(around, machine, item);
    } catch (failure) {
      await restore(around, machine, { before, items });
      throw failure;
    }
    return completed;
  };
}

/** All or none: puts back what was there. */
async function restore(
  { session }: MethodSurroundings,
  { vm, pairs }: WorldMachine,
  { before, items }: { readonly before: readonly KeyValuePair[]; readonly items: readonly KeyValuePair[] },
): Promise<void> {
  for (const { key } of items) {
    const was = before.find((one) => one.key === key);
    if (was !== undefined) await session.setKeyValuePair(vm.id, was);
    else if (pairs().host.some((one) => one.key === key)) await session.removeKeyValuePair(vm.id, key);
  }
}

/** `null` when there are none, one has no name, or two have the same. */
function itemsOf({ parameters }: MethodCall): readonly KeyValuePair[] | null {
  const found = parameters["DataItems"] ?? null;
  const objects = found !== null && isList(found) ? found.filter(isInstance) : [];
  const items = objects.map(({ properties }) => ({
    key: String(properties["Name"] ?? ""),
    value: String(properties["Data"] ?? ""),
  }));
  const names = new Set(items.map(({ key }) => key));
  return items.length > 0 && names.size === items.length ? items : null;
}
