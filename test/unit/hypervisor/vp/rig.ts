import { HypercallMsr, Msr, pageSize, SynicMessageHead, sintAreaSize } from "../../../../src/hvdef/index.ts";
import { type GuestCrash, openVirtualProcessor } from "../../../../src/hypervisor/vp/index.ts";
import { manualClock, micros } from "../../../../src/support/index.ts";
import { openFakeEngine } from "../../../../src/vid/index.ts";

export const messagePage = 0x5000;
export const eventPage = 0x6000;
export const callPage = 0x7000;
export const inputPage = 0x8000;
export const vmbusVector = 0xf3;
export const memoryBytes = 1 << 20;

/** A processor with 1 MiB of RAM, its guest, and a clock the test turns. */
export function openRig() {
  const clock = manualClock(micros(5_000_000));
  const engine = openFakeEngine({ memoryBytes, clock });
  const crashes: GuestCrash[] = [];
  const vp = openVirtualProcessor({
    memory: engine.memory,
    registers: engine.registers,
    raiseVector: engine.raiseVector,
    readTsc: engine.readTsc,
    tscFrequency: engine.tscFrequency,
    runtime: () => micros(1234),
    onCrash: (crash) => crashes.push(crash),
  });
  engine.connect(vp.intercepts);
  engine.attachPort(vp.hypercallPort, vp.onHypercall);
  const { guest, memory } = engine;
  return { clock, engine, guest, memory, vp, crashes };
}
export type Rig = ReturnType<typeof openRig>;

/** What Linux 6.1 writes at boot and when hv_vmbus loads. */
export function enlighten(rig: Rig): void {
  rig.guest.writeMsr(Msr.guestOsId, 0x8100_0006_01b0_0000n);
  rig.guest.writeMsr(Msr.hypercall, BigInt(callPage) | HypercallMsr.enable);
  rig.guest.writeMsr(Msr.simp, BigInt(messagePage) | 1n);
  rig.guest.writeMsr(Msr.siefp, BigInt(eventPage) | 1n);
  rig.guest.writeMsr(Msr.sint0 + 2, BigInt(vmbusVector));
  rig.guest.writeMsr(Msr.scontrol, 1n);
}

/** The slot of a SINT as the guest finds it. */
export function slotOf(rig: Rig, sint = 2) {
  const at = messagePage + sint * sintAreaSize;
  const head = SynicMessageHead.read(rig.memory.view(), at);
  const payload = rig.memory.bytes().slice(at + SynicMessageHead.size, at + sintAreaSize);
  return { ...head, payload: payload.subarray(0, head.payloadSize) };
}

/** Frees the slot as Linux does: type to zero, then EOM if the pending flag was set. */
export function freeSlot(rig: Rig, sint = 2): void {
  const at = messagePage + sint * sintAreaSize;
  rig.memory.view().setUint32(at, 0, true);
  if ((rig.memory.bytes()[at + 5] ?? 0) & 1) rig.guest.writeMsr(Msr.eom, 0n);
}

export function bytesOf(...values: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(values);
}

export function pageAt(rig: Rig, at: number): Uint8Array<ArrayBuffer> {
  return rig.memory.bytes().slice(at, at + pageSize);
}
