import { describe, expect, test } from "vitest";
import { type NetworkId, usualShare } from "../../../src/hvdef/index.ts";
import { openMemoryHost, web01 } from "../../lab/memory-host.ts";
import { wmiClient } from "../../lab/wmi.ts";

const rasd = "SELECT * FROM Msvm_ResourceAllocationSettingData WHERE NOT InstanceID LIKE '%Definition%' AND";
const internal = "7ab71502-0000-4000-8000-0000000000e1" as NetworkId;

async function open() {
  const host = await openMemoryHost();
  const client = wmiClient(host);
  const target = (await client.machine()).path ?? "";
  const add = (...ResourceSettingData: readonly object[]) =>
    client.manage("AddVirtualSystemResources", {
      TargetSystem: target,
      ResourceSettingData: ResourceSettingData as never,
    });
  const remove = (...ResourceSettingData: readonly string[]) =>
    client.manage("RemoveVirtualSystemResources", { TargetSystem: target, ResourceSettingData });
  const modify = (...ResourceSettingData: readonly object[]) =>
    client.manage("ModifyVirtualSystemResources", {
      ComputerSystem: target,
      ResourceSettingData: ResourceSettingData as never,
    });
  const scsi = await client.pathOf(`${rasd} ResourceSubType = 'Microsoft Synthetic SCSI Controller'`);
  return { host, client, target, add, remove, modify, scsi };
}

/** What New-Resource of a script makes: the path of what came. */
const made = ({
  returnValue,
  out,
}: {
  returnValue: number;
  out: { readonly [name: string]: unknown };
}): string => {
  const paths = out["NewResources"];
  if (returnValue !== 0 || !Array.isArray(paths)) throw new Error(`${returnValue}`);
  return String(paths[0]);
};

