import { learnableAddresses, type NetworkSummary } from "../../hvdef/index.ts";
import { isList, type MethodCall } from "../../wmi/index.ts";
import { completed, type Method, type MethodTable, outcome } from "./methods.ts";
import { switchPath } from "./names.ts";
import { portsOf } from "./ports.ts";
import { ReturnCode } from "./return-codes.ts";
import type { World } from "./world.ts";

/** Makes a private network. Its name is the host's to give: the GUID a client brings is not kept. */
const createSwitch: Method = async ({ parameters }, { session }) => {
  const { FriendlyName: name, NumLearnableAddresses: addresses } = parameters;
  if (typeof name !== "string") return outcome(ReturnCode.invalidParameter);
  if (addresses !== null && addresses !== learnableAddresses) return outcome(ReturnCode.notSupported);
  const id = await session.createNetwork({
    name,
    notes: "",
    kind: "private",
    uplink: null,
    management: null,
  });
  return { returnValue: ReturnCode.completed, out: { CreatedVirtualSwitch: switchPath(id) } };
};

const deleteSwitch: Method = async (call, { session, world }) => {
  const network = networkAt(call, world(), call.parameters["VirtualSwitch"]);
  if (network === null) return outcome(ReturnCode.invalidParameter);
  await session.removeNetwork(network.id);
  return completed;
};

const disconnectPort: Method = async (call, { session, world }) => {
  const path = call.parameters["SwitchPort"];
  const found = typeof path === "string" ? call.resolve(path) : null;
  const port = portsOf(world()).find(({ name }) => name === found?.properties["Name"]);
  if (port === undefined) return outcome(ReturnCode.invalidParameter);
  if (port.adapter === null) return outcome(ReturnCode.notSupported);
  await session.changeAdapter(port.adapter.vm, { ...port.adapter.configuration, network: null });
  return completed;
};

/** The network that a path leads to, its own or one of its ports; `null`: none. */
export function networkAt(
  { resolve }: Pick<MethodCall, "resolve">,
  { networks }: World,
  path: unknown,
): NetworkSummary | null {
  const found = typeof path === "string" ? resolve(path) : null;
  if (found === null) return null;
  const name = found.properties[found.className === "Msvm_SwitchPort" ? "SystemName" : "Name"] ?? null;
  if (found.className !== "Msvm_SwitchPort" && found.className !== "Msvm_VirtualSwitch") return null;
  return networks().find(({ id }) => !isList(name) && id.toUpperCase() === name) ?? null;
}

/** What the switch service does. */
export const switchMethods: MethodTable = {
  Msvm_VirtualSwitchManagementService: {
    CreateSwitch: createSwitch,
    DeleteSwitch: deleteSwitch,
    DisconnectSwitchPort: disconnectPort,
  },
};
