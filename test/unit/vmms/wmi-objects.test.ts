import { expect, test } from "vitest";
import { usualAdapter } from "../../../src/vmms/adapters/rules.ts";
import { firstNetworkId } from "../../../src/vmms/networks/networks.ts";
import { fitValue, openSchema, virtualizationClasses } from "../../../src/wmi/index.ts";
import { labVm, openMemoryHost } from "../../lab/memory-host.ts";
import { wmiClient } from "../../lab/wmi.ts";

const schema = openSchema(virtualizationClasses);
/** Objects of these live inside others, or are events. */
const elsewhere = [
  "__InstanceOperationEvent",
  "__InstanceCreationEvent",
  "__InstanceModificationEvent",
  "__InstanceDeletionEvent",
  "Msvm_SummaryInformation",
  "Msvm_VirtualHardDiskInfo",
  "Msvm_KvpExchangeDataItem",
  "Msvm_Error",
];

/** A host that has something of everything. */
async function openRichHost() {
  const host = await openMemoryHost({
    machines: [
      labVm({
        adapters: [
          usualAdapter({ type: "synthetic", index: 0 }, firstNetworkId),
          usualAdapter({ type: "legacy", index: 0 }, null),
        ],
        drives: [
          ...labVm().drives,
          {
            slot: { controller: "floppy", number: 0, location: 0 },
            kind: "floppy",
            medium: { kind: "empty" },
          },
        ],
      }),
    ],
  });
  const client = wmiClient(host);
  await client.power(2);
  await host.must({ kind: "create", type: "dynamic", name: "a.vhd", byteLength: 65_536 });
  return { host, client };
}

test("every class has objects, or is one whose objects live elsewhere", async () => {
  const { host } = await openRichHost();
  const concrete = schema.classes.filter(({ abstract }) => !abstract).map(({ name }) => name);
  const found = new Set(
    (await Promise.all(concrete.map(host.wmi.enumerate))).flat().map(({ className }) => className),
  );
  expect(concrete.filter((name) => !found.has(name))).toEqual(elsewhere);
});

test("every object has all properties of its class, each fits, and every path leads back to it", async () => {
  const { host } = await openRichHost();
  const paths = new Set<string>();
  for (const of of schema.classes.filter(({ abstract }) => !abstract)) {
    const objects = await host.wmi.enumerate(of.name);
    for (const { className, path, properties } of objects.filter((one) => one.className === of.name)) {
      expect(Object.keys(properties)).toEqual(schema.get(className).properties.map(({ name }) => name));
      for (const property of of.properties) {
        const value = properties[property.name];
        expect(fitValue(property, value), `${path} ${property.name}`).toEqual(value);
        if (property.type === "reference") expect((await host.wmi.get(String(value))).path).toBe(value);
      }
      expect((await host.wmi.get(path ?? "")).path).toBe(path);
      paths.add(path ?? "");
    }
  }
  const all = await Promise.all(
    schema.classes
      .filter(({ superclass }) => superclass === null)
      .map(({ name }) => host.wmi.enumerate(name)),
  );
  expect(paths.size).toBe(all.flat().length);
});

test("every method of a service does something, or is not supported and says so", async () => {
  const { host } = await openRichHost();
  for (const service of await host.wmi.enumerate("CIM_Service")) {
    for (const { name, implemented } of schema.get(service.className).methods) {
      const { returnValue } = await host.wmi.invoke(service.path ?? "", name, {});
      expect([name, returnValue === 32770]).toEqual([name, !implemented]);
    }
  }
});

test("from a machine to its settings, to its drives, and back, as clients walk", async () => {
  const { client } = await openRichHost();
  const { path } = await client.machine();
  const setting = await client.one(`ASSOCIATORS OF {${path}} WHERE AssocClass=Msvm_SettingsDefineState`);
  expect(setting.properties).toMatchObject({
    ElementName: "web01",
    SettingType: 3,
    Notes: "a machine",
    BootOrder: null,
  });
  const global = await client.one(`ASSOCIATORS OF {${path}} WHERE AssocClass=Msvm_ElementSettingData`);
  expect(global.className).toBe("Msvm_VirtualSystemGlobalSettingData");
  const drives = await client.all(
    `ASSOCIATORS OF {${setting.path}} WHERE ResultClass=Msvm_ResourceAllocationSettingData ResultRole=PartComponent`,
  );
  expect(
    drives.map(({ properties }) => properties["ResourceSubType"] ?? properties["OtherResourceType"]),
  ).toEqual([
    "Microsoft Emulated IDE Controller",
    "Microsoft Emulated IDE Controller",
    "Microsoft Synthetic SCSI Controller",
    "Microsoft Virtual Diskette Controller",
    "Microsoft Synthetic Disk Drive",
    "Microsoft Synthetic DVD Drive",
    "Microsoft Synthetic Disk Drive",
    "Microsoft Synthetic Diskette Drive",
    "Microsoft Virtual Hard Disk",
    "Microsoft Virtual Hard Disk",
  ]);
  const [system] = await client.all(`ASSOCIATORS OF {${path}} WHERE ResultClass=Msvm_LogicalDisk`);
  expect(system?.properties).toMatchObject({
    ElementName: "web01.vhd",
    BlockSize: 512n,
    NumberOfBlocks: 64n,
  });
  const services = await client.all(
    "ASSOCIATORS OF {Msvm_ComputerSystem.CreationClassName='Msvm_ComputerSystem',Name='LAB'} WHERE AssocClass=Msvm_HostedService",
  );
  expect(services.map(({ properties }) => properties["Name"])).toEqual(["vmms", "vhdsvc", "nvspwmi"]);
});
