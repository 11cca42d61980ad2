import {
  IcShutdown,
  type IntegrationStatus,
  icShutdownPlanned,
  icShutdownTextBytes,
} from "../../hvdef/index.ts";
import { openIcLine } from "./line.ts";
import { icProtocol } from "./offer.ts";
import { type IcDone, type IcService, outcomeOf, type ServiceOptions } from "./service.ts";
import { utf16 } from "./text.ts";

/** Microseconds in which the guest's kernel should say whether it will. */
const patience = 30_000_000;

/** The service that asks a guest to shut down. */
export interface ShutdownService extends IcService {
  /** Asks once; `text` is for whoever works there, cut to what the message holds. */
  request(text: string, done: IcDone): void;
}

/** Asks the guest to shut down. That it has done so is seen as the machine's end. @ic 3 */
export function openShutdown({ clock, saved, changed }: ServiceOptions): ShutdownService {
  let pending: {
    readonly body: Uint8Array<ArrayBuffer>;
    readonly done: IcDone;
    readonly since: number;
  } | null = null;
  const line = openIcLine({
    protocol: icProtocol("shutdown"),
    clock,
    saved,
    events: {
      agreed: changed,
      free: send,
      closed() {
        settle({ kind: "gone" });
        changed();
      },
    },
  });

  function settle(outcome: Parameters<IcDone>[0]): void {
    const was = pending;
    pending = null;
    was?.done(outcome);
  }
  function send(): void {
    const mine = pending;
    if (mine === null) return;
    line.ask(mine.body, ({ status }) => {
      // An answer that comes too late is to a request nobody waits for.
      if (pending === mine) settle(outcomeOf(status));
      changed();
    });
  }
  return {
    line,
    request(text, done) {
      if (pending !== null) return done({ kind: "busy" });
      if (line.versions() === null) return done({ kind: "gone" });
      const body = IcShutdown.bytes({
        reason: icShutdownPlanned,
        timeout: 0,
        flags: 0,
        text: utf16(text, icShutdownTextBytes),
      });
      pending = { body, done, since: clock.now() };
      send();
    },
    tick() {
      if (pending !== null && clock.now() - pending.since > patience) settle({ kind: "silent" });
    },
    wentOn() {},
    status: (): IntegrationStatus => line.status(patience),
    inspect: () => ({ pending: pending !== null, ...line.inspect() }),
  };
}
