import {
  type FreezeProgress,
  type IntegrationService,
  type IntegrationStatus,
  integrationServices,
  type KeyValuePair,
  type KeyValuePairs,
} from "../../hvdef/index.ts";
import { type Clock, type InspectNode, pausableClock } from "../../support/index.ts";
import type { ChannelOwner } from "../../vmbus/index.ts";
import { openBackup } from "./backup.ts";
import { openHeartbeat } from "./heartbeat.ts";
import { openKeyValue } from "./key-value.ts";
import type { IcDone, IcService } from "./service.ts";
import { openShutdown } from "./shutdown.ts";
import { checkIntegrationState, type IntegrationState } from "./state.ts";
import { openTimeSync } from "./time-sync.ts";

/** What the services of one machine are made with. */
export interface IntegrationOptions {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  wallClock(): number;
  /** What the host tells the guest of itself and the machine. */
  readonly facts: readonly KeyValuePair[];
  /** What the visitor has put there for the guest. */
  readonly items: readonly KeyValuePair[];
  /** A status, a version, a freeze or a pair may be another now. */
  changed(): void;
  /** The guest was frozen for so long that the host has thawed it. */
  thawedLate(): void;
}

/** How one service does. */
export interface ServiceReport {
  /** Never `off`. */
  readonly status: IntegrationStatus;
  readonly version: string | null;
}

/** The integration services of one machine, from power-on to its end. Time stands still until `goOn`. */
export interface Integration {
  /** For the channel of the service. */
  owner(service: IntegrationService): ChannelOwner;
  report(service: IntegrationService): ServiceReport;
  /** Time passes; called about once a second. */
  tick(): void;
  /** The guest stands still: nothing is asked, and its silence means nothing. */
  hold(): void;
  /** The guest runs, for the first time or again. */
  goOn(): void;
  /** What the guest was before does not count any more: of one service, or of all when it starts anew. */
  forget(service?: IntegrationService): void;
  /** @param text  for whoever works in the guest */
  shutDown(text: string, done: IcDone): void;
  /** As they were at the last look; while somebody asks, looks come more often. */
  pairs(): KeyValuePairs;
  setItems(items: readonly KeyValuePair[]): void;
  freeze(done: IcDone): void;
  thaw(done: IcDone): void;
  freezing(): FreezeProgress;
  inspect(): InspectNode;
  /** What a saved machine keeps of them. */
  save(): IntegrationState;
}

/** Services that go on from a saved state, or why there are none, for a person. */
export type IntegrationRestored =
  | { readonly kind: "restored"; readonly integration: Integration }
  | { readonly kind: "refused"; readonly text: string };

/** Opens the services of a machine that starts. */
export function openIntegration(options: IntegrationOptions): Integration {
  return open(options, null);
}

/**
 * Opens the services of a machine whose guest was saved: the first opening of each channel goes on where it was.
 *
 * @param saved  from `Integration.save`, by whatever way it came: it may be anything
 */
export function restoreIntegration(saved: unknown, options: IntegrationOptions): IntegrationRestored {
  const checked = checkIntegrationState(saved);
  if (checked.kind === "unusable") return { kind: "refused", text: checked.text };
  return { kind: "restored", integration: open(options, checked.state) };
}

function open(options: IntegrationOptions, saved: IntegrationState | null): Integration {
  const { facts, items, changed, wallClock, thawedLate } = options;
  const clock = pausableClock(options.clock);
  const line = (service: IntegrationService) => ({ clock, changed, saved: saved?.lines[service] ?? null });
  const stopped = saved === null ? null : { line: saved.lines.backup, frozen: saved.frozen };
  const shutdown = openShutdown(line("shutdown"));
  const keyValue = openKeyValue({ ...line("keyValuePair"), facts, items });
  const backup = openBackup({ clock, changed, thawedLate, saved: stopped });
  const services: Readonly<Record<IntegrationService, IcService>> = {
    heartbeat: openHeartbeat(line("heartbeat")),
    shutdown,
    timeSync: openTimeSync({ ...line("timeSync"), wallClock }),
    keyValuePair: keyValue,
    backup,
  };
  const all = integrationServices.map((service) => services[service]);
  let held = true;

  return {
    owner: (service) => services[service].line.owner,
    report(service) {
      const one = services[service];
      const versions = one.line.versions();
      const version = versions === null ? null : `${versions.message.major}.${versions.message.minor}`;
      return { status: one.status(), version };
    },
    tick() {
      if (!held) for (const service of all) service.tick();
    },
    hold() {
      held = true;
      clock.stop();
    },
    goOn() {
      if (!held) return;
      held = false;
      clock.go();
      for (const service of all) service.wentOn();
    },
    forget(service) {
      for (const one of service === undefined ? all : [services[service]]) one.line.forget();
    },
    shutDown: shutdown.request,
    pairs: keyValue.pairs,
    setItems: keyValue.setItems,
    freeze: backup.freeze,
    thaw: backup.thaw,
    freezing: backup.progress,
    inspect() {
      const tree: Record<string, InspectNode> = {};
      for (const service of integrationServices) tree[service] = services[service].inspect();
      return tree;
    },
    save: () => ({
      format: 1,
      lines: {
        heartbeat: services.heartbeat.line.state(),
        shutdown: shutdown.line.state(),
        timeSync: services.timeSync.line.state(),
        keyValuePair: keyValue.line.state(),
        backup: backup.line.state(),
      },
      frozen: backup.progress() !== "thawed",
    }),
  };
}
