import { describe, expect, test } from "vitest";
import { labShell } from "../../lab/powershell.ts";

function shows(cases: readonly (readonly [script: string, ...lines: string[]])[]): void {
  test.each(cases.map(([script, ...lines]) => [script, lines.join("\n")]))("%j", async (script, expected) => {
    expect(await labShell().text(script)).toBe(expected);
  });
}

const people =
  "$p = @{n='Eve';a=30;t='x'}, @{n='Bob';a=25;t='y'}, @{n='adam';a=30;t='x'} | % { [pscustomobject] $_ }; ";

describe("where, foreach, select", () => {
  shows([
    ["1..6 | where { $_ % 2 } | % { $_ * 10 }", "10", "30", "50"],
    [`${people}($p | ? a -eq 30).n`, "Eve", "adam"],
    [
      `${people}($p | where n -like 'b*').a; ($p | where n -notin Eve, Bob).n; @($p | where t).Count`,
      "25",
      "adam",
      "3",
    ],
    [`${people}($p | where { $_.a -gt 26 } | select -First 1).n`, "Eve"],
    [
      "1..10 | select -Skip 2 -First 3; 1..10 | select -Last 2; 1..5 | select -Index 0, 4",
      "3",
      "4",
      "5",
      "9",
      "10",
      "1",
      "5",
    ],
    ["1, 2, 1, 3 | select -Unique; 'a', 'b', 'b', 'a' | Get-Unique", "1", "2", "3", "a", "b", "a"],
    [
      `${people}$p | select -ExpandProperty n; ($p[0] | select n, @{n = 'twice'; e = { $_.a * 2 }}).twice`,
      "Eve",
      "Bob",
      "adam",
      "60",
    ],
    [`${people}($p[0] | select * -ExcludeProperty a | gm -MemberType NoteProperty).Name`, "n", "t"],
    [
      "1, 2 | % -Begin { 'b' } -Process { $_ } -End { 'e' }; 'ab', 'c' | % Length; 'ab' | % Substring 1",
      "b",
      "1",
      "2",
      "e",
      "2",
      "1",
      "b",
    ],
    // What wants no more ends what produces it.
    ["& { $n = 0; while ($true) { $n++; $n } } | select -First 2; 'on'", "1", "2", "on"],
    ['1..3 | % { "p$_"; $_ } | select -First 3', "p1", "1", "p2"],
  ]);
});

describe("sort, group, measure, compare", () => {
  shows([
    [
      "'b', 'A', 'c' | sort; 10, 9, 2 | sort -Descending; '10', '9' | sort { [int] $_ }",
      "A",
      "b",
      "c",
      "10",
      "9",
      "2",
      "9",
      "10",
    ],
    [
      `${people}($p | sort a, n).n; ($p | sort a, @{e = 'n'; Descending = $true}).n -join ','`,
      "Bob",
      "adam",
      "Eve",
      "Bob,Eve,adam",
    ],
    ["3, 1, 3, 2, 1 | sort -Unique", "1", "2", "3"],
    [
      `${people}$p | group a | % { "$($_.Name): $($_.Count) $($_.Group.n -join '+')" }`,
      "30: 2 Eve+adam",
      "25: 1 Bob",
    ],
    [
      `${people}($p | group t -AsHashTable)['x'].Count; ($p | group a -NoElement | % Count) -join ','`,
      "2",
      "2,1",
    ],
    [
      `${people}$m = $p | measure a -Sum -Average -Minimum -Maximum; "$($m.Count) $($m.Sum) $($m.Minimum) $($m.Maximum)"`,
      "3 85 25 30",
    ],
    ["(1..4 | measure).Count; (@() | measure).Count; (1.5, 2 | measure -Sum).Sum", "4", "0", "3.5"],
    ['Compare-Object 1, 2, 3 2, 3, 4 | % { "$($_.InputObject)$($_.SideIndicator)" }', "4=>", "1<="],
  ]);
});

describe("text of things", () => {
  shows([
    [
      "@{a = 1; b = 'x', $null, $true; c = @{d = 1.5}} | ConvertTo-Json -Compress",
      '{"a":1,"b":["x",null,true],"c":{"d":1.5}}',
    ],
    [
      "[pscustomobject] @{a = 'q\"<'; n = 2.0} | ConvertTo-Json",
      "{",
      '    "a":  "q\\"\\u003c",',
      '    "n":  2.0',
      "}",
    ],
    [
      "1, 2 | ConvertTo-Json -Compress; '[]' | ConvertFrom-Json; @{a = @{b = @{c = @{d = 1}}}} | ConvertTo-Json -Compress -Depth 1",
      "[1,2]",
      '{"a":{"b":"System.Collections.Hashtable"}}',
    ],
    [
      '$j = \'{"x": [1, 2.5, {"y": "\\u0041\\n"}], "big": 9007199254740993}\' | ConvertFrom-Json; $j.x[2].y.Length; $j.big; $j.x[1]',
      "2",
      "9007199254740993",
      "2.5",
    ],
    [
      `${people}$p | select n, a | ConvertTo-Csv -NoTypeInformation`,
      '"n","a"',
      '"Eve","30"',
      '"Bob","25"',
      '"adam","30"',
    ],
    ["[pscustomobject] @{q = 'a\"b'} | ConvertTo-Csv -Delimiter ';' | select -Last 1", '"a""b"'],
  ]);

  test("JSON that is wrong has a place", async () => {
    const { show } = labShell();
    expect((await show("'{\"a\": }' | ConvertFrom-Json")).outcome.errors[0]).toBe(
      "Invalid JSON: '}' was not expected (line 1, character 7).",
    );
    expect((await show(`'${"[".repeat(500)}' | ConvertFrom-Json`)).outcome.ok).toBe(false);
  });
});

