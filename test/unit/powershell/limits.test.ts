import { describe, expect, test } from "vitest";
import { labShell } from "../../lab/powershell.ts";

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe("a script can be stopped", () => {
  test.each([
    "while ($true) { }",
    "for (;;) { $i++ }",
    "do { } until ($false)",
    "& { while (1) { 1 } } | Out-Null",
    "function f { while (1) { } }; try { f } catch { 'caught' }; 'never'",
    "while (1) { try { throw 'x' } catch { } }",
    "while (1) { 1..1000 | sort | Out-Null }",
    "while (1) { 1..1000 | % { $_ } | Out-Null }",
    "1..1000000 | % { $_ } | Out-Null; while (1) { }",
    "1..1048576 | Sort-Object { $_ } | Out-Null; while (1) { }",
    "1..100 | % { while (1) { } }",
    "while (1) { switch (1) { 1 { continue } } }",
    "while (1) { if (1) { continue } }",
    "function f { f2 }; function f2 { while (1) { $x = @{}; $x.a = 1 } }; f",
  ])("%s", async (script) => {
    const { shell, text } = labShell();
    const running = shell.run(script);
    await tick();
    running.stop();
    expect((await running.done).kind).toBe("stopped");
    // The shell lives on.
    expect(await text("1 + 1")).toBe("2");
  });

  test("while it waits, at once", async () => {
    const { shell } = labShell(undefined, { sleep: () => new Promise(() => {}) });
    const running = shell.run("Start-Sleep 1000; 'never'", { keep: true });
    await tick();
    running.stop();
    expect(await running.done).toMatchObject({ kind: "stopped", objects: [] });
  });

  test("before it has begun", async () => {
    const { shell } = labShell();
    const running = shell.run("'never'", { keep: true });
    running.stop();
    expect(await running.done).toMatchObject({ kind: "stopped", objects: [] });
  });

  test("others have their turn while it runs", async () => {
    const { shell } = labShell();
    const running = shell.run("while ($true) { $i++ }");
    // Whoever never gave a turn would be waited for until the test is over.
    for (let turns = 0; turns < 20; turns++) await new Promise<void>((resolve) => setImmediate(resolve));
    running.stop();
    expect((await running.done).kind).toBe("stopped");
  });
});

describe("a script can be wrong", () => {
  test.each([
    ["function f { f }; f", "more than 1000 times deep"],
    ["function f($n) { if ($n -gt 0) { 1 + (f ($n - 1)) } else { 0 } }; f 5000", "more than 1000 times deep"],
    ["$b = { & $b }; & $b", "more than 1000 times deep"],
    ["'x' * 1e9", "16777216 characters"],
    ["$x = 'x'; while ($true) { $x += $x }", "16777216 characters"],
    ["1..1e9", "1048576 elements"],
    ["$a = 1, 2; while ($true) { $a += $a }", "1048576 elements"],
    ["@(while ($true) { 1..1000 })", "1048576 elements"],
    ["$h = @(); while ($true) { $h += 'x' * 1MB + $h.Count }", "more than this page has room for"],
    ["$x = while ($true) { 'x' * 4MB + (++$i) }", "more than this page has room for"],
    ["function f { $l = 'y' * 8MB + (++$i); f }; f", "more than this page has room for"],
    ["$i = 0; while ($true) { Set-Variable ('v' + $i++) 1 }", "4096 variables"],
    ["('{0,99999}' * 200) -f 1", "16777216 characters"],
    ["'a'.PadLeft(1GB)", "16777216 characters"],
    ["('a' * 30 + '!') -match '^(a+)+$'", "takes too long"],
    ["('ab' * 100000) -match '^(ab)*$'", "repeats a group too often"],
    ["'x' -match '('", "a parenthesis is not closed"],
  ])("%s", async (script, reason) => {
    const { show } = labShell();
    const { outcome } = await show(script);
    expect(outcome.errors.at(-1)).toContain(reason);
  });

  test("a thousand calls deep is not too deep", async () => {
    const { text } = labShell();
    expect(await text("function f($n) { if ($n -gt 0) { 1 + (f ($n - 1)) } else { 0 } }; f 900")).toBe("900");
  });

  test("a limit ends the script unless it is caught; what was kept before is still there", async () => {
    const { show, text } = labShell();
    expect((await show("$x = 5; 'x' * 1e9; 'never'")).outcome).toMatchObject({ kind: "failed", objects: [] });
    expect(await text("try { 'x' * 1e9 } catch { \"caught, $x\" }")).toBe("caught, 5");
  });
});
