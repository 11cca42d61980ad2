import { expect, test } from "vitest";
import { automationPowerShell } from "../../../src/ui/automation-powershell.ts";
import { openMemoryHost } from "../../lab/memory-host.ts";

test("a script answers what it puts out, as plain JavaScript", async () => {
  const host = await openMemoryHost();
  const powershell = automationPowerShell(Promise.resolve(host.wmi));
  expect(await powershell("Get-VM | Select-Object Name, State, MemoryStartup, Uptime")).toEqual([
    { Name: "web01", State: "Off", MemoryStartup: 64 * 2 ** 20, Uptime: "00:00:00" },
  ]);
  expect(
    await powershell("1; 2.5; 'x'; $null; @{a = 1, 2}; [datetime] '2011-02-22'; 9007199254740993; { 'b' }"),
  ).toEqual([1, 2.5, "x", null, { a: [1, 2] }, "2011-02-22T00:00:00.0000000", 9007199254740993n, " 'b' "]);
  expect(await powershell("1 | Format-Table; $env:COMPUTERNAME")).toEqual([1, "LAB"]);
});

test("the shell remembers; what ends a script early rejects, what it only tells does not", async () => {
  const host = await openMemoryHost();
  const powershell = automationPowerShell(Promise.resolve(host.wmi));
  await powershell("$name = 'web01'; Start-VM $name");
  expect(await powershell("(Get-VM $name).State")).toEqual(["Running"]);
  expect(await powershell("Get-VM nope; $Error.Count")).toEqual([1]);
  await expect(powershell("throw 'bad'")).rejects.toThrow("bad");
  await expect(powershell("if (")).rejects.toThrow("missing");
});

test("a host that does not answer is told to whoever calls", async () => {
  const powershell = automationPowerShell(Promise.reject(new Error("no host")));
  await expect(powershell("1")).rejects.toThrow("no host");
});

test("things that are in themselves end as text", async () => {
  const host = await openMemoryHost();
  const powershell = automationPowerShell(Promise.resolve(host.wmi));
  const [made] = await powershell("$h = @{}; $h.me = $h; $h");
  expect(JSON.stringify(made)).toContain("System.Collections.Hashtable");
});
