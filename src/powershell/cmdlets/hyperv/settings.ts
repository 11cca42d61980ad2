import { type CimInstance, isList } from "../../../wmi/index.ts";
import { cmdlet } from "../../run/cmdlet.ts";
import type { Call, Cmdlet, Given } from "../../run/machine.ts";
import { parameter } from "../../run/parameter.ts";
import { toText } from "../../values/text.ts";
import { list, makeObject, type ObjectValue, propertyOf, type Value } from "../../values/value.ts";
import { isWildcard, wildcard } from "../../values/wildcard.ts";
import { modifyResource, settingsOf } from "./drives.ts";
import { invalid, notFound } from "./failures.ts";
import { query, quoted, textOf, wholeOf } from "./host.ts";
import {
  allMachines,
  byNames,
  eachMachine,
  type MachineOnHost,
  ownerParameters,
  passthru,
} from "./machines.ts";

const module = "Hyper-V";
const megabyte = 1n << 20n;
/** What 100 percent of a processor is. @wmi Msvm_ProcessorSettingData.Limit */
const wholeProcessor = 100_000;

/** A cmdlet that lists one thing that every machine has. */
function getter(
  source: Pick<Cmdlet, "name" | "synopsis" | "outputs"> & { readonly className: string },
  made: (machine: MachineOnHost, setting: CimInstance) => ObjectValue,
): Cmdlet {
  return cmdlet({
    ...source,
    module,
    standardSet: "VMName",
    parameters: ownerParameters,
    open: (call) => ({
      process: (given) =>
        eachMachine(call, given, async (machine) => {
          for (const one of await settingsOf(call, machine, source.className))
            await call.out(made(machine, one));
        }),
    }),
  });
}

function bytesOf(setting: CimInstance, name: string): bigint | null {
  const found = wholeOf(setting, name);
  return found === null ? null : found * megabyte;
}

function object(
  type: string,
  machine: MachineOnHost,
  properties: readonly (readonly [string, Value])[],
): ObjectValue {
  return makeObject(
    [`Microsoft.HyperV.PowerShell.${type}`],
    [["VMName", machine.name], ["VMId", machine.id.toLowerCase()], ...properties],
    { text: `${type} of ${machine.name}` },
  );
}

/** @cmdlet Get-VMMemory full */
const getMemory = getter(
  {
    name: "Get-VMMemory",
    outputs: "VMMemory",
    synopsis: "Tells of the memory of virtual machines.",
    className: "Msvm_MemorySettingData",
  },
  (machine, one) =>
    object("VMMemory", machine, [
      ["DynamicMemoryEnabled", one.properties["DynamicMemoryEnabled"] === true],
      ["Minimum", bytesOf(one, "Reservation")],
      ["Startup", bytesOf(one, "VirtualQuantity")],
      ["Maximum", bytesOf(one, "Limit")],
    ]),
);

function percentOf(setting: CimInstance, name: string): bigint | number | null {
  const found = wholeOf(setting, name);
  if (found === null) return null;
  const percent = (Number(found) * 100) / wholeProcessor;
  return Number.isInteger(percent) ? BigInt(percent) : percent;
}

function processorObject(machine: MachineOnHost, one: CimInstance): ObjectValue {
  return object("VMProcessor", machine, [
    ["Count", wholeOf(one, "VirtualQuantity")],
    // No machine of this host hides features of the processor.
    ["CompatibilityForMigrationEnabled", false],
    ["CompatibilityForOlderOperatingSystemsEnabled", false],
    ["Maximum", percentOf(one, "Limit")],
    ["Reserve", percentOf(one, "Reservation")],
    ["RelativeWeight", wholeOf(one, "Weight")],
  ]);
}

const processorClass = "Msvm_ProcessorSettingData";
/** @cmdlet Get-VMProcessor full */
const getProcessor = getter(
  {
    name: "Get-VMProcessor",
    outputs: "VMProcessor",
    synopsis: "Tells of the processors of virtual machines, and how they compete.",
    className: processorClass,
  },
  processorObject,
);

