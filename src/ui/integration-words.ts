import type {
  FreezeProgress,
  IntegrationService,
  IntegrationStatus,
  IntegrationSummary,
  KeyValuePair,
  KeyValuePairs,
} from "../hvdef/index.ts";
import type { Refusal } from "./drive-rules.ts";
import type { VmView } from "./host.ts";

/** What a guest needs for a service, and what it gets. */
export const serviceAbout: { readonly [S in IntegrationService]: string } = {
  shutdown: "Shut Down asks the guest to end by itself. Needs hv_utils.",
  timeSync: "The guest's clock is set when it starts and after a pause. Needs hv_utils.",
  keyValuePair: "Guest and host tell each other names and values. Needs the program hv_kvp_daemon.",
  heartbeat: "The guest's kernel says every two seconds that it is there. Needs hv_utils.",
  backup: "The guest's file systems can be frozen. Needs the program hv_vss_daemon.",
};

const statusWords: { readonly [S in IntegrationStatus]: string } = {
  off: "Off",
  ok: "OK",
  degraded: "OK (older protocol)",
  mismatch: "Protocol mismatch",
  noContact: "No Contact",
  lostCommunication: "Lost Communication",
};

/** How a service does, as Hyper-V words it. */
export function serviceWord({ enabled, status }: Pick<IntegrationSummary, "enabled" | "status">): string {
  return enabled ? statusWords[status] : "Disabled";
}

/** The panel in a few words: how the heartbeat does, and what is out of the ordinary. */
export function integrationInShort(vm: Pick<VmView, "state" | "integration" | "freeze">): string {
  const heartbeat = vm.integration.find(({ service }) => service === "heartbeat");
  const disabled = vm.integration.filter(({ enabled }) => !enabled).length;
  const words = [
    ...(heartbeat === undefined || heartbeat.status === "off"
      ? []
      : [`heartbeat: ${serviceWord(heartbeat)}`]),
    ...(disabled === 0 ? [] : [`${disabled} disabled`]),
    ...(vm.freeze === "thawed" ? [] : [freezeWords[vm.freeze]]),
  ];
  return words.length === 0 ? "all enabled" : words.join(", ");
}

/** How far a freeze is. */
export const freezeWords: { readonly [F in FreezeProgress]: string } = {
  thawed: "not frozen",
  freezing: "freezing…",
  frozen: "file systems frozen",
  thawing: "thawing…",
};

/** Facts of the guest worth a line of their own, in their order; the rest comes as it is called. */
const factTitles: ReadonlyMap<string, string> = new Map([
  ["FullyQualifiedDomainName", "Name"],
  ["OSName", "Operating system"],
  ["OSVersion", "Version"],
  ["OSBuildNumber", "Kernel"],
  ["ProcessorArchitecture", "Processor"],
  ["NetworkAddressIPv4", "IPv4 addresses"],
  ["NetworkAddressIPv6", "IPv6 addresses"],
  ["IntegrationServicesVersion", "Integration services"],
]);

/** The longest value that is shown whole: it is the guest's word. */
const longestValue = 400;

/** What the guest says of its system, for a person. */
export function guestFacts(intrinsic: readonly KeyValuePair[]): readonly (readonly [string, string])[] {
  const known = [...factTitles].flatMap(([key, title]) => {
    const pair = intrinsic.find((one) => one.key === key && one.value !== "");
    return pair === undefined ? [] : [[title, shownValue(pair.value)] as const];
  });
  const others = intrinsic
    .filter(({ key, value }) => !factTitles.has(key) && value !== "")
    .map(({ key, value }) => [key, shownValue(value)] as const);
  return [...known, ...others];
}

/** A value of the guest, cut when it is very long; lists stand with spaces. */
export function shownValue(value: string): string {
  const plain = value.replaceAll(";", ", ");
  return plain.length <= longestValue ? plain : `${plain.slice(0, longestValue)}…`;
}

/** Why the guest cannot be frozen or thawed now. */
export function freezeRefusal(vm: Pick<VmView, "state" | "integration" | "freeze">): Refusal {
  if (vm.state !== "running") return "Only a running machine can be frozen.";
  const backup = vm.integration.find(({ service }) => service === "backup");
  if (backup?.enabled !== true) return "Enable the backup service first.";
  if (backup.status === "noContact" || backup.status === "mismatch")
    return "The guest has not loaded its backup service.";
  return vm.freeze === "freezing" || vm.freeze === "thawing" ? "Wait until the guest has answered." : null;
}

/** How far the host's items have come. */
export function deliveryWords(vm: Pick<VmView, "state">, { host, delivered }: KeyValuePairs): string {
  if (host.length === 0) return "Nothing yet. Items are kept and given to the guest at every start.";
  if (delivered) return "The guest has them, in /var/lib/hyperv/.kvp_pool_0.";
  return vm.state === "off"
    ? "The guest gets them when it has started its data exchange."
    : "Not yet with the guest.";
}
