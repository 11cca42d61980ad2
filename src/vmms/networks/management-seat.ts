import type { NetworkConfiguration } from "../../hvdef/index.ts";
import {
  type MacAddress,
  type NetworkStack,
  openStack,
  type StackSettings,
  type VirtualPort,
  type VirtualSwitch,
} from "../../network/index.ts";
import type { Clock } from "../../support/index.ts";

/** What the management OS needs to join a network. */
export interface SeatSurroundings {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  wallClock(): number;
  /** A MAC address for its adapter; the same for the same network. */
  managementMac(network: string): MacAddress;
}

/** The management OS's place on a network, which may come and go. */
export function openManagementSeat(lan: VirtualSwitch, around: SeatSurroundings) {
  let stack: NetworkStack | null = null;
  let port: VirtualPort | null = null;

  function leave(): void {
    stack?.[Symbol.dispose]();
    stack = null;
    port = null;
  }
  return {
    stack: () => stack,
    leave,
    tick: () => stack?.tick(),
    /** @throws HvError when the address or the services make no sense; then nothing has changed */
    configure({ id, name, management }: NetworkConfiguration): void {
      if (management === null) {
        leave();
        return;
      }
      const settings = stackSettings(management);
      const vlan =
        management.vlan === 0
          ? ({ kind: "untagged" } as const)
          : ({ kind: "access", id: management.vlan } as const);
      if (stack !== null && port !== null) {
        stack.configure(settings);
        lan.change(port, { vlan });
        return;
      }
      const mac = around.managementMac(id);
      stack = openStack({
        plug(sink) {
          port = lan.connect({ name: `Management OS on ${name}`, role: "management", mac, vlan }, sink);
          return port;
        },
        mac,
        clock: around.clock,
        wallClock: around.wallClock,
        settings,
        ownName: "host",
      });
    },
  };
}

function stackSettings(management: NonNullable<NetworkConfiguration["management"]>): StackSettings {
  const { address, services } = management;
  const { dhcp, domain, ntp } = services;
  return { address, services: { dhcp, domain, ntp } };
}
