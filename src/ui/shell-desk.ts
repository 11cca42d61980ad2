import type { WmiSession } from "../wmi/index.ts";
import type { KeptShell } from "./kept-shell.ts";

/** The PowerShell of the page, which lives on while other workspaces are looked at. */
export interface ShellDesk {
  /** The shell, loaded when it is first asked for. Rejects when it cannot be; the next call tries again. */
  shell(): Promise<KeptShell>;
}

/** Opens the desk. @param wmi  settles when the host answers */
export function openShellDesk(wmi: Promise<WmiSession>): ShellDesk {
  let opened: Promise<KeptShell> | null = null;
  async function open(): Promise<KeptShell> {
    const [{ openKeptShell }, session] = await Promise.all([import("./kept-shell.ts"), wmi]);
    return openKeptShell(session);
  }
  return {
    shell() {
      opened ??= open().catch((failure: unknown) => {
        opened = null;
        throw failure;
      });
      return opened;
    },
  };
}
