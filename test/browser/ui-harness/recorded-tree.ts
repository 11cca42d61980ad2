import { DeviceClass } from "../../../src/hvdef/index.ts";
import type { InspectNode } from "../../../src/support/index.ts";

/** Openings, traffic and rings of the two open channels after so many seconds: the disk works in bursts. */
function lanes(seconds: number): Readonly<Record<1 | 2, InspectNode>> {
  const burst = Math.floor(seconds * 40 - 70 * Math.cos(seconds / 2));
  const wave = Math.max(0, Math.sin(seconds / 2));
  const beats = Math.floor(seconds / 2);
  return {
    1: {
      packetsIn: 1840 + burst,
      packetsOut: 1838 + burst,
      bytesIn: 642_000 + burst * 5700,
      bytesOut: 38_000_000 + burst * 16384,
      doorbells: 912 + Math.floor(burst / 2),
      interrupts: 1204 + Math.floor(burst / 1.5),
      ringBytesIn: 20480,
      ringBytesOut: 20480,
      waitingIn: Math.floor(9000 * wave),
      waitingOut: Math.floor(2600 * wave),
      inFlight: Math.floor(4 * wave),
      backlog: 0,
      stopped: false,
    },
    2: {
      packetsIn: beats,
      packetsOut: beats,
      bytesIn: beats * 56,
      bytesOut: beats * 56,
      ringBytesIn: 8192,
      ringBytesOut: 8192,
      waitingIn: 0,
      waitingOut: 0,
      inFlight: 0,
    },
  };
}

const offers = {
  1: {
    class: "SCSI controller",
    interfaceType: DeviceClass.scsi,
    instance: "f8b3781a-1e82-4818-a1c3-63d806ec15bb",
    state: "open",
  },
  2: { class: "Heartbeat", instance: "fd149e91-82e0-4a7d-afa6-2a4166cbd7c0", state: "open" },
  3: { class: "Guest shutdown", instance: "b6650ff7-33bc-4840-8048-e0676786f393", state: "offered" },
};

/** A connected guest after so many seconds. */
export function vmbusTree(seconds: number): InspectNode {
  const calls = Math.floor(seconds * 20);
  const open = lanes(seconds);
  return {
    vmbus: {
      connection: { state: "connected", version: "5.3", messagesIn: 24, messagesOut: 31, refused: 0 },
      stale: 0,
      channels: { ...offers, 1: { ...offers[1], ...open[1] }, 2: { ...offers[2], ...open[2] } },
    },
    ide: { 2: { bytesRead: 0, bytesWritten: 0 } },
    nic: { 0: { framesSent: 12, bytesSent: 4_200 + calls * 80, bytesReceived: 9_100 + calls * 120 } },
    hypervisor: {
      hypercalls: { postMessage: 24, signalEvent: 912 + calls, unknown: 1, failed: 0, lastUnknown: 0x5c },
      synic: { enabled: true, vmbusVector: 243, interrupts: 22_431 + Math.floor(seconds * 250) },
      referenceTime: { micros: 41_248_120, rebases: 1 },
    },
    grant: { weight: 100, share: 0.5 },
  };
}

/** A guest without drivers for the bus. */
export function legacyTree(): InspectNode {
  return {
    vmbus: {
      connection: { state: "disconnected", version: "", messagesIn: 0, messagesOut: 0 },
      channels: offers,
    },
    ide: { 0: { bytesRead: 5_300_000, bytesWritten: 70_000 } },
    hypervisor: { hypercalls: { postMessage: 0, signalEvent: 0 }, synic: { interrupts: 0 } },
  };
}
