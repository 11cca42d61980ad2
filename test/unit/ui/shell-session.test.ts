import { describe, expect, test } from "vitest";
import { openKeptShell } from "../../../src/ui/kept-shell.ts";
import { drawLine, harmless, keysOf, openShellLine } from "../../../src/ui/shell-line.ts";
import { openShellSession } from "../../../src/ui/shell-session.ts";
import { openMemoryHost, settle } from "../../lab/memory-host.ts";
import { labShell } from "../../lab/powershell.ts";

/** A session at a screen that is only remembered, with what moves the cursor taken out. */
async function open() {
  const host = await openMemoryHost();
  let written = "";
  const lab = labShell(host.wmi, {
    ask: (question) => session.ask(question),
    sleep: () => new Promise(() => {}),
  });
  const show = (text: string): void => {
    written += text;
  };
  const session = openShellSession(lab.shell, {
    write: show,
    draw: show,
    keep: () => {},
    width: () => 80,
    clear: () => {
      written = "";
    },
  });
  return {
    host,
    session,
    shell: lab.shell,
    async type(sent: string): Promise<string> {
      written = "";
      session.keys(sent);
      await settle(40);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys is no text
      return written.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "").replaceAll("\r\n", "\n");
    },
  };
}

describe("a line", () => {
  test("letters come and go at the cursor", () => {
    const line = openShellLine();
    line.insert("Get-VM web");
    line.move("wordLeft");
    line.insert("-Name ");
    expect(line.text()).toBe("Get-VM -Name web");
    line.move("end");
    line.erase("before");
    line.move("start");
    line.erase("after");
    line.erase("before");
    expect([line.text(), line.cursor()]).toEqual(["et-VM -Name we", 0]);
    line.move("wordRight");
    expect(line.cursor()).toBe(6);
    line.move("left");
    line.replace(0, 5, "x");
    expect([line.text(), line.cursor()]).toEqual(["x -Name we", 1]);
  });

  test("what was entered comes back, and so does what was being typed", () => {
    const line = openShellLine();
    line.insert("half");
    const history = ["one", "two"];
    const seen = (["older", "older", "older", "newer", "newer", "newer"] as const).map((direction) => {
      line.recall(direction, history);
      return line.text();
    });
    expect(seen).toEqual(["two", "one", "one", "two", "half", "half"]);
  });

  test("is drawn over several rows, with the cursor where it belongs", () => {
    const line = openShellLine();
    line.insert("a".repeat(16));
    // 20 letters fill two rows of ten: the cursor stands in a third.
    expect(drawLine("PS> ", line, { width: 10, before: 0 })).toEqual({
      output: `\r\x1b[JPS> ${"a".repeat(16)}\r\n\r`,
      row: 2,
    });
    line.move("start");
    expect(drawLine("PS> ", line, { width: 10, before: 2 })).toEqual({
      output: `\x1b[2A\r\x1b[JPS> ${"a".repeat(16)}\r\n\x1b[2A\r\x1b[4C`,
      row: 0,
    });
  });

  test("keys are taken apart; what is none is left out", () => {
    expect(
      keysOf("ab\r\x1b[A\x1bOB\t\x03\x1b[99~\x00é").map((key) => (key.kind === "text" ? key.text : key.kind)),
    ).toEqual([...["ab", "enter", "older", "newer", "tab", "stop", "é"]]);
    expect(harmless("a\x1b[2Jb\n\tc\x9b")).toBe("a\u241b[2Jb\n\tc\ufffd");
  });
});

describe("a session", () => {
  test("a command is run, its output shown, and the prompt comes back", async () => {
    const { type } = await open();
    expect(await type("(Get-VM).Name\r")).toMatch(/web01\n\rPS> \r?$/);
    expect(await type("\x1b[A")).toContain("PS> (Get-VM).Name");
  });

  test("lines go on until they are whole; Ctrl+C begins anew", async () => {
    const { type } = await open();
    expect(await type("if (1) {\r")).toMatch(/>> \r?$/);
    expect(await type("'yes' }\r")).toContain("\nyes\n");
    expect(await type("if (\r")).toMatch(/>> /);
    expect(await type("\x03")).toMatch(/PS> \r?$/);
    expect(await type("1 + )\r")).toContain("At line:1 char:5");
  });

  test("pasted lines are run one after another, also while one runs", async () => {
    const { type } = await open();
    const shown = await type("'first'\r'second'\r");
    expect(shown).toMatch(/\nfirst\n[\s\S]*\nsecond\n/);
  });

  test("Ctrl+C stops what runs and what waits", async () => {
    const { type, shell } = await open();
    await type("Start-Sleep 1000\r");
    expect(await type("'typed ahead'\r")).toBe("");
    expect(await type("\x03")).toMatch(/\^C\n\rPS> \r?$/);
    expect(shell.history()).toEqual(["Start-Sleep 1000"]);
  });

  test("Tab goes through what could stand there, Shift+Tab back", async () => {
    const { type } = await open();
    expect(await type("Get-VMH\t")).toContain("PS> Get-VMHardDiskDrive");
    expect(await type("\t")).toContain("PS> Get-VMHost");
    expect(await type("\x1b[Z")).toContain("PS> Get-VMHardDiskDrive");
    expect(await type("\x1b")).toMatch(/PS> \r?$/);
    expect(await type("Start-VM \t")).toContain("PS> Start-VM web01");
  });

  test("a question is answered at the screen", async () => {
    const { type, host } = await open();
    expect(await type("Start-VM web01 -Confirm\r")).toContain("[Y] Yes");
    await type("n\r");
    expect(await host.state()).toBe("off");
    await type("Start-VM web01 -Confirm\r");
    await type("\r");
    await settle(100);
    expect(await host.state()).toBe("running");
    await type("Stop-VM web01 -TurnOff -Confirm\r");
    expect(await type("\x03")).toContain("^C");
    expect(await host.state()).toBe("running");
  });

  test("what machines are called cannot take over the screen", async () => {
    const { type } = await open();
    expect(await type('"a$([char]27)[2Jb"\r')).toContain("a\u241b[2Jb");
  });
});

describe("a shell that goes on while nobody looks", () => {
  test("who looks later sees what was written, and the line as it is", async () => {
    const host = await openMemoryHost();
    const shell = await openKeptShell(host.wmi);
    const screen = (width: number) => {
      let shown = "";
      const write = (text: string): void => {
        shown += text;
      };
      return { shown: () => shown, write, width: () => width, clear: () => {} };
    };
    const first = screen(80);
    const session = shell.show(first);
    session.keys("'one'\r");
    await settle(20);
    session.keys("Start-VM web01; 'two'\r");
    shell.leave();
    await settle(100);
    expect(await host.state()).toBe("running");
    session.keys("half");
    const second = screen(40);
    shell.show(second);
    expect(second.shown()).toContain("PS> 'one'\r\none\r\n");
    expect(second.shown()).toContain("two\r\n\r\u001b[JPS> half\r");
    expect(first.shown()).not.toContain("two\r\n");
  });
});
