import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labVm, openMemoryHost, settle, web01 } from "../../lab/memory-host.ts";
import { wmiClient } from "../../lab/wmi.ts";

const completed = 7;
const exception = 10;
const terminated = 8;

describe("the life of a machine", () => {
  test("every request with its code, every job with its end", async () => {
    const host = await openMemoryHost();
    const client = wmiClient(host);
    const enabled = async () => (await client.machine()).properties["EnabledState"];
    expect(await enabled()).toBe(3);
    expect(await client.power(3)).toEqual([32775]);
    expect(await client.power(32768)).toEqual([32775]);
    expect(await client.power(2)).toEqual([4096, completed]);
    expect(await enabled()).toBe(2);
    expect(await client.power(2)).toEqual([32775]);
    expect(await client.power(32768)).toEqual([4096, completed]);
    expect(await enabled()).toBe(32768);
    expect(await client.power(2)).toEqual([4096, completed]);
    expect(await client.power(10)).toEqual([4096, completed]);
    expect(await client.power(32769)).toEqual([4096, completed]);
    expect(await enabled()).toBe(32769);
    expect(await client.power(2)).toEqual([4096, completed]);
    expect(await enabled()).toBe(2);
    expect(await client.power(32769)).toEqual([4096, completed]);
    // Off, of a machine that is saved, forgets its state.
    expect(await client.power(3)).toEqual([4096, completed]);
    expect(await enabled()).toBe(3);
    // 11 is reserved, 99 is nothing.
    expect(await client.power(32769)).toEqual([32775]);
    expect(await client.power(11)).toEqual([32773]);
    expect(await client.power(99)).toEqual([32773]);
    expect(host.states()).toEqual([
      ...["starting", "running", "pausing", "paused", "resuming", "running"],
      ...["resetting", "running", "saving", "saved", "restoring", "running", "saving", "saved", "off"],
    ]);
    expect(host.stillOpen()).toEqual([]);
  });

  test("the host itself takes no requests", async () => {
    const client = wmiClient(await openMemoryHost());
    const query = "SELECT * FROM Msvm_ComputerSystem WHERE Caption = 'Hosting Computer System'";
    expect(await client.call(query, "RequestStateChange", { RequestedState: 3 })).toMatchObject({
      returnValue: 32770,
    });
  });

  test("events tell every state on the way, what is asked for while it is, and how the job does", async () => {
    const host = await openMemoryHost();
    const client = wmiClient(host);
    const states = await host.wmi.subscribe(
      "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA 'Msvm_ComputerSystem'",
    );
    const jobs = await host.wmi.subscribe(
      "SELECT * FROM __InstanceOperationEvent WITHIN 1 WHERE TargetInstance ISA 'CIM_ConcreteJob'",
    );
    await client.power(2);
    await client.power(3);
    const seen = (await host.wmi.next(states)).events.map(({ properties }) => {
      const target = properties["TargetInstance"];
      const { EnabledState, RequestedState, OperationalStatus } =
        typeof target === "object" && target !== null && "properties" in target ? target.properties : {};
      return [EnabledState, RequestedState, OperationalStatus];
    });
    const distinct = seen.filter((one, place) => String(one) !== String(seen[place - 1]));
    expect(distinct).toEqual([
      [32770, 2, [11]],
      [2, 12, [2]],
      [32774, 3, [11]],
      [3, 12, [2]],
    ]);
    expect((await host.wmi.next(jobs)).events.map(({ className }) => className)).toEqual([
      "__InstanceCreationEvent",
      "__InstanceModificationEvent",
      "__InstanceCreationEvent",
      "__InstanceModificationEvent",
    ]);
  });

  test("a start that fails says why in its job", async () => {
    const host = await openMemoryHost({ moods: { start: "fails" } });
    const client = wmiClient(host);
    expect(await client.power(2)).toEqual([4096, exception]);
    const { path, properties } = await client.one("SELECT * FROM Msvm_ConcreteJob");
    expect(properties).toMatchObject({
      ElementName: "Start web01",
      JobStatus: "Error",
      ErrorCode: 32768,
      ErrorDescription: "web01 did not start. The start refused.",
      Cancellable: false,
    });
    const { out } = await host.wmi.invoke(path ?? "", "GetError", {});
    expect(out["Error"]).toContain("fake.start");
    const { out: formatted } = await client.manage("FormatError", {
      Errors: [out["Error"] ?? null] as never,
    });
    expect(formatted).toEqual({ ErrorMessage: "web01 did not start. The start refused." });
    expect((await client.machine()).properties["StatusDescriptions"]).toEqual([
      "web01 did not start. The start refused.",
    ]);
  });

  test("a start can be given up by its job, and the job of the end says so", async () => {
    const host = await openMemoryHost({ moods: { create: "hangs" } });
    const client = wmiClient(host);
    const started = await host.wmi.invoke((await client.machine()).path ?? "", "RequestStateChange", {
      RequestedState: 2,
    });
    const job = String(started.out["Job"]);
    await settle();
    expect((await host.wmi.get(job)).properties).toMatchObject({
      JobState: 4,
      Cancellable: true,
      PercentComplete: 0,
    });
    // Only Terminate is there.
    expect(await host.wmi.invoke(job, "RequestStateChange", { RequestedState: 3 })).toMatchObject({
      returnValue: 32770,
    });
    expect(await host.wmi.invoke(job, "KillJob", {})).toMatchObject({ returnValue: 32770 });
    expect(await host.wmi.invoke(job, "RequestStateChange", { RequestedState: 4 })).toMatchObject({
      returnValue: 0,
    });
    host.letGo();
    expect(await client.finished(job)).toBe(terminated);
    expect(await host.wmi.invoke(job, "RequestStateChange", { RequestedState: 4 })).toMatchObject({
      returnValue: 32775,
    });
    expect(await host.state()).toBe("off");
    expect(host.stillOpen()).toEqual([]);
  });

  test("a job is linked with its machine while it goes on", async () => {
    const host = await openMemoryHost({ moods: { create: "hangs" } });
    const client = wmiClient(host);
    const { path } = await client.machine();
    await host.wmi.invoke(path ?? "", "RequestStateChange", { RequestedState: 2 });
    const query = `ASSOCIATORS OF {${path}} WHERE AssocClass=Msvm_AffectedJobElement ResultClass=Msvm_ConcreteJob`;
    expect((await client.all(query)).map(({ properties }) => properties["Caption"])).toEqual(["Start web01"]);
    host.letGo();
  });

  test("a machine that stands still for lack of space is critical", async () => {
    const host = await openMemoryHost();
    const client = wmiClient(host);
    await client.power(2);
    host.stall();
    await settle();
    expect((await client.machine()).properties).toMatchObject({ EnabledState: 32768, HealthState: 25 });
    expect((await client.machine()).properties["StatusDescriptions"]).toEqual([
      expect.stringContaining("is full"),
    ]);
  });

  test("time counts while it runs, not while it stands still", async () => {
    const host = await openMemoryHost();
    const client = wmiClient(host);
    const onTime = async () => (await client.machine()).properties["OnTimeInMilliseconds"];
    expect(await onTime()).toBe(0n);
    await client.power(2);
    await host.live(5);
    expect(await onTime()).toBe(5000n);
    await client.power(32768);
    await host.live(7);
    expect(await onTime()).toBe(5000n);
    await client.power(2);
    await host.live(2);
    expect(await onTime()).toBe(7000n);
    await client.power(3);
    expect(await onTime()).toBe(0n);
    await client.power(2);
    await host.live(1);
    expect(await onTime()).toBe(1000n);
  });

  test("a guest that has not spoken cannot be shut down; one that is off has no services", async () => {
    const host = await openMemoryHost();
    const client = wmiClient(host);
    expect(await client.all("SELECT * FROM Msvm_ShutdownComponent")).toEqual([]);
    await client.power(2);
    const { properties } = await client.one("SELECT * FROM Msvm_HeartbeatComponent");
    expect(properties).toMatchObject({ EnabledState: 2, OperationalStatus: [12] });
    const shutdown = { Force: false, Reason: "night" };
    expect(
      await client.call("SELECT * FROM Msvm_ShutdownComponent", "InitiateShutdown", shutdown),
    ).toMatchObject({
      returnValue: 32780,
    });
    await host.session.setIntegrationService(web01, "shutdown", false);
    expect(
      await client.call("SELECT * FROM Msvm_ShutdownComponent", "InitiateShutdown", shutdown),
    ).toMatchObject({
      returnValue: 32777,
    });
  });
});

