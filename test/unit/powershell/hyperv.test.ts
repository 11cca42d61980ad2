import { describe, expect, test } from "vitest";
import { openMemoryHost, web01 } from "../../lab/memory-host.ts";
import { labShell } from "../../lab/powershell.ts";

async function open(...given: Parameters<typeof openMemoryHost>) {
  const host = await openMemoryHost(...given);
  return { host, ...labShell(host.wmi) };
}

/** The titles of the table that a script shows. */
async function titles(text: (script: string) => Promise<string>, script: string): Promise<readonly string[]> {
  return (await text(script)).split("\n")[0]?.trim().split(/\s+/) ?? [];
}

describe("tables have the columns of Windows", () => {
  // As the reference lists them in 13.1.
  test.each([
    ["Get-VM", "Name State CPUUsage(%) MemoryAssigned(M) Uptime Status"],
    ["Get-VMMemory *", "VMName DynamicMemoryEnabled Minimum(M) Startup(M) Maximum(M)"],
    [
      "Get-VMProcessor *",
      "VMName Count CompatibilityForMigrationEnabled CompatibilityForOlderOperatingSystemsEnabled",
    ],
    ["Get-VMSwitch", "Name SwitchType NetAdapterInterfaceDescription"],
    [
      "Get-VMNetworkAdapter -ManagementOS",
      "Name IsManagementOs VMName SwitchName MacAddress Status IPAddresses",
    ],
    ["Get-VMHardDiskDrive *", "VMName ControllerType ControllerNumber ControllerLocation DiskNumber Path"],
    ["Get-VMDvdDrive *", "VMName ControllerType ControllerNumber ControllerLocation DvdMediaType Path"],
    ["Get-VMIntegrationService *", "VMName Name Enabled PrimaryStatusDescription SecondaryStatusDescription"],
    ["Get-VMHost", "Name LogicalProcessorCount MemoryCapacity(M) VirtualMachineMigrationEnabled"],
  ])("%s", async (script, expected) => {
    const { text } = await open();
    expect(await titles(text, script)).toEqual(expected.split(" "));
  });

  test("Get-VHD is a list with these lines", async () => {
    const { host, text } = await open();
    await host.must({ kind: "create", type: "dynamic", name: "a.vhd", byteLength: 1 << 20 });
    const lines = (await text("Get-VHD a.vhd")).split("\n").map((line) => line.split(":")[0]?.trim());
    expect(lines.join(" ")).toBe(
      "ComputerName Path VhdFormat VhdType FileSize Size MinimumSize LogicalSectorSize PhysicalSectorSize BlockSize ParentPath DiskIdentifier FragmentationPercentage Alignment Attached DiskNumber",
    );
  });

  test("a row", async () => {
    const { text } = await open();
    expect(await text("Get-VM")).toBe(
      [
        "Name  State CPUUsage(%) MemoryAssigned(M) Uptime   Status",
        "----  ----- ----------- ----------------- ------   ------",
        "web01 Off   0           0                 00:00:00 Operating normally",
      ].join("\n"),
    );
  });
});

