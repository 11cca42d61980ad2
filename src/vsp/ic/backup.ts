import {
  type FreezeProgress,
  IcBackup,
  IcBackupOperation,
  type IntegrationStatus,
} from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";
import { openIcLine } from "./line.ts";
import type { IcState } from "./negotiate.ts";
import { icProtocol } from "./offer.ts";
import { type IcDone, type IcOutcome, type IcService, outcomeOf, type ServiceOptions } from "./service.ts";

/** Microseconds the guest has to stop writing: its daemon writes back everything first. */
const freezePatience = 15 * 60_000_000;
/** Microseconds the guest has to go on. */
const thawPatience = 30_000_000;
/** Microseconds after which the host thaws of itself. Reason: nothing in the guest does, and it can write nothing. */
const frozenLimit = 60_000_000;

/** What a saved machine keeps beside the line. */
export interface BackupSaved {
  readonly line: IcState;
  /** Its file systems stand still, or may. */
  readonly frozen: boolean;
}

/** What backup needs beside what every service does. */
export interface BackupOptions extends Omit<ServiceOptions, "saved"> {
  readonly saved: BackupSaved | null;
  /** The host has thawed the guest of itself: the freeze took too long. */
  thawedLate(): void;
}

/** The service that makes the guest's file systems stand still. */
export interface BackupService extends IcService {
  freeze(done: IcDone): void;
  /** Also while a freeze is under way, which it follows. */
  thaw(done: IcDone): void;
  progress(): FreezeProgress;
}

/** The requests of a freeze and a thaw, in their order. */
type Step = "hotBackup" | "freeze" | "thaw" | "complete";

/**
 * Freezes and thaws the guest's file systems. Whatever becomes of a freeze, a thaw follows: when it is asked for,
 * after a minute, or when the guest has not said in time that it froze. @ic 6
 */
export function openBackup({ clock, saved, changed, thawedLate }: BackupOptions): BackupService {
  let progress: FreezeProgress = saved?.frozen === true ? "frozen" : "thawed";
  let since: number = clock.now();
  let due: Step | null = null;
  let freezing: IcDone | null = null;
  let thawing: IcDone | null = null;
  let thawNext = false;
  const line = openIcLine({
    protocol: icProtocol("backup"),
    clock,
    saved: saved?.line ?? null,
    events: {
      agreed: changed,
      free: send,
      closed() {
        // The guest's kernel is gone or has let go of us: so has its daemon, which thaws then.
        due = null;
        thawNext = false;
        enter("thawed");
        settle({ kind: "gone" });
      },
    },
  });

  function enter(next: FreezeProgress): void {
    progress = next;
    since = clock.now();
    changed();
  }
  function settle(outcome: IcOutcome): void {
    const told = [freezing, thawing];
    freezing = null;
    thawing = null;
    for (const done of told) done?.(outcome);
  }
  function send(): void {
    const step = due;
    if (step === null) return;
    const operation = IcBackupOperation[step];
    const body = IcBackup.bytes({ operation, reserved: new Uint8Array(7), flags: 0 });
    if (line.ask(body, ({ status }) => take(step, status))) due = null;
  }
  function take(step: Step, status: number): void {
    switch (step) {
      case "hotBackup":
        if (thawNext || status !== 0) giveUp(status);
        else due = "freeze";
        return;
      case "freeze":
        takeFreeze(status);
        return;
      case "thaw":
        takeThaw(status);
        return;
      case "complete":
        return;
      default:
        unreachable(step);
    }
  }
  /** Nothing stands still: the guest has refused, or the thaw came before the freeze. */
  function giveUp(status: number): void {
    thawNext = false;
    enter("thawed");
    freezing?.(status === 0 ? { kind: "busy" } : outcomeOf(status));
    freezing = null;
    settle({ kind: "done" });
  }
  function takeFreeze(status: number): void {
    if (status !== 0 && !thawNext) {
      giveUp(status);
      return;
    }
    enter("frozen");
    const done = freezing;
    freezing = null;
    done?.(outcomeOf(status));
    if (thawNext) beginThaw();
  }
  function takeThaw(status: number): void {
    if (status === 0) due = "complete";
    enter(status === 0 ? "thawed" : "frozen");
    settle(outcomeOf(status));
  }
  function beginThaw(): void {
    thawNext = false;
    due = "thaw";
    enter("thawing");
    send();
  }

  return {
    line,
    freeze(done) {
      if (progress !== "thawed" || due !== null) return done({ kind: "busy" });
      if (line.versions() === null) return done({ kind: "gone" });
      freezing = done;
      due = "hotBackup";
      enter("freezing");
      send();
    },
    thaw(done) {
      if (progress === "thawed") return done({ kind: "done" });
      if (thawing !== null) return done({ kind: "busy" });
      thawing = done;
      if (progress === "frozen") beginThaw();
      else thawNext = progress === "freezing";
    },
    tick() {
      const waited = clock.now() - since;
      if (progress === "frozen" && waited > frozenLimit) {
        thawedLate();
        beginThaw();
      } else if (progress === "freezing" && waited > freezePatience) {
        thawNext = true;
        settle({ kind: "silent" });
      } else if (progress === "thawing" && waited > thawPatience) {
        // The request stays with the guest; should it fail, the guest is frozen and is thawed anew.
        settle({ kind: "silent" });
      }
      send();
    },
    wentOn() {},
    progress: () => progress,
    status: (): IntegrationStatus => line.status(freezePatience),
    inspect: () => ({ progress, ...line.inspect() }),
  };
}
