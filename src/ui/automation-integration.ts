import type {
  FreezeProgress,
  IntegrationService,
  IntegrationSummary,
  KeyValuePair,
  KeyValuePairs,
  ShutdownProgress,
} from "../hvdef/index.ts";
import type { IntegrationHost, VmView } from "./host.ts";

/** `tabvisor.integration(name)`: integration services of one machine, for scripts. */
export interface AutomationIntegration {
  /** How they do now. */
  services(): readonly IntegrationSummary[];
  shutdown(): ShutdownProgress;
  freezing(): FreezeProgress;
  setService(service: IntegrationService, enabled: boolean): Promise<void>;
  /** What guest and host have told each other. */
  pairs(): Promise<KeyValuePairs>;
  setPair(pair: KeyValuePair): Promise<void>;
  removePair(key: string): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

/** Builds the object. @param find  the machine as it is now, or throws */
export function automationIntegration(host: IntegrationHost, find: () => VmView): AutomationIntegration {
  const { id } = find();
  return {
    services: () => find().integration,
    shutdown: () => find().shutdown,
    freezing: () => find().freeze,
    setService: (service, enabled) => host.setService(id, service, enabled),
    pairs: () => host.pairs(id),
    setPair: (pair) => host.setPair(id, pair),
    removePair: (key) => host.removePair(id, key),
    freeze: () => host.freeze(id),
    thaw: () => host.thaw(id),
  };
}
