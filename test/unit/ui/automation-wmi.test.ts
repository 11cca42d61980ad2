import { expect, test } from "vitest";
import { type AutomationObject, automationWmi } from "../../../src/ui/automation-wmi.ts";
import { openMemoryHost, settle, web01 } from "../../lab/memory-host.ts";

test("objects are plain, methods answer a number and what they give out", async () => {
  const host = await openMemoryHost();
  const wmi = automationWmi(Promise.resolve(host.wmi));
  const [machine] = await wmi.query("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'web01'");
  expect(machine).toMatchObject({
    __CLASS: "Msvm_ComputerSystem",
    Name: web01.toUpperCase(),
    EnabledState: 3,
  });
  const path = String(machine?.["__PATH"]);
  expect((await wmi.get(path))["ElementName"]).toBe("web01");
  const started = await wmi.invoke(path, "RequestStateChange", { RequestedState: 2 });
  expect(started).toEqual({ ReturnValue: 4096, Job: expect.stringContaining("Msvm_ConcreteJob") });
  const classes = await wmi.query("SELECT * FROM meta_class WHERE __CLASS = 'Msvm_Processor'");
  expect(classes).toEqual([{ __CLASS: "Msvm_Processor", __SUPERCLASS: "CIM_Processor" }]);
});

test("a subscriber hears every event until it stops, objects inside are plain too", async () => {
  const host = await openMemoryHost();
  const wmi = automationWmi(Promise.resolve(host.wmi));
  const states: unknown[] = [];
  const stop = await wmi.subscribe(
    "SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'Msvm_ComputerSystem'",
    (event) => states.push((event["TargetInstance"] as AutomationObject)["EnabledState"]),
  );
  await host.session.start(web01);
  await settle();
  stop();
  await host.session.turnOff(web01);
  await settle();
  expect([...new Set(states)]).toEqual([32770, 2]);
});

test("a host that never answers rejects with its sentence", async () => {
  const wmi = automationWmi(Promise.reject(new Error("There is no host.")));
  await expect(wmi.query("SELECT * FROM Msvm_Processor")).rejects.toThrow("There is no host.");
  await expect(wmi.subscribe("x", () => {})).rejects.toThrow("There is no host.");
});