/** A percentage as the provider has it. @throws ScriptError when it is none */
function thousandths(given: Given, name: string): bigint | null {
  const found = given.whole(name);
  if (found === null) return null;
  if (found < 0n || found > 100n) throw invalid(`-${name} is 0 to 100 percent.`, found);
  return (found * BigInt(wholeProcessor)) / 100n;
}

/** @cmdlet Set-VMProcessor partial: how machines compete */
const setProcessor: Cmdlet = cmdlet({
  name: "Set-VMProcessor",
  module,
  outputs: "VMProcessor",
  synopsis: "Changes how virtual machines compete for the processor.",
  standardSet: "VMName",
  confirms: "asked",
  parameters: [
    ...ownerParameters,
    parameter("Maximum", "whole", "Percent of a processor that it has at most."),
    parameter("Reserve", "whole", "Percent of a processor that it has in any case."),
    parameter("RelativeWeight", "whole", "Its share among others: 1 to 10000, 100 is usual."),
    passthru,
  ],
  open: (call) => ({
    async process(given) {
      const weight = given.whole("RelativeWeight");
      if (weight !== null && (weight < 1n || weight > 10_000n))
        throw invalid("-RelativeWeight is 1 to 10000.", weight);
      const wanted = Object.entries({
        Limit: thousandths(given, "Maximum"),
        Reservation: thousandths(given, "Reserve"),
        Weight: weight === null ? null : Number(weight),
      }).filter(([, value]) => value !== null);
      if (wanted.length === 0) throw invalid("-Maximum, -Reserve or -RelativeWeight is wanted.");
      await eachMachine(call, given, async (machine) => {
        const [of] = await settingsOf(call, machine, processorClass);
        if (of === undefined || !(await call.shouldProcess(machine.name, "Set-VMProcessor"))) return;
        const what = `Changing the processor of '${machine.name}'`;
        await modifyResource(call, machine, { what, of, properties: Object.fromEntries(wanted) });
        const [after] = await settingsOf(call, machine, processorClass);
        if (given.flag("Passthru") && after !== undefined) await call.out(processorObject(machine, after));
      });
    },
  }),
});

const bootDevices: { readonly [number: number]: string } = {
  0: "Floppy",
  1: "CD",
  2: "IDE",
  3: "LegacyNetworkAdapter",
};

/** @cmdlet Get-VMBios partial: the order of devices */
const getBios = getter(
  {
    name: "Get-VMBios",
    outputs: "VMBios",
    synopsis: "Tells from what virtual machines start.",
    className: "Msvm_VirtualSystemSettingData",
  },
  (machine, one) => {
    const found = one.properties["BootOrder"] ?? null;
    const order =
      found === null || !isList(found)
        ? []
        : found.map((number) => bootDevices[Number(number)] ?? String(number));
    return object("VMBios", machine, [["StartupOrder", list(order)]]);
  },
);

const services = ["Heartbeat", "Shutdown", "TimeSync", "KvpExchange", "Vss"];

/** An integration service of a machine. */
interface Service {
  readonly setting: CimInstance;
  readonly name: string;
  readonly enabled: boolean;
  readonly texts: readonly string[];
}

