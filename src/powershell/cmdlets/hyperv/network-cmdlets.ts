import { cmdlet } from "../../run/cmdlet.ts";
import type { Call, Cmdlet, Given } from "../../run/machine.ts";
import { parameter } from "../../run/parameter.ts";
import { toText } from "../../values/text.ts";
import { propertyOf } from "../../values/value.ts";
import { wildcard } from "../../values/wildcard.ts";
import { addResource, modifyResource, removeResources } from "./drives.ts";
import { invalid, notFound } from "./failures.ts";
import { askService, query, textOf } from "./host.ts";
import {
  allMachines,
  byNames,
  eachMachine,
  type MachineOnHost,
  ownerParameters,
  passthru,
} from "./machines.ts";
import {
  type AdapterOnHost,
  adapterObject,
  adaptersOf,
  allSwitches,
  managementAdapter,
  switchesNamed,
  switchNamed,
  switchObject,
} from "./networks.ts";

const module = "Hyper-V";

/** @cmdlet Get-VMSwitch partial: no -ResourcePoolName */
const getSwitch: Cmdlet = cmdlet({
  name: "Get-VMSwitch",
  module,
  outputs: "VMSwitch",
  synopsis: "Lists virtual networks.",
  parameters: [
    parameter("Name", "texts", "Names, or patterns of them; all unless told.", {
      position: 0,
      pipeline: "both",
      aliases: ["SwitchName"],
      completes: "switch",
    }),
    parameter("SwitchType", "texts", "Only these.", { values: ["External", "Internal", "Private"] }),
    parameter("Id", "texts", "Their identities."),
  ],
  open: (call) => ({
    async process(given) {
      const found = given.has("Name")
        ? await switchesNamed(call, given.texts("Name"))
        : await allSwitches(call);
      const ids = given.texts("Id").map((id) => id.toLowerCase());
      for (const one of found)
        if (
          (!given.has("SwitchType") || given.texts("SwitchType").includes(one.type)) &&
          (ids.length === 0 || ids.includes(one.id.toLowerCase()))
        )
          await call.out(switchObject(one));
    },
  }),
});

/** @cmdlet New-VMSwitch partial: private networks, no -Notes */
const newSwitch: Cmdlet = cmdlet({
  name: "New-VMSwitch",
  module,
  outputs: "VMSwitch",
  synopsis: "Makes a private virtual network: the provider makes no others.",
  confirms: "asked",
  parameters: [
    parameter("Name", "text", "Its name.", { position: 0, mandatory: true, aliases: ["SwitchName"] }),
    parameter("SwitchType", "text", "Private.", { mandatory: true, values: ["Private"] }),
  ],
  open: (call) => ({
    async process(given) {
      const name = given.text("Name") ?? "";
      if (!(await call.shouldProcess(name, "New-VMSwitch"))) return;
      const out = await askService(call, "networks", {
        method: "CreateSwitch",
        parameters: { FriendlyName: name, NumLearnableAddresses: 1024 },
        what: `Creating the virtual switch '${name}'`,
        target: name,
      });
      const made = (await allSwitches(call)).find(({ path }) => path === out["CreatedVirtualSwitch"]);
      if (made !== undefined) await call.out(switchObject(made));
    },
  }),
});

/** @cmdlet Remove-VMSwitch partial: no -ResourcePoolName */
const removeSwitch: Cmdlet = cmdlet({
  name: "Remove-VMSwitch",
  module,
  synopsis: "Removes virtual networks.",
  standardSet: "Name",
  confirms: "always",
  parameters: [
    parameter("Name", "texts", "Names, or patterns of them.", {
      position: 0,
      mandatory: true,
      pipeline: "both",
      aliases: ["SwitchName"],
      sets: ["Name"],
      completes: "switch",
    }),
    parameter("VMSwitch", "list", "As Get-VMSwitch gives them.", {
      position: 0,
      mandatory: true,
      pipeline: "value",
      of: "VMSwitch",
      sets: ["Object"],
    }),
    parameter("Force", "switch", "Does not ask."),
  ],
  open: (call) => ({
    async process(given) {
      const ids = given.items("VMSwitch").map((one) => toText(propertyOf(one, "Id")));
      const found = given.has("Name")
        ? await switchesNamed(call, given.texts("Name"))
        : (await allSwitches(call)).filter(({ id }) => ids.includes(id));
      for (const { name, path } of found) {
        if (!(await call.shouldProcess(name, "Remove-VMSwitch"))) continue;
        try {
          await askService(call, "networks", {
            method: "DeleteSwitch",
            parameters: { VirtualSwitch: path },
            what: `Removing the virtual switch '${name}'`,
            target: name,
          });
        } catch (failure) {
          await call.error(failure);
        }
      }
    },
  }),
});

const adapterName = parameter("Name", "texts", "Names of adapters, or patterns of them.", {
  position: 1,
  aliases: ["VMNetworkAdapterName"],
  completes: "adapter",
});
const adapterObjects = parameter(
  "VMNetworkAdapter",
  "list",
  "Adapters, as Get-VMNetworkAdapter gives them.",
  {
    position: 0,
    mandatory: true,
    pipeline: "value",
    of: "VMNetworkAdapter",
    sets: ["Object"],
  },
);

