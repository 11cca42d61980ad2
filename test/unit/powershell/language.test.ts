import { describe, expect, test } from "vitest";
import { labShell } from "../../lab/powershell.ts";

/** Scripts, and what they show: one line for each output. */
function shows(cases: readonly (readonly [script: string, ...lines: string[]])[]): void {
  test.each(cases.map(([script, ...lines]) => [script, lines.join("\n")]))("%j", async (script, expected) => {
    expect(await labShell().text(script)).toBe(expected);
  });
}

describe("numbers and text", () => {
  shows([
    ["1 + 2 * 3", "7"],
    ["10 / 4; 8 / 4", "2.5", "2"],
    ["7 % 3; -7 % 3", "1", "-1"],
    ["'a' + 1; '5' * 3", "a1", "555"],
    ["9223372036854775807 + 1", "9.22337203685478E+18"],
    ["0.1 + 0.2; 1e20; 1/3", "0.3", "1E+20", "0.333333333333333"],
    ["10GB; 1.5KB; 0xFF", "10737418240", "1536", "255"],
    ["[int] 2.5; [int] 3.5; [int] '0x10'", "2", "4", "16"],
    ["[string] 5 + 1; [bool] 'x'; [char] 65", "51", "True", "A"],
    ["5 -band 3; 5 -bor 3; 5 -bxor 3; -bnot 5", "1", "7", "6", "-6"],
    ["'{0:N2} {1,-4}|{2:X4} {3:P0} {{}}' -f 1234.567, 'ab', 255, 0.5", "1,234.57 ab  |00FF 50 % {}"],
    ["'{0:yyyy-MM-dd}' -f [datetime] '2011-02-22'; '{0:D5} {0:0.0}' -f 42", "2011-02-22", "00042 42.0"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: braces of PowerShell
    ['$x = 5; "$x ${x}y $($x + 1) `$x `"q`""', '5 5y 6 $x "q"'],
    ['$h = @{n = 3}; "$h.n $($h.n)"', "System.Collections.Hashtable.n 3"],
    ["'it''s'; @'\na $x\n'@; @\"\nb $(1+1)\n\"@", "it's", "a $x", "b 2"],
    ["'hello'.ToUpper().Substring(1, 3); 'a-b'.Split('-'); 'abc'.Length", "ELL", "a", "b", "3"],
    ["'abc'[0]; 'abc'[-1]; 'x'.PadLeft(3, '.')", "a", "c", "..x"],
  ]);
});

describe("comparison", () => {
  shows([
    ["'A' -eq 'a'; 'A' -ceq 'a'; 1 -eq '1'; $null -eq 0", "True", "False", "True", "False"],
    ["1, 2, 3 -gt 1; (1, 2 -contains 2); 2 -in 1, 2; 3 -notin 1, 2", "2", "3", "True", "True", "True"],
    ["'web01' -like 'WEB*'; 'web01' -notlike '*1'; 'a[b' -like 'a`[b'", "True", "False", "True"],
    ["'web01' -match '(?<n>\\d+)'; $Matches.n; $Matches[0]", "True", "01", "01"],
    [
      "'a1b22' -replace '\\d+', '<$&>'; 'John Doe' -replace '(\\w+) (\\w+)', '$2 $1'",
      "a<1>b<22>",
      "Doe John",
    ],
    ["'a,b;c' -split '[,;]'; (' x  y ' | % { -split $_ }).Count", "a", "b", "c", "2"],
    ["1, 2, 3 -join '-'; -join ('a', 'b')", "1-2-3", "ab"],
    ["1 -is [int]; 'a' -is [string]; '7' -as [int]; $null -eq ('x' -as [int])", "True", "True", "7", "True"],
    ["$true -and $false; 1 -or 0; $true -xor $true; !1", "False", "True", "False", "False"],
  ]);
});

describe("arrays and hash tables", () => {
  shows([
    ['$a = 1, 2, 3; $a += 4; $a.Count; $a[-1]; $a[0, 2]; "$($a[1..2])"', "4", "4", "1", "3", "2 3"],
    ["@(1).Count; @().Count; (,5).Count; @($null).Count", "1", "0", "1", "1"],
    ['$a, $b = 1, 2, 3; "$a|$b"', "1|2 3"],
    ["$h = @{a = 1; 'b c' = 2}; $h.a; $h['b c']; $h.Count; $h.ContainsKey('A')", "1", "2", "2", "True"],
    ["$h = @{}; $h.x = 5; $h['y'] = 6; $h.Keys -join ','; $h.Remove('x'); $h.Count", "x,y", "1"],
    ["$o = [pscustomobject] @{Name = 'n'; Size = 2}; $o.Name; $o.Size = 3; $o.Size", "n", "3"],
    ["5..1 -join ''; (1..3)[1]", "54321", "2"],
    ["($x = 4); $x; $x++; ++$x; $x--; $x", "4", "4", "5"],
    ["(@{a = 1}, @{a = 2}).a -join ','", "1,2"],
  ]);
});

describe("statements", () => {
  shows([
    ["if (0) { 'a' } elseif ('') { 'b' } else { 'c' }", "c"],
    ["for ($i = 0; $i -lt 3; $i++) { $i }", "0", "1", "2"],
    ["foreach ($i in 1..4) { if ($i -eq 2) { continue }; if ($i -eq 4) { break }; $i }", "1", "3"],
    ["$i = 0; while ($true) { if (++$i -gt 2) { break }; $i }", "1", "2"],
    ["$i = 0; do { $i++ } until ($i -ge 3); do { $i-- } while ($i -gt 1); $i", "1"],
    [
      ':o foreach ($i in 1..3) { foreach ($j in 1..3) { if ($j -eq 2) { continue o }; "$i$j" } }',
      "11",
      "21",
      "31",
    ],
    ["switch (3) { 1 { 'a' } 3 { 'c' } { $_ -gt 2 } { 'big' } default { 'd' } }", "c", "big"],
    ["switch -wildcard ('web01', 'db') { 'w*' { \"w $_\" } default { \"? $_\" } }", "w web01", "? db"],
    ["switch -regex ('a1') { '\\d' { 'digit'; break } 'a' { 'never' } }", "digit"],
    ["function f($a, [int] $b = 2) { $a * $b }; f 3; f -b 5 2; f 'x' 3", "6", "10", "xxx"],
    ['function f { param([switch] $on, [string[]] $n) "$on $($n.Count) $args" }; f a, b -on c', "True 2 c"],
    ["function f { begin { 'b' } process { $_ * 2 } end { 'e' } }; 1, 2 | f", "b", "2", "4", "e"],
    ["function f { return 1; 2 }; f; (f) + 1", "1", "2"],
    ["$x = 1; function f { $x = 2; $global:y = 3; $x }; f; $x; $y", "2", "1", "3"],
    ["& { param($p) $p + 1 } 4; . { $z = 9 }; $z", "5", "9"],
    ["$p = @{First = 2}; 1..5 | select @p; $a = 'x', 'y'; echo @a", "1", "2", "x", "y"],
    ["try { throw 'bad' } catch { \"c $_\" } finally { 'f' }", "c bad", "f"],
    ["try { 1 / 0 } catch [DivideByZeroException] { 'zero' } catch { 'other' }", "zero"],
    ["try { try { throw 'a' } finally { 'f' } } catch { $_.Exception.Message }", "f", "a"],
    ["function f { throw 'deep' }; try { f; 'never' } catch { 'got' }", "got"],
    ["1..3 | % { if ($_ -eq 2) { return }; $_ }", "1", "3"],
    ["foreach ($i in 1..3) { 1..3 | % { if ($_ -eq 2) { break } ; $_ } ; 'never' }; 'after'", "1", "after"],
    ["$x = if ($true) { 'v' }; $y = foreach ($i in 1..2) { $i }; \"$x $y\"", "v 1 2"],
    ["'out'; exit; 'never'", "out"],
    ["$env:COMPUTERNAME; $ENV:nothing; $nothing.x.y", "LAB"],
    ["Write-Error 'x' 2> $null; 'a' > $null; 'b'", "b"],
    ["(Write-Error 'x' 2>&1).Exception.Message", "x"],
    ["[math]::Max(3, 9); [string]::Join('-', 1, 2); [int]::MaxValue", "9", "1-2", "2147483647"],
    [
      "([datetime] '2011-02-22' - [datetime] '2011-02-20').TotalHours; ([datetime] '2011-01-31').AddMonths(1).Day",
      "48",
      "28",
    ],
  ]);
});

describe("what a shell remembers", () => {
  test("variables, functions and history go on from one script to the next", async () => {
    const { shell, text } = labShell();
    await shell.run("$x = 5; function twice($n) { $n * 2 }", { typed: true }).done;
    expect(await text("twice $x")).toBe("10");
    await shell.run("twice 4", { typed: true }).done;
    expect(shell.history()).toEqual(["$x = 5; function twice($n) { $n * 2 }", "twice 4"]);
    expect(await text("(Get-History).CommandLine[1]")).toBe("twice 4");
  });

  test("a text that cannot be read runs nothing, and its place is shown", async () => {
    const { shell, show } = labShell();
    const { text, outcome } = await show("'first'\n1 +* 2");
    expect(outcome).toMatchObject({ kind: "failed", objects: [] });
    expect(text).toContain("At line:2 char:4");
    expect(text).toContain("+ 1 +* 2");
    expect(shell.check("1 +* 2")).toMatchObject({ start: 3, end: 4, incomplete: false });
    expect(shell.check("if ($x) {")).toMatchObject({ incomplete: true });
    expect(shell.check("1")).toBeNull();
  });

  test("scripts run one after another", async () => {
    const { shell } = labShell();
    const first = shell.run("$n = 1; Start-Sleep 1; $n = 2");
    const second = shell.run("$n", { keep: true });
    await first.done;
    expect((await second.done).objects).toEqual([2n]);
  });
});