async function servicesOf(call: Call, machine: MachineOnHost): Promise<readonly Service[]> {
  const live = await query(
    call,
    `SELECT * FROM Msvm_IntegrationComponent WHERE SystemName = ${quoted(machine.id)}`,
  );
  const found: Service[] = [];
  for (const service of services)
    for (const setting of await settingsOf(call, machine, `Msvm_${service}ComponentSettingData`)) {
      const id = textOf(setting, "InstanceID").toLowerCase();
      const texts =
        live.find((one) => textOf(one, "DeviceID").toLowerCase() === id)?.properties["StatusDescriptions"] ??
        null;
      found.push({
        setting,
        name: textOf(setting, "ElementName"),
        enabled: wholeOf(setting, "EnabledState") === 2n,
        texts: texts !== null && isList(texts) ? texts.map(String) : [],
      });
    }
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

function serviceObject(machine: MachineOnHost, { setting, name, enabled, texts }: Service): ObjectValue {
  return object("VMIntegrationComponent", machine, [
    ["Name", name],
    ["Enabled", enabled],
    ["PrimaryStatusDescription", texts[0] ?? ""],
    ["SecondaryStatusDescription", texts[1] ?? ""],
    ["Id", textOf(setting, "InstanceID")],
  ]);
}

/** Does something with each service that is meant. */
async function eachService(
  call: Call,
  given: Given,
  work: (machine: MachineOnHost, service: Service) => Promise<void>,
): Promise<void> {
  if (given.has("VMIntegrationService")) {
    const all = await allMachines(call);
    for (const item of given.items("VMIntegrationService")) {
      const [machine] = await byNames(call, all, [toText(propertyOf(item, "VMName"))]);
      const id = toText(propertyOf(item, "Id"));
      for (const one of machine === undefined ? [] : await servicesOf(call, machine))
        if (machine !== undefined && textOf(one.setting, "InstanceID") === id) await work(machine, one);
    }
    return;
  }
  const names = given.has("Name") ? given.texts("Name") : ["*"];
  await eachMachine(call, given, async (machine) => {
    const all = await servicesOf(call, machine);
    for (const name of names) {
      const fits = wildcard(name);
      const found = all.filter((one) => fits(one.name));
      if (found.length === 0 && !isWildcard(name)) await call.error(notFound("an integration service", name));
      for (const one of found) await work(machine, one);
    }
  });
}

const serviceName = parameter("Name", "texts", "Names of services, or patterns of them.", {
  position: 1,
  sets: ["VMName", "VMObject"],
  completes: "service",
});

/** @cmdlet Get-VMIntegrationService full */
const getService: Cmdlet = cmdlet({
  name: "Get-VMIntegrationService",
  module,
  outputs: "VMIntegrationComponent",
  synopsis: "Lists integration services of virtual machines.",
  standardSet: "VMName",
  parameters: [...ownerParameters, serviceName],
  open: (call) => ({
    process: (given) => eachService(call, given, (machine, one) => call.out(serviceObject(machine, one))),
  }),
});

function switchService(name: string, synopsis: string, isOn: boolean): Cmdlet {
  return cmdlet({
    name,
    module,
    synopsis,
    standardSet: "VMName",
    confirms: "asked",
    parameters: [
      ...ownerParameters,
      { ...serviceName, mandatory: true },
      parameter("VMIntegrationService", "list", "As Get-VMIntegrationService gives them.", {
        position: 0,
        mandatory: true,
        pipeline: "value",
        of: "VMIntegrationComponent",
        sets: ["Object"],
      }),
      passthru,
    ],
    open: (call) => ({
      process: (given) =>
        eachService(call, given, async (machine, service) => {
          if (!(await call.shouldProcess(`${machine.name}: ${service.name}`, name))) return;
          try {
            await modifyResource(call, machine, {
              what: `Changing '${service.name}' of '${machine.name}'`,
              of: service.setting,
              properties: { EnabledState: isOn ? 2 : 3 },
            });
          } catch (failure) {
            return call.error(failure);
          }
          const after = (await servicesOf(call, machine)).find((one) => one.name === service.name);
          if (given.flag("Passthru") && after !== undefined) await call.out(serviceObject(machine, after));
        }),
    }),
  });
}

/**
 * Cmdlets for what machines are set to.
 * @cmdlet Enable-VMIntegrationService full
 * @cmdlet Disable-VMIntegrationService full
 */
export const settingCmdlets: readonly Cmdlet[] = [
  getMemory,
  getProcessor,
  setProcessor,
  getBios,
  getService,
  switchService("Enable-VMIntegrationService", "Lets virtual machines have integration services.", true),
  switchService(
    "Disable-VMIntegrationService",
    "Takes integration services away from virtual machines.",
    false,
  ),
];
