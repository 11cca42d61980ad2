import { describe, expect, test } from "vitest";
import type { NewMachine } from "../../../src/hvdef/index.ts";
import type { CimInstance } from "../../../src/wmi/index.ts";
import { openMemoryHost, settle } from "../../lab/memory-host.ts";
import { wmiClient } from "../../lab/wmi.ts";

const completed = 7;
const exception = 10;
const mine: NewMachine = {
  name: "mine",
  memoryBytes: 64 * 2 ** 20,
  boot: { kind: "bios" },
  drives: [],
  scsiControllers: 0,
  adapters: [],
};

async function openOwnHost() {
  const host = await openMemoryHost();
  const id = await host.session.createMachine(mine);
  const client = wmiClient(host);
  const names = async () => (await host.session.list()).map(({ name }) => name);
  const pathOf = async (name: string) => (await client.machine(name)).path ?? "";
  const destroy = async (name: string) =>
    client.manage("DestroyVirtualSystem", { ComputerSystem: await pathOf(name) });
  return { host, id, client, names, pathOf, destroy };
}

describe("DestroyVirtualSystem", () => {
  test("removes a machine of the visitor as a job, which is told and stays when its machine is gone", async () => {
    const { host, client, names, destroy } = await openOwnHost();
    const gone = await host.wmi.subscribe(
      "SELECT * FROM __InstanceDeletionEvent WHERE TargetInstance ISA 'Msvm_ComputerSystem'",
    );
    const { returnValue, out } = await destroy("mine");
    expect(returnValue).toBe(4096);
    const job = String(out["Job"]);
    expect((await host.wmi.get(job)).properties).toMatchObject({
      Caption: "Remove mine",
      Cancellable: false,
    });
    expect(await client.all(`ASSOCIATORS OF {${job}} WHERE ResultClass=Msvm_ComputerSystem`)).toHaveLength(1);
    expect(await client.finished(job)).toBe(completed);
    expect(await names()).toEqual(["web01"]);
    expect(await client.all(`ASSOCIATORS OF {${job}}`)).toEqual([]);
    const { events } = await host.wmi.next(gone);
    expect(events.map(({ properties }) => properties["TargetInstance"])).toMatchObject([
      { properties: { ElementName: "mine" } },
    ]);
  });

  test("removes one that is saved, with what was saved", async () => {
    const { host, id, client, names, destroy } = await openOwnHost();
    await host.session.start(id);
    await host.session.save(id);
    const { out } = await destroy("mine");
    expect(await client.finished(String(out["Job"]))).toBe(completed);
    expect(await names()).toEqual(["web01"]);
    expect((await host.kept.list()).filter(({ name }) => name.startsWith(id))).toEqual([]);
  });

  test("refuses one that runs, one of the site, and what is none", async () => {
    const { host, id, client, names, destroy } = await openOwnHost();
    await host.session.start(id);
    expect((await destroy("mine")).returnValue).toBe(32775);
    expect((await destroy("web01")).returnValue).toBe(32769);
    expect((await destroy("LAB")).returnValue).toBe(32773);
    expect((await client.manage("DestroyVirtualSystem", {})).returnValue).toBe(32773);
    expect(await names()).toEqual(["web01", "mine"]);
  });

  test("fails in its job when the machine was started meanwhile", async () => {
    const { host, id, client, names, destroy } = await openOwnHost();
    const { out } = await destroy("mine");
    await host.session.start(id);
    expect(await client.finished(String(out["Job"]))).toBe(exception);
    expect((await host.wmi.get(String(out["Job"]))).properties).toMatchObject({
      ErrorCode: 32775,
      ErrorDescription: "Turn mine off before it is removed.",
    });
    expect(await names()).toEqual(["web01", "mine"]);
  });
});

describe("ModifyVirtualSystem", () => {
  const classes = ["Msvm_VirtualSystemSettingData", "Msvm_VirtualSystemGlobalSettingData"];
  async function openSettings() {
    const all = await openOwnHost();
    const setting = async (className: string, machine = "mine"): Promise<CimInstance> =>
      all.client.one(`SELECT * FROM ${className} WHERE ElementName = '${machine}'`);
    /** Hands in a setting with something changed. */
    async function modify(machine: string, found: CimInstance, more: CimInstance["properties"]) {
      const changed: CimInstance = { ...found, path: null, properties: { ...found.properties, ...more } };
      const ComputerSystem = await all.pathOf(machine);
      return all.client.manage("ModifyVirtualSystem", { ComputerSystem, SystemSettingData: changed });
    }
    return { ...all, setting, modify };
  }

  test.each(classes)("renames a machine of the visitor by its %s", async (className) => {
    const { host, names, setting, modify } = await openSettings();
    const before = await setting(className);
    const { returnValue, out } = await modify("mine", before, { ElementName: "theirs" });
    expect(returnValue).toBe(0);
    expect((await host.wmi.get(String(out["ModifiedSettingData"]))).properties).toEqual({
      ...before.properties,
      ElementName: "theirs",
    });
    expect(await names()).toEqual(["web01", "theirs"]);
  });

  test("what stays as it is, or is left out, is accepted of every machine", async () => {
    const { setting, modify, names } = await openSettings();
    for (const className of classes) {
      const found = await setting(className, "web01");
      expect((await modify("web01", found, {})).returnValue).toBe(0);
      expect((await modify("web01", found, { ElementName: null, SettingType: null })).returnValue).toBe(0);
    }
    expect(await names()).toEqual(["web01", "mine"]);
  });

  test.each([
    ["a name that is taken", { ElementName: "WEB01" }, 32773],
    ["no name", { ElementName: " " }, 32773],
    ["101 characters", { ElementName: "x".repeat(101) }, 32773],
    ["other notes", { Notes: "new" }, 32770],
    ["another boot order", { BootOrder: [3, 2, 1, 0] }, 32770],
    ["a setting of nothing", { InstanceID: "Microsoft:none" }, 32773],
  ] as const)("%s is refused", async (_name, more, code) => {
    const { setting, modify, names } = await openSettings();
    expect((await modify("mine", await setting(classes[0] ?? ""), more)).returnValue).toBe(code);
    expect(await names()).toEqual(["web01", "mine"]);
  });

  test("a machine of the site, one that runs, one that is saved and the host keep their names", async () => {
    const { host, id, client, setting, modify, names } = await openSettings();
    const other = { ElementName: "other" };
    const found = await setting(classes[0] ?? "");
    expect((await modify("web01", await setting(classes[0] ?? "", "web01"), other)).returnValue).toBe(32769);
    expect((await modify("web01", found, other)).returnValue).toBe(32773);
    expect((await modify("LAB", found, other)).returnValue).toBe(32773);
    const memory = await client.one(`SELECT * FROM Msvm_MemorySettingData WHERE InstanceID LIKE '%${id}%'`);
    await expect(modify("mine", memory, other)).rejects.toMatchObject({ hresult: 0x80041008 });
    await host.session.start(id);
    await settle();
    expect((await modify("mine", found, other)).returnValue).toBe(32775);
    await host.session.save(id);
    expect((await modify("mine", found, other)).returnValue).toBe(32775);
    expect(await names()).toEqual(["web01", "mine"]);
  });
});