/** What each request answers in each state that lasts, and where it leads. @wmi 2.2 legal transitions */
const transitions: { readonly [state: number]: { readonly [request: number]: number } } = {
  3: { 2: 2 },
  2: { 3: 3, 10: 2, 32768: 32768 },
  32768: { 2: 2, 3: 3, 10: 2 },
};

test("any walk of requests goes as the diagram of states has it; nothing stays open, no job is lost", async () => {
  const requests = fc.array(fc.constantFrom(2, 3, 10, 32768), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(requests, async (walk) => {
      const host = await openMemoryHost();
      const client = wmiClient(host);
      let state = 3;
      let begun = 0;
      for (const request of [...walk, 3]) {
        const next = transitions[state]?.[request];
        expect(await client.power(request)).toEqual(next === undefined ? [32775] : [4096, completed]);
        if (next !== undefined) begun++;
        state = next ?? state;
        expect((await client.machine()).properties["EnabledState"]).toBe(state);
      }
      expect(await client.all("SELECT * FROM Msvm_ConcreteJob WHERE JobState = 7")).toHaveLength(begun);
      expect(host.stillOpen()).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

describe("summaries", () => {
  test("the numbers that are asked for, of the machines that are asked for", async () => {
    const other = "3f0b9d0e-6a51-4d6e-9d0c-7a0a5000000a";
    const host = await openMemoryHost({
      machines: [labVm(), labVm({ id: other, name: "db01", drives: [], firstDisks: [] })],
    });
    const client = wmiClient(host);
    await client.power(2);
    await host.live(3);
    const setting = await client.pathOf(
      "SELECT * FROM Msvm_VirtualSystemSettingData WHERE ElementName = 'web01'",
    );
    const { returnValue, out } = await client.manage("GetSummaryInformation", {
      SettingData: [setting],
      RequestedInformation: [1, 4, 100, 101, 103, 104, 105, 106, 107, 109, 110, 5, 9999],
    });
    expect(returnValue).toBe(0);
    expect(out["SummaryInformation"]).toEqual([
      {
        className: "Msvm_SummaryInformation",
        path: null,
        properties: {
          Name: web01.toUpperCase(),
          ElementName: "web01",
          NumberOfProcessors: 1,
          EnabledState: 2,
          ProcessorLoad: null,
          MemoryUsage: 64n,
          Heartbeat: 12,
          UpTime: 3000n,
          GuestOperatingSystem: null,
          Snapshots: [],
          HealthState: 5,
          OperationalStatus: [2],
        },
      },
    ]);
    const all = await client.manage("GetSummaryInformation", { RequestedInformation: [1, 108] });
    expect(all.out["SummaryInformation"]).toHaveLength(2);
    const wrong = await client.manage("GetSummaryInformation", {
      SettingData: [(await client.machine()).path ?? ""],
      RequestedInformation: [1],
    });
    expect(wrong.returnValue).toBe(32773);
    expect((await client.manage("GetSummaryInformation", {})).returnValue).toBe(32773);
  });
});