describe("drives", () => {
  test("controller, drive, file: as scripts of R2 do it, while the machine runs", async () => {
    const { host, client, add, remove, scsi } = await open();
    await host.must({ kind: "create", type: "dynamic", name: "data.vhd", byteLength: 65_536 });
    await host.session.start(web01);
    const drive = made(
      await add(await client.template("Microsoft Synthetic Disk Drive", { Parent: scsi, Address: "5" })),
    );
    // A drive without a disk is there for whoever asks, and the machine knows nothing of it.
    expect((await host.wmi.get(drive)).properties).toMatchObject({
      Address: "5",
      Parent: scsi,
      ResourceType: 22,
    });
    expect((await host.summary()).drives).toHaveLength(3);
    const disk = await client.template("Microsoft Virtual Hard Disk", {
      Parent: drive,
      Connection: ["data.vhd"],
    });
    const medium = made(await add(disk));
    expect((await host.summary()).drives.at(-1)).toMatchObject({
      slot: { controller: "SCSI", number: 0, location: 5 },
      medium: { kind: "file", name: "data.vhd" },
    });
    expect((await host.wmi.get(medium)).properties).toMatchObject({
      Connection: ["data.vhd"],
      Parent: drive,
    });
    expect(await add(disk)).toMatchObject({ returnValue: 32774 });
    expect(await remove(medium)).toMatchObject({ returnValue: 0 });
    expect((await host.summary()).drives).toHaveLength(3);
    expect((await host.wmi.get(drive)).path).toBe(drive);
    expect(await remove(drive)).toMatchObject({ returnValue: 0 });
    await expect(host.wmi.get(drive)).rejects.toMatchObject({ code: "wmi.notFound" });
    expect(host.stillOpen()).toEqual(["web01.vhd", "plane", "control"]);
  });

  test("embedded instances as text, as clients of Windows send them", async () => {
    const { host, add, scsi } = await open();
    await host.must({ kind: "create", type: "dynamic", name: "a & b.vhd", byteLength: 65_536 });
    const text = (properties: string): never =>
      `<INSTANCE CLASSNAME="Msvm_ResourceAllocationSettingData">${properties}</INSTANCE>` as never;
    const value = (name: string, type: string, found: string): string =>
      `<PROPERTY NAME="${name}" TYPE="${type}"><VALUE>${found}</VALUE></PROPERTY>`;
    const drive = made(
      await add(
        text(
          value("ResourceType", "uint16", "22") +
            value("ResourceSubType", "string", "Microsoft Synthetic Disk Drive") +
            value("Parent", "string", scsi.replaceAll('"', "&quot;")) +
            value("Address", "string", "1"),
        ),
      ),
    );
    await add(
      text(
        `${value("ResourceType", "uint16", "21")}${value("Parent", "string", drive.replaceAll('"', "&quot;"))}<PROPERTY.ARRAY NAME="Connection" TYPE="string"><VALUE.ARRAY><VALUE>a &amp; b.vhd</VALUE></VALUE.ARRAY></PROPERTY.ARRAY>`,
      ),
    );
    expect((await host.summary()).drives.at(-1)?.title).toBe("a & b.vhd");
  });

  test("discs go in and out, a diskette drive comes and goes, another controller too", async () => {
    const { host, client, add, remove, modify } = await open();
    await host.must({ kind: "createFloppy", name: "boot.vfd" });
    await host.must({ kind: "createFloppy", name: "other.vfd" });
    const floppies = await client.pathOf(
      `${rasd} OtherResourceType = 'Microsoft Virtual Diskette Controller'`,
    );
    const drive = made(
      await add(await client.template("Microsoft Synthetic Diskette Drive", { Parent: floppies })),
    );
    const medium = made(
      await add(
        await client.template("Microsoft Virtual Floppy Disk", { Parent: drive, Connection: ["boot.vfd"] }),
      ),
    );
    const found = await host.wmi.get(medium);
    expect(
      await modify({
        ...found,
        properties: { InstanceID: found.properties["InstanceID"], Connection: ["other.vfd"] },
      }),
    ).toMatchObject({ returnValue: 0 });
    expect((await host.summary()).drives.at(-1)?.medium).toEqual({ kind: "file", name: "other.vfd" });
    expect(await remove(medium, drive)).toMatchObject({ returnValue: 0 });
    const controller = made(await add(await client.template("Microsoft Synthetic SCSI Controller", {})));
    expect((await host.summary()).scsiControllers).toBe(2);
    expect(await remove(controller)).toMatchObject({ returnValue: 0 });
    expect((await host.summary()).scsiControllers).toBe(1);
  });

  test("all or none: what came before one that is refused goes again", async () => {
    const { host, client, add, scsi } = await open();
    const controller = await client.template("Microsoft Synthetic SCSI Controller", {});
    const drive = await client.template("Microsoft Synthetic Disk Drive", { Parent: scsi, Address: "9" });
    const wrong = await client.template("Microsoft Synthetic Disk Drive", { Parent: scsi, Address: "64" });
    expect(await add(controller, drive, wrong)).toMatchObject({ returnValue: 32773 });
    expect((await host.summary()).scsiControllers).toBe(1);
    expect(await client.all(`${rasd} Address = '9' AND ResourceType = 22`)).toEqual([]);
  });

  test("refusals have their numbers", async () => {
    const { host, client, target, add, remove, scsi } = await open();
    const drive = (more: object) =>
      client.template("Microsoft Synthetic Disk Drive", { Parent: scsi, Address: "7", ...more });
    const medium = (more: object) => client.template("Microsoft Virtual Hard Disk", { ...more });
    expect(await add(await drive({ Parent: target }))).toMatchObject({ returnValue: 32773 });
    expect(await add(await drive({ Address: "x" }))).toMatchObject({ returnValue: 32773 });
    expect(await add(await drive({ Address: "0" }))).toMatchObject({ returnValue: 32773 });
    const empty = made(await add(await drive({})));
    expect(await add(await medium({ Parent: empty }))).toMatchObject({ returnValue: 32773 });
    expect(await add(await medium({ Parent: empty, Connection: ["none.vhd"] }))).toMatchObject({
      returnValue: 32779,
    });
    expect(await add()).toMatchObject({ returnValue: 32773 });
    expect(await remove(target)).toMatchObject({ returnValue: 32773 });
    const ide = await client.pathOf(`${rasd} ElementName = 'IDE Controller 0'`);
    expect(await remove(ide)).toMatchObject({ returnValue: 32770 });
    expect(await remove(scsi)).toMatchObject({ returnValue: 32773 });
    const processor = await client.pathOf(
      "SELECT * FROM Msvm_ProcessorSettingData WHERE NOT InstanceID LIKE '%Definition%'",
    );
    expect(await remove(processor)).toMatchObject({ returnValue: 32770 });
    await host.session.start(web01);
    const ideDrive = await client.template("Microsoft Synthetic DVD Drive", { Parent: ide, Address: "1" });
    expect(await add(ideDrive)).toMatchObject({ returnValue: 32775 });
  });
});

