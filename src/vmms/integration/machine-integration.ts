import {
  type FreezeProgress,
  type IntegrationService,
  type IntegrationSummary,
  integrationServices,
  integrationTitles,
  type KeyValuePair,
  type KeyValuePairs,
  type OfferDescription,
  type ShutdownProgress,
  type VmGuid,
} from "../../hvdef/index.ts";
import { type Clock, HvError, openTurns } from "../../support/index.ts";
import type { IcDone, Integration, IntegrationOptions } from "../../vsp/index.ts";
import { type Asked, failureOf } from "./outcome.ts";
import { type IntegrationSettings, withItem, withoutItem, withService } from "./rules.ts";
import type { IntegrationServices } from "./services.ts";

/** Integration services as a machine's summary shows them. */
export interface IntegrationShown {
  readonly integration: readonly IntegrationSummary[];
  readonly shutdown: ShutdownProgress;
  readonly freeze: FreezeProgress;
}

/** The integration services of one machine. Calls reject with HvError `ic.*`. */
export interface MachineIntegration {
  settings(): IntegrationSettings;
  shown(): IntegrationShown;
  /** What serves them is made with this, at every start. */
  options(): IntegrationOptions;
  offers(services: Pick<IntegrationServices, "offers">): readonly OfferDescription[];
  /** The machine has power, and these serve it; its guest stands still. */
  begin(services: IntegrationServices): void;
  /** The guest runs, or stands still. */
  goOn(): void;
  hold(): void;
  /** The guest starts anew. */
  restarted(): void;
  /** The machine is off. */
  end(): void;
  /** Called about once a second. */
  tick(): void;
  shutDown(text: string): Promise<void>;
  setService(service: IntegrationService, enabled: boolean): Promise<void>;
  pairs(): KeyValuePairs;
  setItem(pair: KeyValuePair): Promise<void>;
  removeItem(key: string): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

/** What the services need of their machine. */
export interface IntegrationOf {
  readonly vm: VmGuid;
  readonly name: string;
  readonly clock: Clock;
  wallClock(): number;
  /** The guest executes right now. */
  isRunning(): boolean;
  /** The bus offers these from now on, beside disks and adapters. */
  changeOffers(offers: readonly OfferDescription[]): Promise<void>;
  /** The settings should be so again after a reload. */
  keep(settings: IntegrationSettings): Promise<void>;
  changed(): void;
  tell(level: "info" | "warning", text: string): void;
}

/** Microseconds in which a guest that agreed to shut down should have done so. Reason: twice what our guests take. */
const shutdownPatience = 60_000_000;

/** Takes the integration services of a machine under management. */
export function openMachineIntegration(
  first: IntegrationSettings,
  machine: IntegrationOf,
): MachineIntegration {
  const { name, clock } = machine;
  let settings = first;
  let live: IntegrationServices | null = null;
  let asked: { readonly at: number; readonly overdue: boolean } | null = null;
  let lastShown = "";
  let heartbeatLost = false;
  /** One change at a time: each sees what the one before has made. */
  const turns = openTurns();

  const isEnabled = (service: IntegrationService): boolean => !settings.disabled.includes(service);
  const enabled = (): readonly IntegrationService[] => integrationServices.filter(isEnabled);

  function summaryOf(service: IntegrationService): IntegrationSummary {
    const on = isEnabled(service);
    const report = on && live !== null ? live.integration.report(service) : null;
    return { service, enabled: on, status: report?.status ?? "off", version: report?.version ?? null };
  }
  function shown(): IntegrationShown {
    return {
      integration: integrationServices.map(summaryOf),
      shutdown: asked === null ? "none" : asked.overdue ? "overdue" : "asked",
      freeze: live?.integration.freezing() ?? "thawed",
    };
  }
  /** What is shown now is told by the machine's own changes. */
  function remember(): void {
    lastShown = JSON.stringify(shown());
  }
  /** Says so when something that is shown is another now. */
  function look(): void {
    const now = shown();
    const text = JSON.stringify(now);
    if (text === lastShown) return;
    lastShown = text;
    watchHeartbeat(now);
    machine.changed();
  }
  function watchHeartbeat({ integration }: IntegrationShown): void {
    const lost = integration.some(
      ({ service, status }) => service === "heartbeat" && status === "lostCommunication",
    );
    if (lost && !heartbeatLost && asked === null)
      machine.tell("warning", `The guest of ${name} does not answer its heartbeat any more.`);
    heartbeatLost = lost;
  }
  function forgetShutdown(): void {
    asked = null;
    look();
  }

  /** Asks the guest; rejects when it does not do it. */
  function request(
    about: Omit<Asked, "name">,
    begin: (to: Integration, done: IcDone) => void,
  ): Promise<void> {
    const target = live;
    if (target === null || !machine.isRunning())
      return Promise.reject(
        new HvError("vm.state", `${name} must run to ${about.what}.`, { hresult: 0x80041017 }),
      );
    if (!isEnabled(about.service))
      return Promise.reject(
        new HvError(
          "ic.disabled",
          `The integration service ${integrationTitles[about.service]} of ${name} is disabled. Enable it first.`,
        ),
      );
    return new Promise((resolve, reject) => {
      begin(target.integration, (outcome) => {
        const failure = failureOf(outcome, { ...about, name });
        if (failure === null) resolve();
        else reject(failure);
      });
    });
  }

  async function shutDown(text: string): Promise<void> {
    const wayOut = "Shut it down from inside, or turn it off.";
    // One that has not done it in a minute may be asked again.
    if (asked?.overdue === false)
      throw new HvError("ic.busy", `${name} was asked to shut down already. Wait, or turn it off.`, {
        hresult: 0x800710dd,
      });
    const mine = { at: clock.now(), overdue: false };
    const answered = request({ service: "shutdown", what: "shut down", wayOut }, (to, done) => {
      asked = mine;
      look();
      to.shutDown(text, done);
    });
    try {
      await answered;
      machine.tell("info", `The guest of ${name} was asked to shut down.`);
    } catch (failure) {
      if (isAsked(mine)) {
        // One that does not answer may still do it.
        asked =
          failure instanceof HvError && failure.code === "ic.noAnswer" ? { ...mine, overdue: true } : null;
      }
      look();
      throw failure;
    }
  }
  function isAsked(mine: object): boolean {
    return asked === mine;
  }
  function watchShutdown(): void {
    if (asked === null || asked.overdue || clock.now() - asked.at < shutdownPatience) return;
    asked = { ...asked, overdue: true };
    machine.tell("warning", `${name} was asked to shut down a minute ago and still runs.`);
  }

  async function adopt(next: IntegrationSettings): Promise<void> {
    if (live === null) await machine.keep(next);
    settings = next;
    if (live === null) {
      look();
      return;
    }
    // What a running machine has got is so, whether it lasts or not.
    live.integration.setItems(next.items);
    look();
    await machine.keep(next);
  }
  async function setService(service: IntegrationService, on: boolean): Promise<void> {
    const next = withService(settings, service, on);
    if (on === isEnabled(service)) return;
    const target = live;
    if (target !== null && service === "backup" && target.integration.freezing() !== "thawed")
      throw new HvError("ic.busy", `Thaw the guest of ${name} before you disable its backup service.`);
    if (target === null) return adopt(next);
    target.integration.forget(service);
    settings = next;
    await machine.changeOffers(target.offers(enabled()));
    await adopt(next);
  }

  return {
    settings: () => settings,
    shown,
    options: () => ({
      clock,
      wallClock: machine.wallClock,
      facts: [
        { key: "VirtualMachineId", value: machine.vm.toUpperCase() },
        { key: "VirtualMachineName", value: name },
      ],
      items: settings.items,
      changed: look,
      thawedLate: () =>
        machine.tell("warning", `The guest of ${name} was frozen for a minute: its writes go on now.`),
    }),
    offers: (services) => services.offers(enabled()),
    begin(services) {
      live = services;
      services.integration.setItems(settings.items);
      remember();
    },
    goOn: () => live?.integration.goOn(),
    hold: () => live?.integration.hold(),
    restarted() {
      live?.integration.forget();
      forgetShutdown();
    },
    end() {
      live = null;
      asked = null;
      heartbeatLost = false;
      remember();
    },
    tick() {
      if (live === null) return;
      live.integration.tick();
      if (machine.isRunning()) watchShutdown();
      look();
    },
    shutDown,
    setService: (service, on) => turns.take(() => setService(service, on)),
    pairs: () =>
      live?.integration.pairs() ?? { intrinsic: [], guest: [], host: settings.items, delivered: false },
    setItem: (pair) => turns.take(async () => adopt(withItem(settings, pair))),
    removeItem: (key) => turns.take(async () => adopt(withoutItem(settings, key))),
    freeze: () =>
      request(
        {
          service: "backup",
          what: "freeze its file systems",
          wayOut: "Its daemon hv_vss_daemon must run (package hyperv-daemons).",
        },
        (to, done) => to.freeze(done),
      ),
    thaw: () =>
      request(
        { service: "backup", what: "thaw its file systems", wayOut: "It is tried again in a minute." },
        (to, done) => to.thaw(done),
      ),
  };
}
