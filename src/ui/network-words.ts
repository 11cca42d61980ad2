import type {
  NetworkConfiguration,
  NetworkId,
  NetworkSummary,
  PortSummary,
  UplinkConfiguration,
  VmSummary,
} from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import { nameList } from "./disk-words.ts";
import { asSentence } from "./format.ts";

const kindWords: { readonly [K in NetworkConfiguration["kind"]]: string } = {
  private: "Private",
  internal: "Internal",
  external: "External",
};

/** What kind of network it is, in Hyper-V Manager's words. */
export function networkKindWord(kind: NetworkConfiguration["kind"]): string {
  return kindWords[kind];
}

/** Who is on a network of a kind. */
export const kindAbout: { readonly [K in NetworkConfiguration["kind"]]: string } = {
  private: "Virtual machines only. The management operating system has no adapter on it.",
  internal: "Virtual machines and the management operating system, which can give addresses and names.",
  external: "Leaves this tab through an uplink, once you connect it.",
};

/** What an uplink is called in a list of adapters. */
export const uplinkWords: { readonly [U in UplinkConfiguration["kind"]]: string } = {
  tabLan: "LAN between tabs",
  relay: "Ethernet relay",
  wisp: "Wisp server",
  webGateway: "Web gateway",
};

/** What connecting an uplink means: who sees the frames. */
export function uplinkAbout(uplink: UplinkConfiguration): string {
  switch (uplink.kind) {
    case "tabLan":
      return "All tabs of this site that use the same segment hear each other. Nothing leaves this browser.";
    case "relay":
      return "Ethernet frames travel over a WebSocket. Whoever runs the relay, and everyone on it, sees all frames.";
    case "wisp":
      return "TCP and UDP of the guests leave from that server, with address translation. It sees what they send.";
    case "webGateway":
      return "HTTP requests of the guests are made by this browser. Only sites that allow other pages to read them answer.";
    default:
      return unreachable(uplink);
  }
}

/** An uplink by name, as ports and lists show it. */
export function uplinkTitle(uplink: UplinkConfiguration): string {
  switch (uplink.kind) {
    case "tabLan":
      return `${uplinkWords.tabLan} "${uplink.segment}"`;
    case "relay":
    case "wisp":
      return `${uplinkWords[uplink.kind]} ${uplink.address}`;
    case "webGateway":
      return uplinkWords.webGateway;
    default:
      return unreachable(uplink);
  }
}

const stateWords: { readonly [S in NetworkSummary["uplinkState"]["kind"]]: string } = {
  none: "No uplink",
  closed: "Not connected",
  connecting: "Connecting…",
  up: "Connected",
  lost: "Connection lost",
};

/** Whether an uplink is connected, in two words. */
export function uplinkStateWord(kind: NetworkSummary["uplinkState"]["kind"]): string {
  return stateWords[kind];
}

/** What the host says about the uplink, as a sentence; empty when it has nothing to say. */
export function uplinkSentence(state: NetworkSummary["uplinkState"]): string {
  return asSentence(state.text);
}

/** What to say loudly of an uplink: it was lost, or calling it is no use. `null`: nothing. */
export function uplinkTrouble(state: NetworkSummary["uplinkState"]): string | null {
  if (state.kind === "lost")
    return "The uplink has gone away. Machines on this network still reach each other; the way out is tried again.";
  // A closed uplink has more to say than that only when it was closed by what went wrong.
  const isPlain = state.kind !== "closed" || !state.text.includes(":");
  return isPlain ? null : "The uplink cannot be connected. Mend what is wrong, then connect again.";
}

/** Who holds a port. */
export function portTitle(port: PortSummary): string {
  switch (port.holder.kind) {
    case "machine":
      return port.holder.name;
    case "management":
      return "Management OS";
    case "uplink":
      return port.holder.name;
    default:
      return unreachable(port.holder);
  }
}

/** A port in a sentence and in a list to choose from. */
export function portLabel(port: PortSummary): string {
  return port.holder.kind === "machine" ? `${port.holder.name}, ${port.holder.adapter}` : portTitle(port);
}

/** A notice of the host without how often it was seen, and that: `3 times`, or nothing where it was once. */
export function noticeParts(notice: string): { readonly text: string; readonly times: string } {
  const counted = /^(.*) \((\d+ times)\)$/s.exec(notice);
  return { text: counted?.[1] ?? notice, times: counted?.[2] ?? "" };
}

/** Names of the machines with an adapter on a network, running or not, each once. */
export function pluggedMachines(
  network: Pick<NetworkSummary, "id" | "ports">,
  vms: readonly Pick<VmSummary, "name" | "adapters">[],
): readonly string[] {
  const configured = vms.filter((vm) => vm.adapters.some((adapter) => adapter.network === network.id));
  const running = network.ports.flatMap(({ holder }) => (holder.kind === "machine" ? [holder.name] : []));
  return [...new Set([...configured.map(({ name }) => name), ...running])];
}

/** What removing a network does to those who are on it. */
export function removalSentence(machines: readonly string[]): string {
  if (machines.length === 0) return "No machine is plugged into it.";
  const verb = machines.length === 1 ? "is" : "are";
  return `${nameList(machines)} ${verb} unplugged: their adapters are not connected afterwards. Guests see the link go down.`;
}

/** What a network is called; an adapter may name one that is gone. */
export function networkName(
  networks: readonly Pick<NetworkSummary, "id" | "name">[],
  id: NetworkId | null,
): string {
  if (id === null) return "Not connected";
  return networks.find((network) => network.id === id)?.name ?? "A network that is gone";
}

/** What the management OS does on a network, part by part. */
export function serviceWords(management: NonNullable<NetworkConfiguration["management"]>): readonly string[] {
  const { dhcp, domain, http, ntp } = management.services;
  return [
    ...(dhcp === null ? [] : [`DHCP ${dhcp.from} to ${dhcp.to}`]),
    ...(domain === "" ? [] : [`DNS for .${domain}`]),
    ...(http ? ["HTTP"] : []),
    ...(ntp ? ["NTP"] : []),
  ];
}

/** Seconds as a person says them: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function spanWords(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
