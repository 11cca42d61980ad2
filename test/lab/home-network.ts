import { openStack, openSwitch } from "../../src/network/index.ts";
import { micros } from "../../src/support/index.ts";
import type { AdapterServices } from "../../src/vmms/index.ts";
import { mac } from "./switch.ts";

/** Where the management OS is on it. */
export const homeAddress = "192.168.77.1";

/** An internal network with the management OS on it, which gives addresses, in this thread and in real time. */
export function openHomeNetwork() {
  const clock = { now: () => micros(performance.now() * 1000) };
  const lan = openSwitch({ name: "home", kind: "internal", clock });
  const own = "00-15-5D-01-0D-01";
  const stack = openStack({
    plug: (sink) => lan.connect({ name: "host", role: "management", mac: mac(own) }, sink),
    mac: own,
    clock,
    wallClock: () => Date.now(),
    settings: {
      address: { address: homeAddress, prefix: 24 },
      services: {
        dhcp: { from: "192.168.77.100", to: "192.168.77.199", leaseSeconds: 3600 },
        domain: "home",
        ntp: false,
      },
    },
    ownName: "host",
  });
  const ticking = setInterval(() => stack.tick(), 100);
  return {
    stack,
    plugIn({ ends }: Pick<AdapterServices, "ends">): void {
      for (const { adapter, mac: address, sink, connect } of ends)
        connect(lan.connect({ name: `${adapter.type} ${adapter.index}`, mac: address }, sink));
    },
    end(): void {
      clearInterval(ticking);
      stack[Symbol.dispose]();
    },
  };
}
