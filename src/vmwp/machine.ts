import {
  DeviceClass,
  type DriveMedium,
  decodeSaved,
  encodeSaved,
  firstInternalChannel,
  type GuestMemory,
  isSocketChannel,
  type OfferDescription,
  usualBootOrder,
  type VmConfiguration,
} from "../hvdef/index.ts";
import {
  type GuestCrash,
  openVirtualProcessor,
  restoreVirtualProcessor,
  type VirtualProcessor,
  type VirtualProcessorParts,
} from "../hypervisor/vp/index.ts";
import { type Guid, HvError, type InspectNode, type Micros, type OwnBytes } from "../support/index.ts";
import type { Engine, OpenEngine, PartitionClock, ReadyMachine } from "../vid/index.ts";
import {
  type GatherRule,
  type GuestSide,
  type GuestSideOptions,
  type Link,
  openGuestSide,
  type Relay,
  restoreGuestSide,
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
import { busOffer, type OfferBook, openOfferBook } from "./offers.ts";
import { openSocketDesk, type SocketDesk } from "./sockets.ts";
import { stampTimeSync } from "./stamp/time-sync.ts";
import type { Passing } from "./trace.ts";
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
  /** Counts and tells what passes. */
  readonly passing: Passing;
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
  /** For a machine that is about to be saved. */
  readonly quiet: Pick<Relay, "hold" | "goOn" | "isQuiet">;
  /** State of each unit, by its name; between slices, once it is quiet. */
  save(): Readonly<Record<string, OwnBytes>>;
  inspect(): InspectNode;
}

/** A machine whose guest goes on where it was saved, once its memory is there. Disposed unless it was finished. */
export interface RevivingMachine extends Disposable {
  readonly memory: GuestMemory;
  /** Build of the engine. */
  readonly build: string;
  /** @param units  as saved, by whatever way they came. @throws HvError `state.damaged` */
  finish(units: Readonly<Record<string, OwnBytes>>): VirtualMachine;
}

/** Names of the units. They are for ever: a state that has others is from a newer version. */
const Unit = {
  engine: "engine",
  vp: "hypervisor/vp",
  bus: "vmbus/bus",
  relay: "vmbus/relay",
  hands: "vmwp/ps2",
} as const;
/** What the worker process itself saves. */
export const processUnit = "vmwp/process";

/** Assembles a machine and puts its first instruction in place. Nothing runs yet. @throws HvError */
export async function assembleMachine(parts: MachineParts): Promise<VirtualMachine> {
  const body = await openBody(parts);
  const { ready } = body;
  const vp = openVirtualProcessor(processorParts(parts, ready));
  const joint = joinBus(parts, { ...body, vp }, (options) => openGuestSide(options));
  placeGuest(parts, ready);
  return machineOver(parts, { ...body, ...joint, vp });
}

/** Builds the machine of a guest that was saved; the clock shows what it showed then. @throws HvError */
export async function beginRevival(parts: MachineParts): Promise<RevivingMachine> {
  const body = await openBody(parts);
  const { ready } = body;
  const { engine } = ready;
  if (parts.configuration.boot.kind === "bios") prepareBios(ready.boot, parts.files.dsdt, parts.identity);
  return {
    memory: engine.memory,
    build: engine.build,
    finish(units) {
      for (const name of Object.keys(units))
        if (name !== processUnit && !Object.values<string>(Unit).includes(name))
          throw damaged(`It has a part that is not known here (${name}). Use a newer version.`);
      const { memory } = engine;
      memory.wrote(0, memory.size);
      const refusal = engine.restoreDevices(units[Unit.engine] ?? new Uint8Array(0));
      if (refusal !== null) throw damaged(refusal);
      const restored = restoreVirtualProcessor(savedValue(units, Unit.vp), processorParts(parts, ready));
      if (restored.kind === "refused") throw damaged(restored.text);
      const { vp } = restored;
      const joined = joinBus(parts, { ...body, vp }, (options) => {
        const saved = { bus: savedValue(units, Unit.bus), relay: savedValue(units, Unit.relay) };
        const outcome = restoreGuestSide(saved, options);
        if (outcome.kind === "refused") throw damaged(outcome.text);
        return outcome.side;
      });
      const refused = joined.hands.resume(savedValue(units, Unit.hands));
      if (refused !== null) throw damaged(refused);
      joined.offers.change(parts.configuration.offers);
      return machineOver(parts, { ...body, vp, ...joined });
    },
    [Symbol.dispose]() {
      body.lines.close();
      body.adapters.close();
      engine[Symbol.dispose]();
    },
  };
}

