import { describe, expect, test } from "vitest";
import { labShell } from "../../lab/powershell.ts";

const three =
  "$o = [pscustomobject] @{Name = 'web01'; Size = 1234; On = $true}, [pscustomobject] @{Name = 'db'; Size = 5; On = $false}; ";

async function shown(script: string, width = 120): Promise<readonly string[]> {
  return labShell(undefined, { width: () => width }).lines(script);
}

describe("tables", () => {
  test("numbers stand right, text left, titles over lines", async () => {
    expect(await shown(`${three} $o`)).toEqual([
      "",
      "Name  Size On",
      "----  ---- --",
      "web01 1234 True",
      "db       5 False",
      "",
      "",
    ]);
  });

  test("columns of their own: names, patterns, script blocks, hash tables", async () => {
    expect(
      await shown(
        `${three} $o | Format-Table N*, @{Name = 'KB'; Expression = { $_.Size / 1KB }; FormatString = 'N3'; Align = 'right'; Width = 8}, { $_.On } -AutoSize`,
      ),
    ).toEqual([
      "",
      "Name        KB $_.On",
      "----        -- -----",
      "web01    1.205 True",
      "db       0.005 False",
      "",
      "",
    ]);
  });

  test("without -AutoSize all columns are as wide, and what does not fit is dots", async () => {
    expect(await shown("[pscustomobject] @{A = 'abcdefghijklmnop'; B = 1} | Format-Table A, B", 21)).toEqual([
      "",
      "A                   B",
      "-                   -",
      "abcdefg...          1",
      "",
      "",
    ]);
    expect(
      await shown(
        "[pscustomobject] @{A = 'abcdefghijklmnop'; B = 1} | Format-Table A, B -Wrap -HideTableHeaders",
        21,
      ),
    ).toEqual(["", "abcdefghij          1", "klmnop", "", ""]);
  });

  test("columns that have no room are not there", async () => {
    expect(
      await shown("[pscustomobject] @{A = 'a' * 12; B = 'b' * 12; C = 'c'} | Format-Table -AutoSize", 20),
    ).toEqual(["", "A            B", "-            -", "aaaaaaaaaaaa bbbb...", "", ""]);
  });

  test("arrays, tables, nothing and dates in cells", async () => {
    expect(
      await shown(
        "[pscustomobject] @{L = 1..6; H = @{a = 1}; N = $null; D = [datetime] '2011-02-22 21:30'} | Format-Table -AutoSize",
      ),
    ).toEqual([
      "",
      "L               H   N D",
      "-               -   - -",
      "{1, 2, 3, 4...} {a}   2/22/2011 9:30:00 PM",
      "",
      "",
    ]);
  });

  test("groups", async () => {
    expect(await shown(`${three} $o | sort On | Format-Table Name -GroupBy On -AutoSize`)).toEqual([
      ...["", "   On: False", "", "Name", "----", "db", "", ""],
      ...["   On: True", "", "Name", "----", "web01", "", ""],
    ]);
  });

  test("what is of another type begins another table; text between keeps its place", async () => {
    expect(await shown(`${three} $o[0]; 'text'; Get-Alias ft; Write-Host 'h'; Get-Alias fl`)).toEqual([
      ...["", "Name  Size On", "----  ---- --", "web01 1234 True", "", "text"],
      ...[
        "",
        "CommandType Name Definition",
        "----------- ---- ----------",
        "Alias       ft   Format-Table",
        "h",
      ],
      ...["Alias       fl   Format-List", "", ""],
    ]);
  });
});

describe("lists and others", () => {
  test("more than four properties are a list; long values go on under themselves", async () => {
    expect(
      await shown("[pscustomobject] @{A = 1; Bb = 'one two three four five'; C = 3; D = 4; E = $null}", 20),
    ).toEqual(["", "A  : 1", "Bb : one two three", "     four five", "C  : 3", "D  : 4", "E  :", "", ""]);
  });

  test("Format-List and Format-Wide", async () => {
    expect(await shown(`${three} $o | Format-List Name, Size`)).toEqual([
      ...["", "Name : web01", "Size : 1234", "", "Name : db", "Size : 5", "", ""],
    ]);
    expect(await shown('1..5 | % { [pscustomobject] @{Name = "n$_"} } | Format-Wide -Column 3', 20)).toEqual([
      ...["", "n1     n2     n3", "n4     n5", "", ""],
    ]);
  });

  test("a hash table, a moment, a span of time", async () => {
    expect(await shown("@{a = 1; long = 'x'}")).toEqual([
      "",
      "Name Value",
      "---- -----",
      "a    1",
      "long x",
      "",
      "",
    ]);
    expect(await shown("Get-Date")).toEqual(["", "Tuesday, February 22, 2011 10:30:15 PM", "", ""]);
    expect((await shown("[timespan] '1:02:03'")).slice(0, 4)).toEqual([
      "",
      "Days              : 0",
      "Hours             : 1",
      "Minutes           : 2",
    ]);
  });

  test("Out-String makes text of what would be shown", async () => {
    const { text } = labShell();
    expect(await text("$t = (1, 2 | Out-String); $t.GetType().Name; $t.Length")).toBe("String\n6");
    expect(await text(`${three} ($o | Format-Table -AutoSize | Out-String -Stream).Count`)).toBe("6");
    expect(await text(`${three} ($o | ft | Out-String -Width 10).Contains('On')`)).toBe("False");
  });

  test("thousands of rows come in pieces, not all at the end", async () => {
    const { show } = labShell();
    const { pieces, text } = await show("1..1000 | % { [pscustomobject] @{N = $_; S = 'x'} }");
    expect(pieces.length).toBeGreaterThan(500);
    expect(text.split("\n")).toHaveLength(1000 + 5);
  });
});