/** @cmdlet Get-VMNetworkAdapter partial: no addresses of the guest */
const getAdapter: Cmdlet = cmdlet({
  name: "Get-VMNetworkAdapter",
  module,
  outputs: "VMNetworkAdapter",
  synopsis: "Lists network adapters of virtual machines, and those of the management operating system.",
  standardSet: "VMName",
  parameters: [
    ...ownerParameters,
    adapterName,
    parameter("IsLegacy", "bool", "Only legacy ones, or only others.", { sets: ["VMName", "VMObject"] }),
    parameter("ManagementOS", "switch", "Those of the management operating system.", {
      mandatory: true,
      sets: ["ManagementOS"],
    }),
    parameter("All", "switch", "Everybody's.", { mandatory: true, sets: ["All"] }),
    parameter("SwitchName", "text", "Only those on this network.", { completes: "switch" }),
  ],
  open: (call) => ({
    async process(given) {
      if (given.flag("ManagementOS") || given.flag("All")) await putManagement(call, given);
      if (given.flag("ManagementOS")) return;
      if (given.flag("All"))
        for (const machine of await allMachines(call)) await putAdapters(call, given, machine);
      else await eachMachine(call, given, (machine) => putAdapters(call, given, machine));
    },
  }),
});

async function putManagement(call: Call, given: Given): Promise<void> {
  for (const port of await query(call, "SELECT * FROM Msvm_InternalEthernetPort")) {
    const made = managementAdapter(port, textOf(port, "SystemName"));
    if (isWanted(given, { name: textOf(port, "ElementName"), network: textOf(port, "ElementName") }))
      await call.out(made);
  }
}

function isWanted(
  given: Given,
  { name, network }: { readonly name: string; readonly network: string | null },
): boolean {
  const names = given.has("Name") ? given.texts("Name") : ["*"];
  const onSwitch = given.text("SwitchName");
  return names.some((one) => wildcard(one)(name)) && (onSwitch === null || wildcard(onSwitch)(network ?? ""));
}

async function putAdapters(call: Call, given: Given, machine: MachineOnHost): Promise<void> {
  const live = await query(call, `SELECT * FROM CIM_EthernetPort WHERE SystemName = '${machine.id}'`);
  for (const one of await adaptersOf(call, machine)) {
    const fits = !given.has("IsLegacy") || given.flag("IsLegacy") === one.isLegacy;
    if (fits && isWanted(given, { name: one.name, network: one.switch?.name ?? null }))
      await call.out(adapterObject(machine, one, live));
  }
}

/** What is done with each adapter that is meant. */
type AdapterWork = (machine: MachineOnHost, adapter: AdapterOnHost) => Promise<void>;

async function eachAdapter(call: Call, given: Given, work: AdapterWork): Promise<void> {
  const select = async (machine: MachineOnHost, fits: (one: AdapterOnHost) => boolean): Promise<void> => {
    const found = (await adaptersOf(call, machine)).filter(fits);
    if (found.length === 0)
      throw notFound("a network adapter", given.texts("Name").join(", ") || machine.name);
    for (const one of found) await work(machine, one);
  };
  if (!given.has("VMNetworkAdapter")) {
    const names = given.has("Name") ? given.texts("Name") : ["*"];
    return eachMachine(call, given, (machine) =>
      select(machine, ({ name }) => names.some((one) => wildcard(one)(name))),
    );
  }
  const all = await allMachines(call);
  for (const item of given.items("VMNetworkAdapter")) {
    const id = toText(propertyOf(item, "Id"));
    try {
      const [machine] = await byNames(call, all, [toText(propertyOf(item, "VMName"))]);
      if (machine !== undefined) await select(machine, ({ setting }) => textOf(setting, "InstanceID") === id);
    } catch (failure) {
      await call.error(failure);
    }
  }
}

/** `00155D010A03`, however it is written. @throws ScriptError when it is none */
function macOf(text: string): string {
  const plain = text.replace(/[-:]/g, "").toUpperCase();
  if (/^[0-9A-F]{12}$/.test(plain)) return plain;
  throw invalid(`'${text.slice(0, 40)}' is no MAC address: 00-15-5D-01-0A-03.`, text);
}

const staticMac = parameter("StaticMacAddress", "text", "A MAC address of its own.");
const dynamicMac = parameter("DynamicMacAddress", "switch", "The host gives it one.");

function macSetting(given: Given): { readonly StaticMacAddress?: boolean; readonly Address?: string } {
  const text = given.text("StaticMacAddress");
  if (text !== null && given.flag("DynamicMacAddress"))
    throw invalid("Either -StaticMacAddress or -DynamicMacAddress can be asked for.");
  if (text !== null) return { StaticMacAddress: true, Address: macOf(text) };
  return given.flag("DynamicMacAddress") ? { StaticMacAddress: false } : {};
}

