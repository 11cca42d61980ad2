import type { InspectNode } from "../../../src/support/index.ts";

/** A connected guest after so many seconds: traffic comes in bursts. */
export function vmbusTree(seconds: number): InspectNode {
  const burst = Math.floor(seconds * 40 + 90 * (1 + Math.sin(seconds / 2)) * seconds * 0.2);
  const wave = Math.max(0, Math.sin(seconds / 2));
  return {
    vmbus: {
      connection: { state: "connected", version: 0x00050003, messagesIn: 24, messagesOut: 31 },
      channels: {
        1: {
          className: "SCSI controller",
          instance: "d34b2567-b9b6-42b9-8778-0a4ec0b955bf",
          state: "open",
          ringOut: { size: 20480, used: Math.floor(9000 * wave) },
          ringIn: { size: 20480, used: Math.floor(2600 * wave) },
          packetsIn: 1840 + burst,
          packetsOut: 1838 + burst,
          bytesIn: 642_000 + burst * 700,
          bytesOut: 38_000_000 + burst * 16384,
          doorbells: 912 + Math.floor(burst / 2),
          interrupts: 1204 + Math.floor(burst / 1.5),
          inFlight: Math.floor(4 * wave),
        },
        2: {
          className: "Heartbeat",
          instance: "fd149e91-82e0-4a7d-afa6-2a4166cbd7c0",
          state: "open",
          ringOut: { size: 8192, used: 0 },
          ringIn: { size: 8192, used: 0 },
          packetsIn: Math.floor(seconds / 2),
          packetsOut: Math.floor(seconds / 2),
          bytesIn: Math.floor(seconds / 2) * 56,
          bytesOut: Math.floor(seconds / 2) * 56,
          inFlight: 0,
        },
        3: { className: "Shutdown", instance: "b6650ff7-33bc-4840-8048-e0676786f393", state: "offered" },
      },
    },
    hypervisor: {
      hypercalls: { postMessage: 24, signalEvent: 912 + Math.floor(burst / 2), unknown: 1 },
      interrupts: 22_431 + Math.floor(seconds * 250),
      synic: {
        enabled: true,
        sints: { 2: { vector: 243, masked: false }, 4: { vector: 236, masked: false } },
      },
      referenceTime: { frozen: false, hundredNanoseconds: 41_248_120_311 },
    },
    grant: { weight: 100, share: 0.5 },
  };
}

/** A guest without drivers for the bus. */
export function legacyTree(): InspectNode {
  return {
    vmbus: { connection: { state: "waiting", messagesIn: 0, messagesOut: 0 }, channels: {} },
    hypervisor: { hypercalls: { postMessage: 0, signalEvent: 0 }, interrupts: 8_412 },
  };
}
