import type { CimInstance } from "../../../wmi/index.ts";
import { parsePath } from "../../../wmi/index.ts";
import type { Call } from "../../run/machine.ts";
import { makeObject, type ObjectValue } from "../../values/value.ts";
import { isWildcard, wildcard } from "../../values/wildcard.ts";
import { settingsOf } from "./drives.ts";
import { notFound } from "./failures.ts";
import { firstOf, query, textOf } from "./host.ts";
import type { MachineOnHost } from "./machines.ts";

/** A virtual network of the host. */
export interface SwitchOnHost {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly type: "External" | "Internal" | "Private";
  /** What leads out of the host; empty when nothing does. */
  readonly uplink: string;
  readonly notes: string;
}

/** All virtual networks, by name. */
export async function allSwitches(call: Call): Promise<readonly SwitchOnHost[]> {
  const ports = await query(call, "SELECT * FROM Msvm_SwitchPort");
  const found = await query(call, "SELECT * FROM Msvm_VirtualSwitch");
  return found
    .map((one): SwitchOnHost => {
      const id = textOf(one, "Name");
      const own = ports.filter((port) => textOf(port, "SystemName") === id);
      const uplink = own.find((port) => textOf(port, "Name").toLowerCase() === `${id}\\uplink`.toLowerCase());
      const isInternal = own.some(
        (port) => textOf(port, "Name").toLowerCase() === `${id}\\management`.toLowerCase(),
      );
      return {
        id,
        name: textOf(one, "ElementName"),
        path: one.path ?? "",
        type: uplink !== undefined ? "External" : isInternal ? "Internal" : "Private",
        uplink: uplink === undefined ? "" : textOf(uplink, "ElementName"),
        notes: textOf(one, "Description"),
      };
    })
    .sort((one, other) => (one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1));
}

/** Networks whose names are these or fit these patterns. Those that are not there are told as failures. */
export async function switchesNamed(call: Call, names: readonly string[]): Promise<readonly SwitchOnHost[]> {
  const all = await allSwitches(call);
  const found: SwitchOnHost[] = [];
  for (const name of names) {
    const fits = wildcard(name);
    const some = all.filter((one) => fits(one.name) || one.name.toLowerCase() === name.toLowerCase());
    if (some.length === 0 && !isWildcard(name)) await call.error(notFound("a virtual switch", name));
    found.push(...some.filter((one) => !found.includes(one)));
  }
  return found;
}

/** The network of a name. @throws ScriptError when there is none */
export async function switchNamed(call: Call, name: string): Promise<SwitchOnHost> {
  const found = (await allSwitches(call)).find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (found === undefined) throw notFound("a virtual switch", name);
  return found;
}

/** A network as Get-VMSwitch gives it. */
export function switchObject({ id, name, type, uplink, notes }: SwitchOnHost): ObjectValue {
  return makeObject(
    ["Microsoft.HyperV.PowerShell.VMSwitch"],
    [
      ["Name", name],
      ["Id", id],
      ["SwitchType", type],
      ["NetAdapterInterfaceDescription", uplink],
      ["Notes", notes],
    ],
    { text: name },
  );
}

/** A network adapter of a machine. */
export interface AdapterOnHost {
  readonly name: string;
  readonly isLegacy: boolean;
  readonly setting: CimInstance;
  /** `null`: not connected. */
  readonly switch: SwitchOnHost | null;
  readonly mac: string;
  readonly isStatic: boolean;
}

/** Network adapters of a machine. */
export async function adaptersOf(call: Call, machine: MachineOnHost): Promise<readonly AdapterOnHost[]> {
  const switches = await allSwitches(call);
  const made: AdapterOnHost[] = [];
  for (const className of ["Msvm_SyntheticEthernetPortSettingData", "Msvm_EmulatedEthernetPortSettingData"])
    for (const setting of await settingsOf(call, machine, className))
      made.push({
        name: textOf(setting, "ElementName"),
        isLegacy: className.startsWith("Msvm_Emulated"),
        setting,
        switch: switchAt(switches, firstOf(setting, "Connection")),
        mac: textOf(setting, "Address"),
        isStatic: setting.properties["StaticMacAddress"] === true,
      });
  return made;
}

/** The network of a port's path, or of its own. */
function switchAt(switches: readonly SwitchOnHost[], path: string): SwitchOnHost | null {
  if (path === "") return null;
  const { className, keys } = parsePath(path);
  const wanted = className.toLowerCase() === "msvm_switchport" ? "systemname" : "name";
  const values = keys.kind === "named" ? keys.values : [];
  const id = values.find(([name]) => name.toLowerCase() === wanted)?.[1];
  return switches.find((one) => one.id === id) ?? null;
}

/** An adapter as Get-VMNetworkAdapter gives it. */
export function adapterObject(
  machine: MachineOnHost,
  adapter: AdapterOnHost,
  live: readonly CimInstance[],
): ObjectValue {
  const id = textOf(adapter.setting, "InstanceID");
  const port = live.find((one) => textOf(one, "DeviceID").toLowerCase() === id.toLowerCase());
  const status = port === undefined ? [] : ["Ok"];
  return makeObject(
    ["Microsoft.HyperV.PowerShell.VMNetworkAdapter", "Microsoft.HyperV.PowerShell.VMNetworkAdapterBase"],
    [
      ["Name", adapter.name],
      ["IsManagementOs", false],
      ["IsLegacy", adapter.isLegacy],
      ["VMName", machine.name],
      ["VMId", machine.id.toLowerCase()],
      ["SwitchName", adapter.switch?.name ?? null],
      ["MacAddress", adapter.mac],
      ["DynamicMacAddressEnabled", !adapter.isStatic],
      ["Status", { kind: "list", items: status }],
      ["IPAddresses", { kind: "list", items: [] }],
      ["Id", id],
    ],
    { text: adapter.name },
  );
}

/** The adapter of the management operating system on a network. */
export function managementAdapter(port: CimInstance, computer: string): ObjectValue {
  const network = textOf(port, "ElementName");
  return makeObject(
    [
      "Microsoft.HyperV.PowerShell.VMInternalNetworkAdapter",
      "Microsoft.HyperV.PowerShell.VMNetworkAdapterBase",
    ],
    [
      ["Name", network],
      ["IsManagementOs", true],
      ["VMName", null],
      ["ComputerName", computer],
      ["SwitchName", network],
      ["MacAddress", textOf(port, "PermanentAddress")],
      ["Status", { kind: "list", items: port.properties["EnabledState"] === 2 ? ["Ok"] : [] }],
      ["IPAddresses", { kind: "list", items: [] }],
      ["Id", textOf(port, "DeviceID")],
    ],
    { text: network },
  );
}
