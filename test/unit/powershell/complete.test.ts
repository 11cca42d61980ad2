import { describe, expect, test } from "vitest";
import { labVm, openMemoryHost } from "../../lab/memory-host.ts";
import { labShell } from "../../lab/powershell.ts";

describe("completion", () => {
  test.each([
    ["Get-VMH|", ["Get-VMHardDiskDrive", "Get-VMHost"]],
    ["Get-VM | st|", ["Start-Sleep", "Start-VM", "Stop-VM"]],
    ["Get-VM | Star|", ["Start-Sleep", "Start-VM"]],
    ["$x = Get-Rand|", ["Get-Random"]],
    ["if (Get-Al|", ["Get-Alias"]],
    ["Get-VM | ? { Write-H|", ["Write-Host"]],
    ["Start-VM -Pa|", ["-Passthru"]],
    ["Stop-VM web01 -T|", ["-TurnOff"]],
    ["gwmi -F|", ["-Filter"]],
    ["Start-VM |", ["'web 02'", "web01"]],
    ["Start-VM w|", ["'web 02'", "web01"]],
    ["Start-VM -Name web0|", ["web01"]],
    ["Start-VM web01, 'web |", ["'web 02'"]],
    ["Get-VMSwitch I|", ["Internal"]],
    ["Convert-VHD a b -VHDType |", ["Fixed", "Dynamic"]],
    ["Get-WmiObject Msvm_Key|", ["Msvm_Keyboard"]],
    ["Get-VM -Name:|", []],
    ["$tr|", ["$true"]],
    ["$env:C|", ["$env:COMPUTERNAME"]],
    ['echo "$fal|', ["$false"]],
    ["echo '$fal|", []],
    ["nope -x|", []],
    ["|", []],
  ])("%s", async (typed, expected) => {
    const second = labVm({
      id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000010" as never,
      name: "web 02",
      firstDisks: [],
      drives: [],
    });
    const host = await openMemoryHost({ machines: [labVm(), second] });
    const { shell } = labShell(host.wmi);
    const cursor = typed.indexOf("|", Math.max(0, typed.length - 1));
    const found = await shell.complete(typed.slice(0, cursor) + typed.slice(cursor + 1), cursor);
    expect(found.matches).toEqual(expected);
  });

  test("replaces the word at the cursor and nothing else", async () => {
    const { shell } = labShell();
    const found = await shell.complete("Get-Alias; Get-Rando -Maximum 5", 20);
    expect(found).toEqual({ start: 11, end: 20, matches: ["Get-Random"] });
  });

  test("variables, their members, and functions that were made", async () => {
    const { shell } = labShell();
    await shell.run("$machine = [pscustomobject] @{Name = 'n'; Notes = ''}; function Get-Mine($Depth) { }")
      .done;
    const matches = async (text: string): Promise<readonly string[]> =>
      (await shell.complete(text, text.length)).matches;
    expect(await matches("$mach")).toEqual(["$machine"]);
    expect(await matches("$machine.N")).toEqual(["$machine.Name", "$machine.Notes"]);
    expect(await matches("$machine.ToS")).toEqual(["$machine.ToString("]);
    expect(await matches("Get-Mi")).toEqual(["Get-Mine"]);
    expect(await matches("Get-Mine -D")).toEqual(["-Depth"]);
  });

  test("a host that does not answer has no names", async () => {
    const { shell } = labShell({ ...openNothing() });
    expect((await shell.complete("Start-VM w", 10)).matches).toEqual([]);
  });
});

function openNothing() {
  const gone = (): Promise<never> => Promise.reject(new Error("the host is gone"));
  return {
    query: gone,
    get: gone,
    enumerate: gone,
    invoke: gone,
    describe: gone,
    classes: gone,
    subscribe: gone,
    next: gone,
    unsubscribe: gone,
  };
}