/** @cmdlet Add-VMNetworkAdapter partial: no -Name, -ResourcePoolName, -ManagementOS */
const addAdapter: Cmdlet = cmdlet({
  name: "Add-VMNetworkAdapter",
  module,
  outputs: "VMNetworkAdapter",
  synopsis: "Gives virtual machines a network adapter.",
  standardSet: "VMName",
  confirms: "asked",
  parameters: [
    ...ownerParameters,
    parameter("SwitchName", "text", "The network it is plugged into.", { position: 1, completes: "switch" }),
    parameter("IsLegacy", "bool", "An emulated one, which guests know without integration services."),
    staticMac,
    dynamicMac,
    passthru,
  ],
  open: (call) => ({
    process: (given) =>
      eachMachine(call, given, async (machine) => {
        const name = given.text("SwitchName");
        const network = name === null ? null : await switchNamed(call, name);
        const mac = macSetting(given);
        if (!(await call.shouldProcess(machine.name, "Add-VMNetworkAdapter"))) return;
        const kind = given.flag("IsLegacy") ? "Emulated" : "Synthetic";
        const path = await addResource(call, machine, {
          what: `Adding a network adapter to '${machine.name}'`,
          className: `Msvm_${kind}EthernetPortSettingData`,
          properties: {
            ResourceType: 10,
            ResourceSubType: `Microsoft ${kind} Ethernet Port`,
            ...mac,
            ...(network === null ? {} : { Connection: [network.path] }),
          },
        });
        const made = (await adaptersOf(call, machine)).find(({ setting }) => setting.path === path);
        if (given.flag("Passthru") && made !== undefined) await call.out(adapterObject(machine, made, []));
      }),
  }),
});

interface AdapterChange {
  readonly name: string;
  readonly synopsis: string;
  readonly parameters?: Cmdlet["parameters"];
  readonly work: (call: Call, given: Given) => Promise<AdapterWork>;
}

function adapterCmdlet({ name, synopsis, parameters = [], work }: AdapterChange): Cmdlet {
  return cmdlet({
    name,
    module,
    synopsis,
    standardSet: "VMName",
    confirms: "asked",
    parameters: [
      ...ownerParameters,
      { ...adapterName, sets: ["VMName", "VMObject"] },
      adapterObjects,
      ...parameters,
    ],
    open: (call) => ({
      async process(given) {
        const one = await work(call, given);
        await eachAdapter(call, given, async (machine, adapter) => {
          if (await call.shouldProcess(`${machine.name}: ${adapter.name}`, name)) await one(machine, adapter);
        });
      },
    }),
  });
}

const connection =
  (call: Call, paths: readonly string[]): AdapterWork =>
  (machine, { setting, name }) =>
    modifyResource(call, machine, {
      what: `Changing '${name}' of '${machine.name}'`,
      of: setting,
      properties: { Connection: paths },
    });

/** @cmdlet Connect-VMNetworkAdapter partial: no -UseAutomaticConnection */
const connectAdapter = adapterCmdlet({
  name: "Connect-VMNetworkAdapter",
  synopsis: "Plugs network adapters into a virtual network.",
  parameters: [
    parameter("SwitchName", "text", "The network.", { position: 2, mandatory: true, completes: "switch" }),
  ],
  work: async (call, given) =>
    connection(call, [(await switchNamed(call, given.text("SwitchName") ?? "")).path]),
});

/** @cmdlet Disconnect-VMNetworkAdapter full */
const disconnectAdapter = adapterCmdlet({
  name: "Disconnect-VMNetworkAdapter",
  synopsis: "Unplugs network adapters.",
  work: async (call) => connection(call, []),
});

/** @cmdlet Remove-VMNetworkAdapter partial: no -ManagementOS */
const removeAdapter = adapterCmdlet({
  name: "Remove-VMNetworkAdapter",
  synopsis: "Takes network adapters away from virtual machines.",
  work:
    async (call) =>
    (machine, { setting, name }) =>
      removeResources(call, machine, {
        what: `Removing '${name}' of '${machine.name}'`,
        paths: [setting.path ?? ""],
      }),
});

/** @cmdlet Set-VMNetworkAdapter partial: the MAC address */
const setAdapter = adapterCmdlet({
  name: "Set-VMNetworkAdapter",
  synopsis: "Changes the MAC address of network adapters.",
  parameters: [staticMac, dynamicMac],
  async work(call, given) {
    const mac = macSetting(given);
    if (Object.keys(mac).length === 0) throw invalid("-StaticMacAddress or -DynamicMacAddress is wanted.");
    return (machine, { setting, name }) =>
      modifyResource(call, machine, {
        what: `Changing '${name}' of '${machine.name}'`,
        of: setting,
        properties: mac,
      });
  },
});

/** Cmdlets for virtual networks and network adapters. */
export const networkCmdlets: readonly Cmdlet[] = [
  getSwitch,
  newSwitch,
  removeSwitch,
  getAdapter,
  addAdapter,
  connectAdapter,
  disconnectAdapter,
  removeAdapter,
  setAdapter,
];
