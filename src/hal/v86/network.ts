import type { Engine, EngineAdapter, FrameOutcome } from "../../vid/index.ts";
import { openFrameReminder, receiveFrame } from "./ne2k-receive.ts";
import type { V86Cpu, V86Ne2k, V86Ne2kClass } from "./shape.ts";

/**
 * The first adapter's number in the engine's sense, the others follow: ports 1000h, 1100h, 1200h and 1300h,
 * PCI slots 14h to 17h. Reason: the numbers from 0 on would put the third and the fourth adapter onto ports of
 * the firmware interface and of power management, and a BIOS can only move ports from 1000h on.
 */
const firstNumber = 13;
const portCount = 32;
/** Interrupt status: a frame was received. */
const frameReceived = 0x01;

/**
 * Makes the machine's network adapters those that it is configured with. Before the machine runs.
 *
 * @throws when there are adapters and the engine was not asked for its own
 */
export function installAdapters(
  cpu: V86Cpu,
  adapters: readonly EngineAdapter[],
): Pick<Engine, "receiveFrame"> & { readonly cards: readonly V86Ne2k[] } {
  const cards: V86Ne2k[] = [];
  const byPlace = new Map<number, V86Ne2k>();
  const first = cpu.devices.net;
  if (first !== undefined) removeAdapter(cpu, first);
  for (const adapter of adapters) {
    if (first === undefined) throw new Error("the engine has no network adapter");
    const card = buildAdapter(cpu, first.constructor as unknown as V86Ne2kClass, adapter);
    cards.push(card);
    byPlace.set(adapter.place, card);
    wireInterrupts(cpu, { card, cards, roomMade: adapter.roomMade });
  }
  const frame = { bytes: new Uint8Array(0), at: 0, length: 0 };
  return {
    cards,
    receiveFrame(place, bytes, at, length): FrameOutcome {
      const card = byPlace.get(place);
      if (card === undefined) throw new Error(`no network adapter is at ${place}`);
      frame.bytes = bytes;
      frame.at = at;
      frame.length = length;
      const outcome = receiveFrame(card, frame);
      if (outcome === "received") card.do_interrupt(frameReceived);
      return outcome;
    },
  };
}

/** Takes away the adapter that the engine has made: its address is random and its place not ours. */
function removeAdapter({ io, devices: { pci } }: V86Cpu, { port, pci_id }: V86Ne2k): void {
  pci.devices[pci_id] = undefined;
  pci.device_spaces[pci_id] = undefined;
  for (let i = 0; i < portCount; i++) io.ports[port + i] = io.create_empty_entry();
}

function buildAdapter(cpu: V86Cpu, Ne2k: V86Ne2kClass, { place, mac, sent }: EngineAdapter): V86Ne2k {
  const number = firstNumber + place;
  const sends = `net${number}-send`;
  const bus = {
    register() {},
    send(name: string, value: unknown) {
      // A view of the adapter's memory.
      if (name === sends && value instanceof Uint8Array && value.buffer instanceof ArrayBuffer)
        sent(value as Uint8Array<ArrayBuffer>, 0, value.length);
    },
  };
  const card = new Ne2k(cpu, bus, false, false, number);
  card.mac.set(mac);
  // The address as the guest reads it: every byte twice.
  for (const [i, byte] of mac.entries()) card.memory.fill(byte, 2 * i, 2 * i + 2);
  return card;
}

/**
 * Two interrupt lines serve four adapters. The engine would let an adapter that has nothing more to say
 * silence the one beside it.
 */
function wireInterrupts(
  { devices: { pci } }: V86Cpu,
  wired: {
    readonly card: V86Ne2k;
    /** All of them, those built later as well. */
    readonly cards: readonly V86Ne2k[];
    readonly roomMade: () => void;
  },
): void {
  const { card, cards, roomMade } = wired;
  const reminder = openFrameReminder(card);
  function showLines(): void {
    if ((card.isr & card.imr) === 0) pci.lower_irq(card.pci_id);
    for (const each of cards) if ((each.isr & each.imr) !== 0) pci.raise_irq(each.pci_id);
  }
  card.do_interrupt = (bits) => {
    card.isr |= bits;
    if ((bits & frameReceived) !== 0) reminder.arrived();
    showLines();
  };
  // From here on only the guest's own writes lead to it.
  card.update_irq = () => {
    if (reminder.isDue()) card.isr |= frameReceived;
    showLines();
    roomMade();
  };
}
