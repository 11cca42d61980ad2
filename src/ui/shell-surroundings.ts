import type { ShellSurroundings } from "../powershell/index.ts";
import { micros } from "../support/index.ts";
import type { WmiSession } from "../wmi/index.ts";

/** What a shell has of whoever shows it. */
type Shown = Pick<ShellSurroundings, "clear" | "width" | "ask">;

/** Characters of a line where nobody looks. */
const unseenWidth = 120;
const unseen: Shown = { clear: () => {}, width: () => unseenWidth, ask: null };

const hostQuery = "SELECT Name FROM Msvm_ComputerSystem WHERE Caption <> 'Virtual Machine'";

async function hostName(session: WmiSession): Promise<string> {
  const answer = await session.query(hostQuery);
  const name = answer.kind === "objects" ? answer.objects[0]?.properties["Name"] : null;
  return typeof name === "string" ? name : "";
}

/** What the page gives a PowerShell: its clock, its chance, its turns. @param session  of the host it manages */
export async function shellSurroundings(
  session: WmiSession,
  shown: Shown = unseen,
): Promise<ShellSurroundings> {
  const computer = await hostName(session);
  return {
    session,
    clock: { now: () => micros(performance.now() * 1000) },
    wallClock: () => Date.now(),
    minutesAhead: (at) => -new Date(at).getTimezoneOffset(),
    random: Math.random,
    sleep: (millis) => new Promise((resolve) => setTimeout(resolve, millis)),
    breathe: () => new Promise((resolve) => setTimeout(resolve)),
    environment: { COMPUTERNAME: computer },
    ...shown,
  };
}
