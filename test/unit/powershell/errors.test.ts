import { describe, expect, test } from "vitest";
import { labShell } from "../../lab/powershell.ts";

describe("failures", () => {
  test("are shown as PowerShell shows them, with their place", async () => {
    const { show } = labShell();
    const { pieces } = await show("'a'\n  Get-Alias nothing; 'b'");
    expect(pieces.map(({ stream }) => stream)).toEqual(["output", "error", "output"]);
    expect(pieces[1]?.text).toBe(
      [
        "Get-Alias : There is no alias nothing.",
        "At line:2 char:3",
        "+   Get-Alias nothing; 'b'",
        "+   ~~~~~~~~~~~~~~~~~",
        "    + CategoryInfo          : ObjectNotFound: (nothing:String) [Get-Alias], RuntimeException",
        "    + FullyQualifiedErrorId : ItemNotFound,Get-Alias",
        "",
        "",
      ].join("\n"),
    );
  });

  test("of expressions, functions and names that are nothing", async () => {
    const { show } = labShell();
    const place = async (script: string): Promise<readonly string[]> =>
      (await show(script)).text.split("\n").slice(0, 4);
    expect(await place("[int] 'x'")).toEqual([
      'Cannot convert value "x" to type "System.Int32". Error: "Input string was not in a correct format."',
      "At line:1 char:1",
      "+ [int] 'x'",
      "+ ~~~~~~~~~",
    ]);
    expect((await place("nope -x 1"))[0]).toMatch(/^nope : The term 'nope' is not recognized/);
    expect((await place("gwmi -Class a -Query b"))[0]).toBe(
      "Get-WmiObject : Parameter set cannot be resolved using the specified named parameters.",
    );
    // A long line is cut around the place.
    const long = await place(`'${"x".repeat(300)}' | Select-Object -Nope; '${"y".repeat(300)}'`);
    expect(long[2]?.length).toBeLessThan(120);
    expect(long[2]).toContain("Select-Object -Nope");
  });

  test("are remembered, the last first, and $? tells of them", async () => {
    const { text } = labShell();
    expect(await text("Get-Alias no 2> $null; $?; $?; Get-Alias ft > $null; $?")).toBe("False\nTrue\nTrue");
    expect(
      await text(
        "Write-Error 'one' -ea SilentlyContinue; Write-Error 'two' -ea SilentlyContinue; $Error[0].Exception.Message; $Error[1].Exception.Message",
      ),
    ).toBe("two\none");
    expect(await text("$Error[0].CategoryInfo.Category; $Error[0].InvocationInfo.ScriptLineNumber")).toBe(
      "NotSpecified\n1",
    );
  });

  test("-ErrorAction, -ErrorVariable and the preference", async () => {
    const { text, show } = labShell();
    expect(await text("Get-Alias no -ErrorAction Ignore; 'on'")).toBe("on");
    expect(await text("try { Get-Alias no -ErrorAction Stop; 'never' } catch { \"c $_\" }")).toBe(
      "c There is no alias no.",
    );
    expect(await text("Get-Alias no -ErrorAction SilentlyContinue -ErrorVariable e; $e.Count")).toBe("1");
    expect((await show("Get-Alias no -ErrorAction Stop; 'never'")).outcome.kind).toBe("failed");
    const all = await show("$ErrorActionPreference = 'Stop'; Get-Alias no; 'never'");
    expect(all.outcome).toMatchObject({ kind: "failed", objects: [] });
    expect((await show("throw 'x'; 'never'")).outcome).toMatchObject({
      kind: "failed",
      errors: ["x"],
      ok: false,
    });
  });

  test("read-only things stay as they are", async () => {
    const { show } = labShell();
    const message = async (script: string): Promise<string> =>
      (await show(script)).outcome.errors[0] ?? "none";
    expect(await message("$true = 1")).toContain("read-only");
    expect(await message("$env:PATH = 'x'")).toContain("read-only");
    expect(await message("$Error = 1")).toContain("read-only");
    expect(await message("('a' | gm)[0].Name = 'x'")).toContain("ReadOnly property");
    expect(await message("(Get-Date).Nope = 1")).toContain("cannot be found on this object");
    expect(await message("$null = 5")).toBe("none");
    expect(await message("$null.ToString()")).toBe("You cannot call a method on a null-valued expression.");
    expect(await message("'a'.Nope()")).toContain("does not contain a method named 'Nope'");
    expect(await message("$nothing[0]")).toBe("Cannot index into a null array.");
    expect(await message("[nope] 1")).toBe("Unable to find type [nope].");
  });

  test("other streams: warnings, what -Verbose tells, what is written past the pipeline", async () => {
    const { show } = labShell();
    const { pieces } = await show(
      "Write-Warning 'w'; Write-Verbose 'v'; Write-Verbose 'v' -Verbose; Write-Host 'h' -ForegroundColor Red",
    );
    expect(pieces.map(({ stream, text, colour }) => [stream, text, colour])).toEqual([
      ["warning", "WARNING: w\n", null],
      ["verbose", "VERBOSE: v\n", null],
      ["host", "h\n", "Red"],
    ]);
    expect(
      (
        await show(
          "$VerbosePreference = 'Continue'; Write-Verbose 'v'; Write-Warning 'w' -WarningAction SilentlyContinue",
        )
      ).text,
    ).toBe("VERBOSE: v\n");
  });
});