describe("time and chance", () => {
  shows([
    [
      "Get-Date -Format 'yyyy-MM-dd HH:mm:ss'; (Get-Date -Year 2012 -Day 29).DayOfWeek",
      "2011-02-22 22:30:15",
      "Wednesday",
    ],
    [
      "Get-Date '2011-03-01' -Format d; '{0:dddd, MMMM d}' -f [datetime] '2011-03-01'",
      "3/1/2011",
      "Tuesday, March 1",
    ],
    [
      "(New-TimeSpan -Hours 1 -Minutes 30).TotalMinutes; (New-TimeSpan '2011-01-01' '2011-01-03').Days",
      "90",
      "2",
    ],
    ["(Measure-Command { 1..100 | % { $_ } }).TotalSeconds -lt 5", "True"],
    [
      "$r = 1..50 | % { Get-Random -Minimum 5 -Maximum 8 }; ($r | sort -Unique) -join ','; (1..3 | Get-Random -Count 5 | sort) -join ''",
      "5,6,7",
      "123",
    ],
  ]);

  test("sleep is as long as it was told", async () => {
    const { slept, text, show } = labShell();
    await text("Start-Sleep 2; Start-Sleep -Milliseconds 300; sleep 0.5");
    expect(slept).toEqual([2000, 300, 500]);
    expect((await show("Start-Sleep -Seconds -1")).outcome.ok).toBe(false);
  });
});

describe("variables, members, help", () => {
  shows([
    ["$a = 1; Get-Variable a -ValueOnly; Set-Variable b 2; $b; rv a; $null -eq $a", "1", "2", "True"],
    [
      "Test-Path variable:nope; $q = 1; Test-Path variable:q; Test-Path env:COMPUTERNAME",
      "False",
      "True",
      "True",
    ],
    [
      "$o = New-Object PSObject -Property @{A = 1}; $o | Add-Member NoteProperty B 2; $o.B; ($o | gm -MemberType NoteProperty).Name",
      "2",
      "A",
      "B",
    ],
    [
      "('a' | gm Trim*).Name; (1 | gm -MemberType Method).Count -gt 3",
      "Trim",
      "TrimEnd",
      "TrimStart",
      "True",
    ],
    ["(Get-Alias %).Definition; (Get-Alias -Definition Get-Help).Name", "ForEach-Object", "help", "man"],
    [
      "(Get-Command Get-VM).ModuleName; (Get-Command -Verb Stop).Name; (Get-Command gwmi).Definition",
      "Hyper-V",
      "Stop-VM",
      "Get-WmiObject",
    ],
  ]);

  test("help tells of each cmdlet, and where the names of Hyper-V come from", async () => {
    const { text } = labShell();
    const help = await text("Get-Help Stop-VM -Full");
    expect(help).toMatch(/SYNOPSIS\n {4}Shuts virtual machines down/);
    expect(help).toMatch(
      /Stop-VM \[-Name\] <String\[\]> \[-Save\] \[-TurnOff\] \[-Force\] \[-Passthru\] \[-WhatIf\] \[-Confirm\]/,
    );
    expect(help).toContain("names that came with Windows Server 2012");
    expect(await text("Get-Help Get-Date")).not.toContain("2012");
    expect(await text("(Get-Help *-VMSwitch).Count")).toBe("3");
    expect(await text("Get-Help")).toContain("Tab completes");
    expect(await text("Get-Help Select-Object -Parameter First")).toContain("How many from the beginning.");
  });

  test("every cmdlet has its help, and sets that make sense", async () => {
    const { show } = labShell();
    const { outcome } = await show(
      "Get-Command | ? CommandType -eq Cmdlet | % { Get-Help $_.Name -Full } | Out-Null; $?",
    );
    expect(outcome).toMatchObject({ errors: [], objects: [true] });
  });
});

describe("binding of parameters", () => {
  test("by name, by the beginning of a name, by place, by what comes down the pipeline", async () => {
    const { text } = labShell();
    expect(await text("1..5 | Select-Object -Fir 2")).toBe("1\n2");
    expect(await text("Write-Output -InputObject 7; Write-Output 8")).toBe("7\n8");
    expect(await text("'gwmi' | Get-Alias | % Name")).toBe("gwmi");
    expect(await text("[pscustomobject] @{Name = 'ft'} | Get-Alias | % Definition")).toBe("Format-Table");
    expect(await text("Write-Host -Object a b; Write-Host a b -Separator -")).toContain("a-b");
  });

  test.each([
    ["Get-Date -Nope 1", "A parameter cannot be found that matches parameter name 'Nope'."],
    [
      "Select-Object -E a",
      "is ambiguous. Possible matches include: -ExcludeProperty -ExpandProperty -ErrorAction -ErrorVariable",
    ],
    ["Get-Date -Format", "Missing an argument for parameter 'Format'."],
    ["Get-Date -Year x", "Cannot process argument transformation on parameter 'Year'."],
    ["Get-Alias a b c", "A positional parameter cannot be found that accepts argument 'b'."],
    ["Get-Date -Year 1 -Year 2", "is specified more than once"],
    ["Start-Sleep", "missing mandatory parameters: Seconds"],
    ["Start-Sleep -Seconds 1 -Milliseconds 2", "Parameter set cannot be resolved"],
    ["Write-Host a -ForegroundColor Pink", '"Pink" is none of the values it knows'],
    ["[pscustomobject] @{a = 1} | Get-Alias", "The input object cannot be bound to any parameters"],
  ])("%s", async (script, expected) => {
    const { outcome } = await labShell().show(script);
    expect(outcome.errors[0]).toContain(expected);
  });
});