describe("the processor and the memory", () => {
  test("shares are thousandths of percent, out of range is refused, memory stays", async () => {
    const { host, client, modify } = await open();
    await host.session.start(web01);
    const setting = await client.one(
      "SELECT * FROM Msvm_ProcessorSettingData WHERE NOT InstanceID LIKE '%Definition%'",
    );
    const change = (more: object) =>
      modify({ ...setting, properties: { InstanceID: setting.properties["InstanceID"], ...more } });
    expect(setting.properties).toMatchObject({ Reservation: 0n, Limit: 100_000n, Weight: 100 });
    expect(await change({ Limit: 50_000n, Weight: 200 })).toMatchObject({ returnValue: 0 });
    expect(host.shares).toEqual([{ ...usualShare, limit: 50, weight: 200 }]);
    expect((await host.wmi.get(setting.path ?? "")).properties).toMatchObject({
      Limit: 50_000n,
      Weight: 200,
    });
    expect(await change({ Reservation: 60_000n })).toMatchObject({ returnValue: 32773 });
    expect(await change({ VirtualQuantity: 2n })).toMatchObject({ returnValue: 32770 });
    const memory = await client.one(
      "SELECT * FROM Msvm_MemorySettingData WHERE NOT InstanceID LIKE '%Definition%'",
    );
    expect(memory.properties).toMatchObject({ VirtualQuantity: 64n, DynamicMemoryEnabled: false });
    const grow = { InstanceID: memory.properties["InstanceID"] ?? null, VirtualQuantity: 128n };
    expect(await modify({ ...memory, properties: grow })).toMatchObject({ returnValue: 32770 });
    expect(await modify({ ...memory, properties: { ...grow, VirtualQuantity: 64n } })).toMatchObject({
      returnValue: 0,
    });
  });
});

describe("adapters and networks", () => {
  test("an adapter on a switch, disconnected by its port, removed", async () => {
    const { host, client, add, modify, remove } = await open();
    const network = await client.pathOf("SELECT * FROM Msvm_VirtualSwitch WHERE ElementName = 'Internal'");
    const adapter = made(
      await add(
        await client.template("Microsoft Synthetic Ethernet Port", {
          StaticMacAddress: true,
          Address: "00155d010a03",
          Connection: [network],
        }),
      ),
    );
    expect((await host.summary()).adapters).toEqual([
      expect.objectContaining({
        type: "synthetic",
        index: 0,
        mac: "00-15-5D-01-0A-03",
        staticMac: true,
        network: internal,
      }),
    ]);
    const setting = await host.wmi.get(adapter);
    const port = String(setting.properties["Connection"]);
    expect((await host.wmi.get(port)).properties).toMatchObject({ VMQOffloadWeight: 100, EnabledState: 3 });
    await host.session.start(web01);
    expect((await host.wmi.get(port)).properties["EnabledState"]).toBe(2);
    expect(
      (await client.one("SELECT * FROM Msvm_SyntheticEthernetPort")).properties["PermanentAddress"],
    ).toBe("00155D010A03");
    const service = "SELECT * FROM Msvm_VirtualSwitchManagementService";
    expect(await client.call(service, "DisconnectSwitchPort", { SwitchPort: port })).toMatchObject({
      returnValue: 0,
    });
    expect((await host.summary()).adapters[0]?.network).toBeNull();
    await expect(host.wmi.get(port)).rejects.toMatchObject({ code: "wmi.notFound" });
    // A path of a port of the same switch does as well as one of the switch.
    const management = await client.pathOf("SELECT * FROM Msvm_SwitchPort");
    expect(
      await modify({
        ...setting,
        properties: { InstanceID: setting.properties["InstanceID"], Connection: [management] },
      }),
    ).toMatchObject({ returnValue: 0 });
    expect((await host.summary()).adapters[0]?.network).toBe(internal);
    expect(await remove(adapter)).toMatchObject({ returnValue: 32775 });
    await host.session.turnOff(web01);
    expect(await remove(adapter)).toMatchObject({ returnValue: 0 });
  });

  test("private networks are made and removed; what a tab has not is not supported", async () => {
    const { client, host } = await open();
    const service = "SELECT * FROM Msvm_VirtualSwitchManagementService";
    const wanted = { Name: "x", FriendlyName: "lab", NumLearnableAddresses: 1024, ScopeOfResidence: "" };
    const { returnValue, out } = await client.call(service, "CreateSwitch", wanted);
    expect(returnValue).toBe(0);
    expect((await host.wmi.get(String(out["CreatedVirtualSwitch"]))).properties["ElementName"]).toBe("lab");
    expect(await client.call(service, "CreateSwitch", wanted)).toMatchObject({ returnValue: 32773 });
    expect(
      await client.call(service, "CreateSwitch", { FriendlyName: "b", NumLearnableAddresses: 7 }),
    ).toMatchObject({
      returnValue: 32770,
    });
    expect(await client.call(service, "SetupSwitch", {})).toMatchObject({ returnValue: 32770 });
    const gone = { VirtualSwitch: out["CreatedVirtualSwitch"] ?? null };
    expect(await client.call(service, "DeleteSwitch", gone)).toMatchObject({ returnValue: 0 });
    expect(await client.call(service, "DeleteSwitch", gone)).toMatchObject({ returnValue: 32773 });
    expect((await host.session.listNetworks()).map(({ name }) => name)).toEqual(["Internal"]);
  });

  test("VLANs of a port", async () => {
    const { client, host, add } = await open();
    const network = await client.pathOf("SELECT * FROM Msvm_VirtualSwitch");
    const adapter = made(
      await add(await client.template("Microsoft Emulated Ethernet Port", { Connection: [network] })),
    );
    const [configuration] = (await host.summary()).adapters;
    if (configuration === undefined) throw new Error("the adapter is not there");
    await host.session.changeAdapter(web01, {
      ...configuration,
      vlan: { kind: "trunk", native: 5, allowed: [6, 7] },
    });
    const port = String((await host.wmi.get(adapter)).properties["Connection"]);
    const endpoint = await client.one(`ASSOCIATORS OF {${port}} WHERE AssocClass=Msvm_BindsTo`);
    expect(endpoint.properties["DesiredEndpointMode"]).toBe(5);
    const setting = await client.one(
      `ASSOCIATORS OF {${endpoint.path}} WHERE ResultClass=Msvm_VLANEndpointSettingData`,
    );
    expect(setting.properties).toMatchObject({ AccessVLAN: 0, NativeVLAN: 5, TrunkedVLANList: [6, 7] });
  });
});