function damaged(text: string): HvError {
  return new HvError("state.damaged", text);
}

function savedValue(units: Readonly<Record<string, OwnBytes>>, name: string): unknown {
  const bytes = units[name];
  return bytes === undefined ? undefined : decodeSaved(bytes);
}

/** The engine with what hangs on it. */
async function openBody(parts: MachineParts) {
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
    trace: parts.passing.trace,
  });
  ready.engine.onSerial(parts.serialOut);
  return { ready, drives, adapters, lines };
}
type Body = Awaited<ReturnType<typeof openBody>>;

/** Puts the bus between the processor and the parent, and the devices' lines over it. */
function joinBus(
  parts: MachineParts,
  { ready, adapters, lines, vp }: Body & { readonly vp: VirtualProcessor },
  open: (options: GuestSideOptions) => GuestSide,
): Joint {
  const { configuration } = parts;
  const { engine } = ready;
  ready.connect(parts.passing.intercepts(vp.intercepts));
  engine.attachPort(vp.hypercallPort, vp.onHypercall);
  const stampTime = stampTimeSync({ referenceTime: vp.referenceTime, wallClock: parts.wallClock });
  const stamps: ReadonlyMap<Guid, StampRule> = new Map([[DeviceClass.timeSync, stampTime]]);
  const book: { offers: OfferBook | null } = { offers: null };
  const sockets = openSocketDesk(() => side.bus);
  const side = open({
    offers: configuration.offers.map(busOffer),
    memory: engine.memory,
    synic: vp.synic,
    link: parts.link,
    gatherRuleOf: (interfaceType) => gatherRule(configuration.offers, interfaceType),
    stampRuleOf: (interfaceType) => stamps.get(interfaceType) ?? null,
    besideOf: (interfaceType) => (interfaceType === DeviceClass.video ? parts.screen.device : null),
    wake: parts.wake,
    trace: parts.passing.trace,
    released: (channel) => (isSocketChannel(channel) ? sockets.released(channel) : book.offers?.released()),
    socketAsked: sockets.asked,
  });
  const offers = openOfferBook(
    () => side.bus,
    side.bus.offered().map((channel) => ({ channel })),
  );
  book.offers = offers;
  vp.bind(parts.passing.calls(side.bus.calls));
  lines.connect(side.relay);
  adapters.connect(side.relay, engine);
  const hands = openHands(engine);
  sockets.connect(side.relay);
  return { side, offers, sockets, hands };
}

/** VMBus with what hangs on it, and the emulated hands. */
interface Joint {
  readonly side: GuestSide;
  readonly offers: OfferBook;
  readonly sockets: SocketDesk;
  readonly hands: EmulatedHands;
}

function machineOver(
  parts: MachineParts,
  whole: Body & Joint & { readonly vp: VirtualProcessor },
): VirtualMachine {
  const { ready, drives, adapters, lines, vp, side, offers, sockets, hands } = whole;
  const { engine } = ready;
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
    quiet: side.relay,
    save() {
      const { bus, relay } = side.save();
      return {
        [Unit.engine]: engine.saveDevices(),
        [Unit.vp]: encodeSaved(vp.save()),
        [Unit.bus]: encodeSaved(bus),
        [Unit.relay]: encodeSaved(relay),
        [Unit.hands]: encodeSaved(hands.save()),
      };
    },
    inspect: () => ({
      hypervisor: vp.inspect(),
      vmbus: side.inspect(),
      ...drives.inspect(),
      nic: adapters.inspect(),
      ps2: hands.inspect(),
      accesses: engine.accesses(),
      passing: parts.passing.inspect(),
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

/** What the hypervisor needs of the machine's processor. */
function processorParts(parts: MachineParts, { engine }: ReadyMachine): VirtualProcessorParts {
  return {
    memory: engine.memory,
    registers: engine.registers,
    tscFrequency: engine.tscFrequency,
    raiseVector: parts.passing.vectors(engine.raiseVector),
    readTsc: engine.readTsc,
    runtime: parts.runtime,
    onCrash: parts.guestCrashed,
  };
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
