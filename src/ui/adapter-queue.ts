import type { AdapterConfiguration, NetworkSummary, PortSummary } from "../hvdef/index.ts";

type Adapter = Pick<AdapterConfiguration, "type" | "vmqWeight" | "vlan" | "mirroring">;

/** Why frames for a port go through the switch though it may have a queue, as the end of a sentence; `null`: nothing. */
function hindrance(adapter: Adapter, port: PortSummary, capture: NetworkSummary["capture"]): string | null {
  if (adapter.vlan.kind === "trunk") return "it is a trunk, and tags are made and checked there";
  if (adapter.mirroring !== "none") return "port mirroring is on, and copies are made there";
  if (capture !== null && (capture.port === null || capture.port === port.id))
    return "it is being captured, and a capture sees only what passes there";
  return null;
}

/**
 * What the virtual machine queue of an adapter is worth now.
 *
 * @param port  of the adapter on `network`; `null` while it is in none
 */
export function queueWords(
  adapter: Adapter,
  port: PortSummary | null,
  network: Pick<NetworkSummary, "ports" | "capture"> | null,
): string {
  if (adapter.vmqWeight === 0) return "Off: all its frames go through the switch.";
  if (port === null || network === null)
    return "It can get a queue only while its machine runs on a network.";
  const reason = hindrance(adapter, port, network.capture);
  if (port.queue)
    return reason === null
      ? "It has a queue now: frames from other machines come straight into its memory, past the switch."
      : `It has a queue now, but its frames go through the switch: ${reason}.`;
  if (reason !== null) return `It has no queue now, its frames go through the switch: ${reason}.`;
  const others = network.ports.filter(({ queue }) => queue).length;
  if (others === 0) return "It has no queue now: all its frames go through the switch.";
  const holders = others === 1 ? "One other adapter has one" : `${others} other adapters have one`;
  return `It has no queue now. ${holders}: a switch has a limited number, and a higher weight goes first.`;
}
