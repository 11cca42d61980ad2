import {
  DeviceClass,
  type DriveMedium,
  firstInternalChannel,
  isSocketChannel,
  type OfferDescription,
  usualBootOrder,
  type VmConfiguration,
} from "../hvdef/index.ts";
import { type GuestCrash, openVirtualProcessor, type VirtualProcessor } from "../hypervisor/vp/index.ts";
import type { Guid, InspectNode, Micros } from "../support/index.ts";
import type { Engine, OpenEngine, PartitionClock, ReadyMachine } from "../vid/index.ts";
import {
  type GatherRule,
  type Link,
  openGuestSide,
  type Relay,
  type StampRule,
  type StraightWays,
} from "../vmbus/index.ts";
import { openAdapters } from "./adapters.ts";
import { prepareBios } from "./boot/bios.ts";
import { startLinux } from "./boot/linux.ts";
import { openDrives } from "./drives.ts";
import type { SmbiosIdentity } from "./firmware/smbios.ts";
import { gatherNetvsc } from "./gather/netvsc.ts";
import { gatherStorvsc } from "./gather/storvsc.ts";
import { busOffer, openOfferBook } from "./offers.ts";
import { openSocketDesk } from "./sockets.ts";
import { stampTimeSync } from "./stamp/time-sync.ts";
import { diskLine } from "./vdev/ide/line.ts";
import type { DiskLine } from "./vdev/ide/serve.ts";
import { type EmulatedHands, openHands } from "./vdev/ps2/serve.ts";
import type { Screen } from "./vdev/screen/serve.ts";

/** Files a machine starts from, kept for the next reset. */
export interface BootFiles {
  readonly dsdt: Uint8Array<ArrayBuffer>;
  readonly kernel: Uint8Array<ArrayBuffer> | null;
  readonly initrd: Uint8Array<ArrayBuffer> | null;
  readonly bios: { readonly main: ArrayBuffer; readonly vga: ArrayBuffer } | null;
  /** 256 glyphs of 16 bytes for a direct boot, which has no VGA BIOS; `null` when there is none. */
  readonly font: Uint8Array<ArrayBuffer> | null;
}

/** What a machine is assembled from. */
export interface MachineParts {
  readonly configuration: VmConfiguration;
  readonly files: BootFiles;
  readonly identity: SmbiosIdentity;
  readonly openEngine: OpenEngine;
  readonly link: Link;
  readonly clock: PartitionClock;
  /** Milliseconds since 1970. */
  wallClock(): number;
  /** Guest time used since the partition started. */
  runtime(): Micros;
  readonly screen: Pick<Screen, "device" | "attach">;
  /** Ends a sleep of the run loop. */
  wake(): void;
  serialOut(byte: number): void;
  guestCrashed(crash: GuestCrash): void;
  diskFailed(what: "read" | "write", at: number): void;
}

/** One assembled machine, from power-on to reset or end. */
export interface VirtualMachine extends Disposable {
  readonly engine: Engine;
  /** Brings in what the parent answered, before a slice. Answers whether there was anything. */
  deliver(): boolean;
  /** Sends what the guest wrote, after a slice. Answers whether more waits already. */
  drain(): boolean;
  /** Whether the parent owes an answer. */
  awaitsAnswer(): boolean;
  serialInput(bytes: Uint8Array): void;
  /** Its emulated keyboard and mouse. */
  readonly hands: EmulatedHands;
  /** Inserts into a DVD or diskette drive, or ejects; between slices. @throws HvError */
  setMedium(channel: number, medium: DriveMedium | null): void;
  /** Ways past the switch. */
  readonly straight: StraightWays;
  /** What the bus offers from now on; between slices. */
  changeOffers(offers: readonly OfferDescription[]): void;
  inspect(): InspectNode;
}