describe("the life of a machine", () => {
  test("every state, and what is asked of the host", async () => {
    const { host, text } = await open();
    const state = async (script: string): Promise<string> => text(`${script} -Passthru | % State`);
    expect(await state("Start-VM web01")).toMatch(/Running$/);
    expect(await state("Get-VM web01 | Suspend-VM")).toMatch(/Paused$/);
    expect(await state("Resume-VM -Name WEB*")).toMatch(/Running$/);
    expect(await state("Restart-VM web01 -Force")).toMatch(/Running$/);
    expect(await state("Save-VM web01")).toMatch(/Saved$/);
    expect(await state("Start-VM (Get-VM web01)")).toMatch(/Running$/);
    expect(await state("'web01' | Stop-VM -TurnOff")).toMatch(/Off$/);
    await text("Start-VM web01; Stop-VM web01 -Save; Remove-VMSavedState web01");
    expect(await text("(Get-VM).State")).toBe("Off");
    expect(host.states()).toEqual([
      ...["starting", "running", "pausing", "paused", "resuming", "running", "resetting", "running"],
      ...["saving", "saved", "restoring", "running", "stopping", "off"],
      ...["starting", "running", "saving", "saved", "off"],
    ]);
    expect(host.stillOpen()).toEqual([]);
  });

  test("what a state does not allow is told, and the machine stays as it is", async () => {
    const { show, text } = await open();
    expect((await show("Suspend-VM web01")).outcome.errors).toEqual([
      "Pausing 'web01' cannot be done in its current state: it is Off.",
    ]);
    expect((await show("Stop-VM web01")).text).toContain("WARNING: web01: The virtual machine is already");
    expect((await show("Get-VM nope, web01 | % Name")).text).toMatch(
      /unable to find a virtual machine with name "nope"[\s\S]*web01/,
    );
    expect((await show("Get-VM -Id 00000000-0000-0000-0000-000000000000")).outcome.ok).toBe(false);
    expect((await show("Stop-VM web01 -Save -TurnOff")).outcome.errors[0]).toContain(
      "Either -Save or -TurnOff",
    );
    expect(await text("(Get-VM web01).State")).toBe("Off");
  });

  test("a job that fails says why, and the shell goes on", async () => {
    const { host, show } = await open();
    host.be({ start: "fails" });
    const { outcome, text } = await show("Start-VM web01; 'after'");
    expect(outcome.errors[0]).toContain("Starting 'web01': ");
    expect(outcome.errors[0]).toContain("The start refused.");
    expect(text).toContain("after");
    expect(host.stillOpen()).toEqual([]);
  });

  test("-WhatIf does nothing; what cannot be undone asks", async () => {
    const { host, show } = await open();
    expect((await show("Start-VM web01 -WhatIf")).text).toBe(
      'What if: Performing operation "Start-VM" on Target "web01".\n',
    );
    expect(await host.state()).toBe("off");
    expect((await show("Remove-VM web01")).outcome.errors[0]).toContain("nobody can answer here");
    const asked: string[] = [];
    const answers = ["no", "yes"] as const;
    const shell = labShell(host.wmi, {
      ask: async ({ text }) => {
        asked.push(text);
        return answers[asked.length - 1] ?? "no";
      },
    });
    await shell.show("Start-VM web01 -Confirm");
    expect(await host.state()).toBe("off");
    await shell.show("Start-VM web01 -Confirm");
    expect(await host.state()).toBe("running");
    expect(asked).toHaveLength(2);
  });

  test("who stops waiting leaves the job at its work", async () => {
    const { host, shell } = await open({ moods: { start: "hangs" } });
    const running = shell.run("Start-VM web01; 'never'", { keep: true });
    for (let turn = 0; turn < 50; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    running.stop();
    expect(await running.done).toMatchObject({ kind: "stopped", objects: [] });
    host.letGo();
    for (let turn = 0; turn < 50; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(await host.state()).toBe("running");
  });

  test("machines of the visitor are renamed and removed, those of the catalogue are not", async () => {
    const { show } = await open();
    expect((await show("Rename-VM web01 web02")).outcome.errors[0]).toContain("Access is denied");
    expect((await show("Remove-VM web01 -Force")).outcome.errors[0]).toContain("Access is denied");
  });
});

describe("disks and drives", () => {
  test("files of every type", async () => {
    const { host, text, show } = await open();
    expect(await text("(New-VHD a.vhd 10MB).VhdType")).toContain("Dynamic");
    expect(await text("(New-VHD -Path f.vhd -SizeBytes 64KB -Fixed).Size")).toContain("65536");
    expect(await text("(New-VHD c.vhd -ParentPath a.vhd -Differencing).ParentPath")).toContain("a.vhd");
    expect(await text("Resize-VHD a.vhd 20MB -Passthru | % Size")).toMatch(/20971520$|Resizing/);
    await show("Convert-VHD f.vhd d.vhd -VHDType Dynamic; Optimize-VHD d.vhd; New-VFD x.vfd");
    expect((await host.file("d.vhd"))?.format).toBe("dynamic");
    expect((await host.file("x.vfd"))?.name).toBe("x.vfd");
    expect(await text("Test-VHD d.vhd 3> $null")).toMatch(/True$/);
    expect((await show("New-VHD a.vhd 1MB")).outcome.ok).toBe(false);
    expect((await show("New-VHD z.vhd 0")).outcome.errors[0]).toBe("-SizeBytes must be more than 0.");
    expect((await show("New-VHD z.vhd -SizeBytes 1MB -ParentPath a.vhd")).outcome.errors[0]).toContain(
      "Parameter set cannot be resolved",
    );
    expect((await show("New-VHD z.vhd")).outcome.errors[0]).toContain(
      "missing mandatory parameters: SizeBytes",
    );
    expect((await show("Get-VHD nope.vhd")).outcome.errors[0]).toContain("cannot find the file");
    expect((await show("Merge-VHD f.vhd")).outcome.errors[0]).toContain("has no parent");
  });

  test("a merge goes into the parent; the child is gone", async () => {
    const { host, show } = await open();
    await show("New-VHD p.vhd 1MB; New-VHD c.vhd -ParentPath p.vhd; Merge-VHD c.vhd");
    expect(await host.file("c.vhd")).toBeUndefined();
    expect((await host.file("p.vhd"))?.name).toBe("p.vhd");
  });

  test("drives come, get other disks, and go", async () => {
    const { host, text, show } = await open();
    await show("New-VHD a.vhd 1MB; New-VHD b.vhd 1MB; Start-VM web01");
    expect(
      await text(
        'Add-VMHardDiskDrive web01 -Path a.vhd -Passthru | % { "$($_.ControllerType) $($_.ControllerNumber):$($_.ControllerLocation) $($_.Path)" }',
      ),
    ).toBe("SCSI 0:1 a.vhd");
    await show("Get-VMHardDiskDrive web01 | where Path -eq a.vhd | Remove-VMHardDiskDrive");
    expect(await text("(Get-VMHardDiskDrive web01 -ControllerType SCSI).Count")).toBe("1");
    await show("Stop-VM web01 -TurnOff; Add-VMHardDiskDrive web01 IDE 0 1 a.vhd");
    expect(
      (
        await show(
          "Add-VMHardDiskDrive web01 -ControllerType IDE -ControllerNumber 0 -ControllerLocation 1 -Path a.vhd",
        )
      ).outcome.ok,
    ).toBe(true);
    await show(
      "Set-VMHardDiskDrive web01 -ControllerType IDE -ControllerNumber 0 -ControllerLocation 1 -Path b.vhd",
    );
    expect(await text("(Get-VMHardDiskDrive web01 -ControllerType IDE -ControllerLocation 1).Path")).toBe(
      "b.vhd",
    );
    // What is refused leaves no empty drive behind.
    const before = (await host.summary()).drives.length;
    expect((await show("Add-VMHardDiskDrive web01 -ControllerType SCSI -Path nope.vhd")).outcome.ok).toBe(
      false,
    );
    expect(await text("(Get-VMHardDiskDrive web01 -ControllerType SCSI).Count")).toBe("1");
    expect((await host.summary()).drives.length).toBe(before);
    expect(
      (
        await show(
          "Remove-VMHardDiskDrive web01 -ControllerType IDE -ControllerNumber 1 -ControllerLocation 1",
        )
      ).outcome.errors[0],
    ).toContain("has no such drive");
  });

  test("discs and diskettes are put in and taken out; controllers come and go", async () => {
    const { host, show, text } = await openWithDisc();
    await show("Set-VMDvdDrive web01 -Path setup.iso");
    expect(await text("(Get-VMDvdDrive web01).DvdMediaType")).toBe("ISO");
    await show("Get-VMDvdDrive web01 | Set-VMDvdDrive -Path $null");
    expect(await text("(Get-VMDvdDrive web01).DvdMediaType")).toBe("None");
    await show("Add-VMScsiController web01");
    expect((await host.summary()).scsiControllers).toBe(2);
    expect(await text("(Get-VMScsiController web01).ControllerNumber -join ','")).toBe("0,1");
    await show("Remove-VMScsiController web01 1");
    expect((await host.summary()).scsiControllers).toBe(1);
    expect(await text("(Get-VMIdeController web01 1).Drives.Count")).toBe("1");
  });
});

async function openWithDisc() {
  const disc = new Uint8Array(64 * 2048);
  disc.set([1, 0x43, 0x44, 0x30, 0x30, 0x31, 1], 16 * 2048);
  return open({ discs: new Map([["setup.iso", disc]]) });
}

describe("networks and settings", () => {
  test("private networks; adapters are plugged in and out", async () => {
    const { host, text, show } = await open();
    expect(await text("(New-VMSwitch 'lab net' -SwitchType Private).SwitchType")).toBe("Private");
    expect(await text("Get-VMSwitch -SwitchType Internal | % Name")).toBe("Internal");
    expect((await show("New-VMSwitch x -SwitchType External")).outcome.errors[0]).toContain(
      "none of the values it knows: Private",
    );
    await show("Add-VMNetworkAdapter web01 'lab net' -StaticMacAddress 00:15:5d:01:0a:03");
    expect((await host.summary()).adapters[0]).toMatchObject({
      type: "synthetic",
      mac: "00-15-5D-01-0A-03",
      staticMac: true,
    });
    expect(await text("(Get-VMNetworkAdapter web01).SwitchName")).toBe("lab net");
    await show("Get-VMNetworkAdapter web01 | Disconnect-VMNetworkAdapter");
    expect((await host.summary()).adapters[0]?.network).toBeNull();
    await show(
      "Connect-VMNetworkAdapter web01 -SwitchName Internal; Set-VMNetworkAdapter web01 -DynamicMacAddress",
    );
    expect((await host.summary()).adapters[0]).toMatchObject({ staticMac: false });
    expect(await text("(Get-VMNetworkAdapter -All -SwitchName Internal).Count")).toBe("2");
    expect((await show("Set-VMNetworkAdapter web01 -StaticMacAddress zz")).outcome.errors[0]).toContain(
      "is no MAC address",
    );
    expect((await show("Connect-VMNetworkAdapter web01 -SwitchName nope")).outcome.errors[0]).toContain(
      'a virtual switch with name "nope"',
    );
    await show("Remove-VMNetworkAdapter web01; Get-VMSwitch lab* | Remove-VMSwitch -Force");
    expect((await host.summary()).adapters).toEqual([]);
    expect(await text("(Get-VMSwitch).Name")).toBe("Internal");
  });

  test("processors, integration services, memory", async () => {
    const { host, text, show } = await open();
    await show("Set-VMProcessor web01 -Maximum 50 -Reserve 10 -RelativeWeight 200");
    expect(await text('$p = Get-VMProcessor web01; "$($p.Maximum) $($p.Reserve) $($p.RelativeWeight)"')).toBe(
      "50 10 200",
    );
    expect((await show("Set-VMProcessor web01 -Maximum 101")).outcome.errors[0]).toBe(
      "-Maximum is 0 to 100 percent.",
    );
    await show("Disable-VMIntegrationService web01 'Time*'");
    const clock = async () =>
      (await host.summary()).integration.find(({ service }) => service === "timeSync")?.enabled;
    expect(await clock()).toBe(false);
    await show("Get-VMIntegrationService web01 | where Name -like Time* | Enable-VMIntegrationService");
    expect(await clock()).toBe(true);
    expect(await text("(Get-VMMemory web01).Startup / 1MB")).toBe("64");
  });
});

describe("objects of the management service", () => {
  test("are read, and their methods called", async () => {
    const { host, text, show } = await open();
    const query = "gwmi Msvm_ComputerSystem -Filter \"ElementName = 'web01'\"";
    expect(await text(`(${query}).EnabledState; (${query}).__CLASS`)).toBe("3\nMsvm_ComputerSystem");
    expect(await text(`(${query}).RequestStateChange(2).ReturnValue`)).toBe("4096");
    expect(
      await text(`${query} | Invoke-WmiMethod -Name RequestStateChange -ArgumentList 99 | % ReturnValue`),
    ).toBe("32773");
    expect(
      await text(
        `(Get-CimInstance -Query "SELECT Name FROM Msvm_ComputerSystem WHERE ElementName = 'web01'").Name`,
      ),
    ).toBe(web01.toUpperCase());
    expect(await text("(Get-WmiObject -List *Keyboard*).Name")).toBe("Msvm_Keyboard");
    expect((await show("gwmi nope")).outcome.errors[0]).toBe("There is no class nope in this namespace.");
    expect((await show("gwmi Msvm_Keyboard -Namespace root\\cimv2")).outcome.errors[0]).toContain(
      "Invalid namespace",
    );
    expect((await show(`(${query}).RequestStateChange(1, 2, 3, 4)`)).outcome.errors[0]).toContain(
      "takes 2 values",
    );
    const wanted = "@{Path = 'n.vhd'; MaxInternalSize = 1MB}";
    await show(
      `Invoke-CimMethod -ClassName Msvm_ImageManagementService CreateDynamicVirtualHardDisk ${wanted}`,
    );
    for (let turn = 0; turn < 50; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    expect((await host.file("n.vhd"))?.byteLength).toBe(1 << 20);
  });

  test("events come to who has registered", async () => {
    const { shell, text, show } = await open();
    const query = "SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'Msvm_ComputerSystem'";
    await show(`Register-WmiEvent "${query}" vms`);
    expect((await show(`Register-WmiEvent "${query}" vms`)).outcome.errors[0]).toContain("already exists");
    await show("Start-VM web01");
    expect(await text("(Wait-Event vms -Timeout 5).NewEvent.TargetInstance.EnabledState")).toBe("32770");
    expect(
      await text("Get-Event | Remove-Event; @(Get-Event).Count; (Get-EventSubscriber).SourceIdentifier"),
    ).toBe("0\nvms");
    await show("Unregister-Event vms");
    expect(await text("@(Get-EventSubscriber).Count")).toBe("0");
    await shell.close();
  });
});
