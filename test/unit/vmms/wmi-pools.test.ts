import { expect, test } from "vitest";
import { openMemoryHost, web01 } from "../../lab/memory-host.ts";
import { wmiClient } from "../../lab/wmi.ts";

/** What scripts look for: the settings of what can be taken from a pool, by what they mean. */
async function settingsOf(client: ReturnType<typeof wmiClient>, subType: string) {
  const capabilities = await client.pathOf(
    `SELECT * FROM Msvm_AllocationCapabilities WHERE ResourceSubType = '${subType}'`,
  );
  const links = await client.all(
    `REFERENCES OF {${capabilities}} WHERE ResultClass=Msvm_SettingsDefineCapabilities`,
  );
  const found = await client.all(
    `ASSOCIATORS OF {${capabilities}} WHERE AssocClass=Msvm_SettingsDefineCapabilities`,
  );
  return links.map(({ properties }) => {
    const setting = found.find(({ path }) => path === properties["PartComponent"]);
    return {
      role: properties["ValueRole"],
      range: properties["ValueRange"],
      className: setting?.className,
      properties: setting?.properties,
    };
  });
}

test("from the capabilities of a pool to its defaults and bounds, as scripts go", async () => {
  const client = wmiClient(await openMemoryHost());
  expect(await settingsOf(client, "Microsoft Virtual Machine Memory")).toMatchObject([
    { role: 0, range: 0, className: "Msvm_MemorySettingData", properties: { VirtualQuantity: 512n } },
    { role: 3, range: 1, properties: { VirtualQuantity: 4n } },
    { role: 3, range: 2, properties: { VirtualQuantity: 2048n } },
    { role: 3, range: 3, properties: { VirtualQuantity: 1n } },
  ]);
  expect(await settingsOf(client, "Microsoft Emulated Ethernet Port")).toMatchObject([
    { className: "Msvm_EmulatedEthernetPortSettingData", properties: { StaticMacAddress: false } },
    { properties: { VirtualQuantity: 0n } },
    { properties: { VirtualQuantity: 4n } },
    { properties: { VirtualQuantity: 1n } },
  ]);
  const pools = await client.all("SELECT * FROM CIM_ResourcePool");
  expect(pools).toHaveLength(14);
  for (const { path } of pools) {
    const query = `ASSOCIATORS OF {${path}} WHERE AssocClass=Msvm_ElementCapabilities`;
    expect(await client.all(query)).toHaveLength(1);
  }
});

test("the bounds of a processor are those that a machine takes", async () => {
  const client = wmiClient(await openMemoryHost());
  const [, least, most] = await settingsOf(client, "Microsoft Processor");
  const ComputerSystem = (await client.machine()).path ?? "";
  const { className, properties } = await client.one(
    `SELECT * FROM Msvm_ProcessorSettingData WHERE InstanceID LIKE '%${web01}%'`,
  );
  const set = async (Limit: bigint, Weight: number) =>
    (
      await client.manage("ModifyVirtualSystemResources", {
        ComputerSystem,
        ResourceSettingData: [{ className, path: null, properties: { ...properties, Limit, Weight } }],
      })
    ).returnValue;
  const bound = (of: typeof least, name: string) => of?.properties?.[name] ?? null;
  const [limit, top] = [bound(least, "Limit"), bound(most, "Limit")].map((one) => BigInt(String(one)));
  const [light, heavy] = [bound(least, "Weight"), bound(most, "Weight")].map(Number);
  if (limit === undefined || top === undefined || light === undefined || heavy === undefined)
    throw new Error("the processor has no bounds");
  expect(await set(limit, light)).toBe(0);
  expect(await set(top, heavy)).toBe(0);
  expect(await set(limit - 1n, light)).toBe(32773);
  expect(await set(top + 1n, heavy)).toBe(32773);
  expect(await set(top, light - 1)).toBe(32773);
  expect(await set(top, heavy + 1)).toBe(32773);
});

test("as many controllers and adapters as the bounds say, and no more", async () => {
  const client = wmiClient(await openMemoryHost());
  const TargetSystem = (await client.machine()).path ?? "";
  for (const subType of ["Microsoft Synthetic SCSI Controller", "Microsoft Emulated Ethernet Port"]) {
    const [, , most] = await settingsOf(client, subType);
    const owned = `SELECT * FROM CIM_ResourceAllocationSettingData WHERE ResourceSubType = '${subType}' AND InstanceID LIKE '%${web01}%'`;
    const setting = await client.template(subType, {});
    const add = async () =>
      (await client.manage("AddVirtualSystemResources", { TargetSystem, ResourceSettingData: [setting] }))
        .returnValue;
    const limit = Number(most?.properties?.["VirtualQuantity"]);
    for (let count = (await client.all(owned)).length; count < limit; count++) expect(await add()).toBe(0);
    expect(await add()).not.toBe(0);
    expect(await client.all(owned)).toHaveLength(limit);
  }
});

test("what is reserved are the memory and the processor of machines with power", async () => {
  const host = await openMemoryHost();
  const client = wmiClient(host);
  const reserved = async (className: string) =>
    (await client.one(`SELECT Reserved FROM ${className} WHERE Reserved >= 0`)).properties["Reserved"];
  await host.session.setProcessorShare(web01, { reserve: 12.5, limit: 100, weight: 100 });
  expect([await reserved("Msvm_ResourcePool"), await reserved("Msvm_ProcessorPool")]).toEqual([0n, 0n]);
  await client.power(2);
  expect([await reserved("Msvm_ResourcePool"), await reserved("Msvm_ProcessorPool")]).toEqual([64n, 12_500n]);
});
