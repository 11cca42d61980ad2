import {
  type ChannelId,
  firstInternalChannel,
  type IdeDiskDescription,
  type OfferDescription,
  type VmConfiguration,
} from "../hvdef/index.ts";
import { type GuestCrash, openVirtualProcessor, type VirtualProcessor } from "../hypervisor/vp/index.ts";
import { guid, type InspectNode, type Micros } from "../support/index.ts";
import type { Engine, OpenEngine, PartitionClock } from "../vid/index.ts";
import { type Bus, type ChannelOffer, type Link, openBus, openRelay, type Relay } from "../vmbus/index.ts";
import { prepareBios } from "./boot/bios.ts";
import { startLinux } from "./boot/linux.ts";
import type { SmbiosIdentity } from "./firmware/smbios.ts";
import { gatherStorvsc } from "./gather/storvsc.ts";
import { diskLine } from "./vdev/ide/line.ts";
import { type IdeCounters, ideDiskContents } from "./vdev/ide/serve.ts";

/** Files a machine starts from, kept for the next reset. */
export interface BootFiles {
  readonly dsdt: Uint8Array<ArrayBuffer>;
  readonly kernel: Uint8Array<ArrayBuffer> | null;
  readonly initrd: Uint8Array<ArrayBuffer> | null;
  readonly bios: { readonly main: ArrayBuffer; readonly vga: ArrayBuffer } | null;
}

/** What a machine is assembled from. */
export interface MachineParts {
  readonly configuration: VmConfiguration;
  readonly files: BootFiles;
  readonly identity: SmbiosIdentity;
  readonly openEngine: OpenEngine;
  readonly link: Link;
  readonly clock: PartitionClock;
  /** Guest time used since the partition started. */
  runtime(): Micros;
  /** Ends a sleep of the run loop. */
  wake(): void;
  serialOut(byte: number): void;
  guestCrashed(crash: GuestCrash): void;
  diskFailed(what: "read" | "write", at: number): void;
}

/** One assembled machine, from power-on to reset or end. */
export interface VirtualMachine extends Disposable {
  readonly engine: Engine;
  /** Brings in what arrived and sends what the guest wrote. Answers whether anything moved or waits. */
  exchange(): boolean;
  serialInput(bytes: Uint8Array): void;
  inspect(): InspectNode;
}

/** Assembles a machine and puts its first instruction in place. Nothing runs yet. @throws HvError */
export async function assembleMachine(parts: MachineParts): Promise<VirtualMachine> {
  const { configuration, files } = parts;
  // The emulated disks need the relay, the relay needs guest memory, and memory comes with the disks' engine.
  const lines: { relay: Relay | null } = { relay: null };
  const disks = configuration.ideDisks.map((disk) => emulatedDisk(disk, lines));
  const ready = await parts.openEngine({
    memoryBytes: configuration.memoryBytes,
    bios: configuration.boot.kind === "bios" ? files.bios : null,
    clock: parts.clock,
    ideDisks: disks.map(({ disk }) => disk),
    diskFailed: parts.diskFailed,
  });
  const { engine } = ready;
  const vp = openVirtualProcessor({
    memory: engine.memory,
    registers: engine.registers,
    tscFrequency: engine.tscFrequency,
    raiseVector: engine.raiseVector,
    readTsc: engine.readTsc,
    runtime: parts.runtime,
    onCrash: parts.guestCrashed,
  });
  ready.connect(vp.intercepts);
  engine.attachPort(vp.hypercallPort, vp.onHypercall);
  engine.onSerial(parts.serialOut);
  const { bus, relay } = connectBus(parts, engine, vp);
  lines.relay = relay;

  if (configuration.boot.kind === "bios") {
    prepareBios(ready.boot, files.dsdt, parts.identity);
  } else {
    startLinux(engine.memory, ready.boot, {
      kernel: files.kernel ?? new Uint8Array(0),
      initrd: files.initrd ?? new Uint8Array(0),
      commandLine: configuration.boot.commandLine,
      dsdt: files.dsdt,
      identity: parts.identity,
    });
  }
  return {
    engine,
    exchange() {
      const arrived = relay.deliver();
      const more = relay.drain();
      return arrived || more;
    },
    serialInput: engine.serialInput,
    inspect: () => ({
      hypervisor: vp.inspect(),
      vmbus: bus.inspect(),
      relay: relay.inspect(),
      ide: Object.fromEntries(disks.map(({ counters }, slot) => [slot, { ...counters }])),
    }),
    [Symbol.dispose]() {
      bus.reset();
      for (const { close } of disks) close();
      relay.drain();
      engine[Symbol.dispose]();
    },
  };
}

/** Opens the bus and the relay that serves its open channels. Each needs the other: the relay signals through the bus. */
function connectBus(parts: MachineParts, engine: Engine, vp: VirtualProcessor): { bus: Bus; relay: Relay } {
  const { offers } = parts.configuration;
  const relay = openRelay({
    memory: engine.memory,
    link: parts.link,
    signal: (channel) => bus.signal(channel),
    wake: parts.wake,
  });
  const bus = openBus({
    offers: offers.map(busOffer),
    memory: engine.memory,
    synic: vp.synic,
    events: {
      opened: (opening) => relay.attach(opening, gatherRule(offers, opening.channel)),
      closed: (channel) => relay.detach(channel),
      released() {},
      doorbell: (channel) => relay.doorbell(channel),
    },
  });
  vp.bind(bus.calls);
  return { bus, relay };
}

function busOffer(offer: OfferDescription): ChannelOffer {
  return {
    channel: offer.channel as ChannelId,
    interfaceType: guid(offer.interfaceType),
    instance: guid(offer.instance),
  };
}

function gatherRule(
  offers: readonly OfferDescription[],
  channel: ChannelId,
): (payload: Uint8Array) => "toHost" | "toGuest" | "none" {
  const rule = offers.find((offer) => offer.channel === channel)?.gather;
  return rule === "storvsc" ? gatherStorvsc : () => "none";
}

interface EmulatedDisk {
  readonly disk: ReturnType<typeof ideDiskContents>["disk"];
  readonly counters: IdeCounters;
  close(): void;
}

/** An emulated disk whose line opens with its first request, when the relay exists. */
function emulatedDisk(disk: IdeDiskDescription, lines: { readonly relay: Relay | null }): EmulatedDisk {
  let close: (() => void) | null = null;
  let line: ReturnType<typeof diskLine> | null = null;
  const contents = ideDiskContents(disk, {
    request(payload, data, room, done) {
      if (line === null && lines.relay !== null) {
        const channel = lines.relay.openInternal(firstInternalChannel + disk.channel);
        line = diskLine(channel);
        close = () => channel.close();
      }
      if (line === null) done(null);
      else line.request(payload, data, room, done);
    },
  });
  return { ...contents, close: () => close?.() };
}