describe("integration services", () => {
  test("a service is switched by its setting", async () => {
    const { host, client, modify } = await open();
    const setting = await client.one("SELECT * FROM Msvm_VssComponentSettingData");
    const change = (EnabledState: number) =>
      modify({ ...setting, properties: { InstanceID: setting.properties["InstanceID"], EnabledState } });
    expect(await change(3)).toMatchObject({ returnValue: 0 });
    expect((await host.summary()).integration.find(({ service }) => service === "backup")?.enabled).toBe(
      false,
    );
    expect((await host.wmi.get(setting.path ?? "")).properties["EnabledState"]).toBe(3);
    expect(await change(4)).toMatchObject({ returnValue: 32773 });
    expect(await change(2)).toMatchObject({ returnValue: 0 });
  });

  test("items for the guest: added, changed, removed; all or none", async () => {
    const { host, client, target } = await open();
    const item = (Name: string, Data: string): object => ({
      className: "Msvm_KvpExchangeDataItem",
      path: null,
      properties: { Name, Data, Source: 0 },
    });
    const call = (method: string, ...DataItems: readonly object[]) =>
      client.manage(method, { TargetSystem: target, DataItems: DataItems as never });
    expect(await call("AddKvpItems", item("a", "1"), item("b", "2"))).toMatchObject({ returnValue: 0 });
    expect(await call("AddKvpItems", item("a", "3"))).toMatchObject({ returnValue: 32773 });
    expect(await call("ModifyKvpItems", item("c", "3"))).toMatchObject({ returnValue: 32773 });
    expect(await call("ModifyKvpItems", item("a", "9"), item("b", "\0"))).toMatchObject({
      returnValue: 32773,
    });
    expect((await host.session.keyValuePairs(web01)).host).toEqual([
      { key: "a", value: "1" },
      { key: "b", value: "2" },
    ]);
    expect(await call("ModifyKvpItems", item("a", "9"))).toMatchObject({ returnValue: 0 });
    expect(await call("RemoveKvpItems", item("b", ""))).toMatchObject({ returnValue: 0 });
    const { properties } = await client.one("SELECT * FROM Msvm_KvpExchangeComponentSettingData");
    expect(properties["HostExchangeItems"]).toEqual([
      expect.stringContaining('<PROPERTY NAME="Data" TYPE="string"><VALUE>9</VALUE></PROPERTY>'),
    ]);
    expect(await call("RemoveKvpItems")).toMatchObject({ returnValue: 32773 });
  });
});
