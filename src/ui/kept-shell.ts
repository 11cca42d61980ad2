// Loaded when the PowerShell is first shown, with the shell itself.
import { openPowerShell } from "../powershell/index.ts";
import type { WmiSession } from "../wmi/index.ts";
import { openShellSession, type ShellScreen, type ShellSession } from "./shell-session.ts";
import { shellSurroundings } from "./shell-surroundings.ts";

/** A screen that may come and go. */
type Screen = Pick<ShellScreen, "write" | "width" | "clear">;

/** A PowerShell that goes on whether somebody looks or not. */
export interface KeptShell {
  /** Shows it, with what was written before. One screen at a time. @returns what the keys are given to */
  show(screen: Screen): ShellSession;
  /** Nobody looks any more. */
  leave(): void;
}

/** Letters that are kept for who looks later. Reason: as of a serial console. */
const kept = 256 * 1024;
/** Letters of a line until somebody has looked. */
const firstWidth = 120;

const welcome = [
  "PowerShell of this page: Get-VM lists machines, Get-Command what there is, Get-Help tells more.",
  "Its cmdlets for Hyper-V have names that came with Windows Server 2012.",
  "",
  "",
].join("\r\n");

/** Opens a shell over the management objects of a host. */
export async function openKeptShell(wmi: WmiSession): Promise<KeptShell> {
  let log = welcome;
  let now: Screen | null = null;
  let width = firstWidth;
  const screen: ShellScreen = {
    write(text) {
      screen.keep(text);
      now?.write(text);
    },
    draw: (text) => now?.write(text),
    keep(text) {
      log = (log + text).slice(-kept);
    },
    width: () => now?.width() ?? width,
    clear() {
      log = "";
      now?.clear();
    },
  };
  const surroundings = await shellSurroundings(wmi, {
    clear: screen.clear,
    width: screen.width,
    ask: (question) => session.ask(question),
  });
  const session: ShellSession = openShellSession(openPowerShell(surroundings), screen);
  return {
    show(next) {
      now = next;
      next.write(log);
      session.redraw("another");
      return session;
    },
    leave() {
      width = screen.width();
      now = null;
    },
  };
}