/** Assembles a machine and puts its first instruction in place. Nothing runs yet. @throws HvError */
export async function assembleMachine(parts: MachineParts): Promise<VirtualMachine> {
  const { configuration, files } = parts;
  const lines = openLines();
  const drives = openDrives(configuration.drives, lines.to);
  const adapters = openAdapters(configuration.legacyAdapters ?? []);
  const ready = await parts.openEngine({
    memoryBytes: configuration.memoryBytes,
    bios: configuration.boot.kind === "bios" ? files.bios : null,
    clock: parts.clock,
    drives: drives.forEngine,
    adapters: adapters.forEngine,
    bootOrder: (configuration.boot.kind === "bios" ? configuration.boot.bootOrder : null) ?? usualBootOrder,
    diskFailed: parts.diskFailed,
  });
  const { engine } = ready;
  engine.onSerial(parts.serialOut);
  const vp = connectProcessor(parts, ready);
  const stampTime = stampTimeSync({ referenceTime: vp.referenceTime, wallClock: parts.wallClock });
  const stamps: ReadonlyMap<Guid, StampRule> = new Map([[DeviceClass.timeSync, stampTime]]);
  const offers = openOfferBook(() => side.bus, configuration.offers);
  const sockets = openSocketDesk(() => side.bus);
  const side = openGuestSide({
    offers: configuration.offers.map(busOffer),
    memory: engine.memory,
    synic: vp.synic,
    link: parts.link,
    gatherRuleOf: (interfaceType) => gatherRule(configuration.offers, interfaceType),
    stampRuleOf: (interfaceType) => stamps.get(interfaceType) ?? null,
    besideOf: (interfaceType) => (interfaceType === DeviceClass.video ? parts.screen.device : null),
    wake: parts.wake,
    released: (channel) => (isSocketChannel(channel) ? sockets.released(channel) : offers.released()),
    socketAsked: sockets.asked,
  });
  vp.bind(side.bus.calls);
  lines.connect(side.relay);
  adapters.connect(side.relay, engine);
  const hands = openHands(engine);
  sockets.connect(side.relay);
  placeGuest(parts, ready);
  parts.screen.attach(engine.display);
  return {
    engine,
    deliver() {
      const typed = hands.feed();
      return side.relay.deliver() || typed;
    },
    drain() {
      const typed = hands.feed();
      const moved = adapters.feed() || typed;
      return side.relay.drain() || moved;
    },
    awaitsAnswer: side.relay.awaitsAnswer,
    serialInput: engine.serialInput,
    hands,
    setMedium: (channel, medium) => engine.setMedium(channel, drives.change(channel, medium)),
    straight: side.relay.straight,
    changeOffers: offers.change,
    inspect: () => ({
      hypervisor: vp.inspect(),
      vmbus: side.inspect(),
      ...drives.inspect(),
      nic: adapters.inspect(),
      ps2: hands.inspect(),
    }),
    [Symbol.dispose]() {
      parts.screen.attach(null);
      lines.close();
      adapters.close();
      sockets.close();
      side[Symbol.dispose]();
      engine[Symbol.dispose]();
    },
  };
}

/** Puts the hypervisor under the machine's processor. */
function connectProcessor(parts: MachineParts, ready: ReadyMachine): VirtualProcessor {
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
  return vp;
}

/** Puts firmware or kernel where the processor finds them. */
function placeGuest({ configuration, files, identity }: MachineParts, ready: ReadyMachine): void {
  if (configuration.boot.kind === "bios") {
    prepareBios(ready.boot, files.dsdt, identity);
    return;
  }
  ready.boot.startText(files.font);
  startLinux(ready.engine.memory, ready.boot, {
    kernel: files.kernel ?? new Uint8Array(0),
    initrd: files.initrd,
    commandLine: configuration.boot.commandLine,
    dsdt: files.dsdt,
    identity,
  });
}

/** Which way pages flow, by what the provider said of its device. */
function gatherRule(offers: readonly OfferDescription[], interfaceType: Guid): GatherRule {
  const rule = offers.find((offer) => offer.interfaceType === interfaceType)?.gather;
  switch (rule) {
    case "storvsc":
      return gatherStorvsc;
    case "netvsc":
      return gatherNetvsc;
    default:
      return () => "none";
  }
}

/**
 * The emulated drives' lines. Drives need the relay, the relay needs guest memory, and memory comes with the
 * drives' engine: so a line opens with its first request.
 */
function openLines() {
  let relay: Relay | null = null;
  const closers: (() => void)[] = [];
  return {
    connect(connected: Relay): void {
      relay = connected;
    },
    to(channel: number): DiskLine {
      let line: DiskLine | null = null;
      return {
        request(payload, data, room, done) {
          if (line === null && relay !== null) {
            const internal = relay.openInternal(firstInternalChannel + channel);
            closers.push(internal.close);
            line = diskLine(internal);
          }
          if (line === null) done(null);
          else line.request(payload, data, room, done);
        },
      };
    },
    close(): void {
      for (const close of closers) close();
    },
  };
}
