import {
  type FrameSink,
  type MacAddress,
  openStack,
  openSwitch,
  type VirtualPort,
} from "../../src/network/index.ts";
import { micros } from "../../src/support/index.ts";
import { labMac } from "./switch.ts";

/** An internal network of real time: the host at 192.168.77.1, which gives guests their addresses. */
export interface LabNetwork {
  plug(mac: MacAddress, sink: FrameSink): VirtualPort;
  /** Lets its time pass. */
  tick(): void;
}

const clock = { now: () => micros(performance.now() * 1000) };

/** Opens the network with the host on it. */
export function openLabNetwork(): LabNetwork {
  const lan = openSwitch({ name: "lab", kind: "internal", clock });
  const mac = labMac(1);
  const stack = openStack({
    plug: (sink) => lan.connect({ name: "host", role: "management", mac }, sink),
    mac,
    clock,
    wallClock: () => Date.now(),
    settings: {
      address: { address: "192.168.77.1", prefix: 24 },
      services: {
        dhcp: { from: "192.168.77.100", to: "192.168.77.199", leaseSeconds: 86_400 },
        domain: "tabvisor",
        ntp: false,
      },
    },
    ownName: "host",
  });
  return {
    plug: (own, sink) => lan.connect({ name: "guest", mac: own }, sink),
    tick: () => stack.tick(),
  };
}
