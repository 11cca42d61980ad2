import type { NetworkConfiguration, UplinkConfiguration } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";

const longestName = 100;
const longestNotes = 4000;

/** Checks what a network is to be, beside what its parts check themselves. @throws HvError `network.*` */
export function checkNetwork(
  wanted: Omit<NetworkConfiguration, "id">,
  others: readonly NetworkConfiguration[],
): void {
  const name = wanted.name.trim();
  if (name === "") throw refused("network.name", "A network needs a name.");
  if (name.length > longestName)
    throw refused("network.name", `A network's name has at most ${longestName} characters.`);
  if (wanted.notes.length > longestNotes)
    throw refused("network.notes", `The notes of a network have at most ${longestNotes} characters.`);
  if (others.some((other) => other.name.toLowerCase() === name.toLowerCase()))
    throw refused("network.exists", `There is a network ${name} already. Choose another name.`);
  if (wanted.kind !== "external" && wanted.uplink !== null)
    throw refused("network.uplink", "Only external networks have an uplink.");
  if (wanted.kind === "external" && wanted.uplink === null)
    throw refused("network.uplink", "An external network needs an uplink: choose where it leads.");
  if (wanted.kind === "private" && wanted.management !== null)
    throw refused("network.management", "The management OS is on no private network.");
  if (wanted.kind === "internal" && wanted.management === null)
    throw refused(
      "network.management",
      "The management OS is on every internal network: give it an address.",
    );
  const vlan = wanted.management?.vlan ?? 0;
  if (!Number.isInteger(vlan) || vlan < 0 || vlan > 4094)
    throw refused("network.badVlan", "The management OS is in a VLAN of 1 to 4094, or in none: 0.");
  if (wanted.uplink !== null) checkUplink(wanted.uplink, others);
}

function checkUplink(wanted: UplinkConfiguration, others: readonly NetworkConfiguration[]): void {
  const same = others.find(
    ({ uplink }) => uplink !== null && uplink.kind === wanted.kind && placeOf(uplink) === placeOf(wanted),
  );
  if (same !== undefined)
    throw refused(
      "network.uplinkTaken",
      `${same.name} uses this uplink already: it serves one external network.`,
    );
}

/** What tells an uplink from others of its kind. */
function placeOf(uplink: UplinkConfiguration): string {
  return uplink.kind === "tabLan" ? uplink.segment : uplink.kind === "webGateway" ? "" : uplink.address;
}

function refused(code: string, text: string): HvError {
  return new HvError(code, text, { hresult: 0x80070057 });
}

/** Reads the networks that were kept. @throws whatever is wrong with them */
export function parseNetworks(text: string): readonly NetworkConfiguration[] {
  const found = JSON.parse(text) as { format?: unknown; networks?: unknown } | null;
  if (typeof found !== "object" || found === null || found.format !== 1 || !Array.isArray(found.networks))
    throw new Error("its format is not known");
  const networks: NetworkConfiguration[] = [];
  for (const one of found.networks) {
    const network = parseNetwork(one);
    checkNetwork(network, networks);
    if (networks.some(({ id }) => id === network.id)) throw new Error("two of its networks are the same one");
    networks.push(network);
  }
  return networks;
}

function parseNetwork(found: unknown): NetworkConfiguration {
  const { id, name, notes, kind, uplink, management } = (found ?? {}) as Record<string, unknown>;
  if (typeof id !== "string" || typeof name !== "string" || typeof notes !== "string")
    throw new Error("one of its networks has no name");
  if (kind !== "private" && kind !== "internal" && kind !== "external")
    throw new Error(`the network ${name} is of no known kind`);
  return {
    id: id as NetworkConfiguration["id"],
    name: name.trim(),
    notes,
    kind,
    uplink: parseUplink(uplink ?? null, name),
    management: parseManagement(management ?? null, name),
  };
}

function parseUplink(found: unknown, name: string): UplinkConfiguration | null {
  if (found === null) return null;
  const { kind, segment, address } = found as Record<string, unknown>;
  if (kind === "webGateway") return { kind };
  if (kind === "tabLan" && typeof segment === "string") return { kind, segment };
  if ((kind === "relay" || kind === "wisp") && typeof address === "string") return { kind, address };
  throw new Error(`the uplink of ${name} makes no sense`);
}

function parseManagement(found: unknown, name: string): NetworkConfiguration["management"] {
  if (found === null) return null;
  const { address, vlan, services } = found as Partial<NonNullable<NetworkConfiguration["management"]>>;
  const { dhcp = null, domain, http, ntp } = services ?? {};
  const sound =
    typeof address?.address === "string" &&
    typeof address.prefix === "number" &&
    typeof vlan === "number" &&
    typeof domain === "string" &&
    typeof http === "boolean" &&
    typeof ntp === "boolean" &&
    (dhcp === null ||
      (typeof dhcp.from === "string" &&
        typeof dhcp.to === "string" &&
        typeof dhcp.leaseSeconds === "number"));
  if (!sound) throw new Error(`the management OS's part in ${name} makes no sense`);
  return {
    address: { address: address.address, prefix: address.prefix },
    vlan,
    services: {
      dhcp: dhcp === null ? null : { from: dhcp.from, to: dhcp.to, leaseSeconds: dhcp.leaseSeconds },
      domain,
      http,
      ntp,
    },
  };
}
