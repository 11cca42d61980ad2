import { signal } from "@preact/signals";
import {
  DeviceClass,
  firstInternalChannel,
  type TraceBatch,
  type TraceEvent,
  type TraceNote,
  type VmGuid,
} from "../../../src/hvdef/index.ts";
import type { InspectNode } from "../../../src/support/index.ts";
import type { ArchitectureHost, Observation, VmView } from "../../../src/ui/host.ts";

/** What a recorded guest speaks. */
export type RecordedSpeech = "enlightened" | "legacy" | "both";

/** Speech by the machine's name. */
export function speechOf(name: string): RecordedSpeech {
  if (name.startsWith("DOS")) return "legacy";
  return name.startsWith("Legacy") ? "both" : "enlightened";
}

const wave = (seconds: number): number => seconds - Math.sin(seconds);
const grown = (seconds: number, perSecond: number): number => Math.floor(wave(seconds) * perSecond);

function channel(interfaceType: string, title: string, packets: number, bytes: number): InspectNode {
  return {
    class: title,
    interfaceType,
    state: "open",
    packetsIn: packets,
    packetsOut: packets,
    bytesIn: packets * 64,
    bytesOut: packets * bytes,
  };
}

function channelsAt(seconds: number, disk: boolean): InspectNode {
  return {
    ...(disk ? { 1: channel(DeviceClass.scsi, "SCSI controller", grown(seconds, 420), 4096) } : {}),
    16: channel(DeviceClass.network, "Network adapter", grown(seconds, 130), 900),
    40: channel(DeviceClass.heartbeat, "Heartbeat", Math.floor(seconds / 2), 40),
    57: channel(DeviceClass.keyboard, "Keyboard", Math.floor(seconds * 1.5), 16),
    58: channel(DeviceClass.video, "Video", grown(seconds, 12), 60),
  };
}

const nothing = { bytesRead: 0, bytesWritten: 0, reads: 0, writes: 0, flushes: 0 };

/** Counters of a guest after so many seconds. */
export function architectureTree(speech: RecordedSpeech, seconds: number): InspectNode {
  const emulated = speech !== "enlightened";
  const bus = speech !== "legacy";
  const requests = grown(seconds, 24);
  return {
    vmbus: {
      connection: bus ? { state: "connected", version: "5.3" } : { state: "disconnected", version: "" },
      channels: bus ? channelsAt(seconds, speech === "enlightened") : {},
    },
    hypervisor: {
      hypercalls: { postMessage: bus ? 31 : 0, signalEvent: bus ? grown(seconds, 35) : 0, unknown: 0 },
      msrs: { reads: bus ? 40 : 0, writes: bus ? grown(seconds, 180) : 0, unknown: 0 },
      synic: { interrupts: bus ? grown(seconds, 210) : 0 },
      timers: { 0: { expirations: bus ? grown(seconds, 90) : 0 } },
    },
    ide: { 0: emulated ? { ...nothing, reads: requests, bytesRead: requests * 4096 } : nothing },
    nic: emulated ? { 0: { framesSent: grown(seconds, 9), framesReceived: grown(seconds, 11) } } : {},
    ps2: { keys: emulated ? Math.floor(seconds) : 0, movements: 0 },
    screen: { looked: true, mode: "text 80x25", frames: Math.floor(seconds * 4), blocks: 0 },
    accesses: {
      ide: emulated ? grown(seconds, 700) : 0,
      network: emulated ? grown(seconds, 160) : 0,
      display: emulated ? grown(seconds, 300) : 12,
      keyboard: emulated ? grown(seconds, 6) : 0,
      serial: grown(seconds, 40),
      diskette: 0,
      timer: emulated ? grown(seconds, 110) : 3,
      interrupts: emulated ? grown(seconds, 220) : 8,
      pci: 94,
      other: 2,
    },
    passing: { calls: 3 + Math.floor(seconds / 5), serialIn: 12, serialOut: grown(seconds, 30), cpuid: 214 },
  };
}

/** Notes of one thread as its batch. */
function openThread(): { note(note: TraceNote, at: number): void; take(until: number): TraceBatch } {
  let events: TraceEvent[] = [];
  let sequence = 0;
  return {
    note(note, at) {
      sequence += 1;
      events.push({ ...note, at, sequence });
    },
    take(until) {
      const taken = { events, lost: 0, until };
      events = [];
      return taken;
    },
  };
}

/** A host whose machines work without anybody: it plays a key, disk requests and a heartbeat again and again. */
export function openRecordedArchitecture(vms: () => readonly VmView[]): ArchitectureHost {
  const began = Date.now();
  const page = openThread();
  const parent = openThread();
  const children = new Map<VmGuid, ReturnType<typeof openThread>>();
  const threadOf = (vm: VmGuid) => {
    const known = children.get(vm) ?? openThread();
    children.set(vm, known);
    return known;
  };
  let round = 0;

  function playKey(vm: VmGuid, at: number): void {
    const child = threadOf(vm);
    page.note({ kind: "ask", vm, text: "typeScancodes KeyA" }, at);
    parent.note({ kind: "request", vm, text: "typeScancodes" }, at + 0.3);
    parent.note({ kind: "linkSent", vm, subject: 57, bytes: 16, text: "send" }, at + 0.4);
    child.note({ kind: "linkArrived", subject: 57, bytes: 16, text: "send" }, at + 0.9);
    child.note({ kind: "packetPlaced", subject: 57, bytes: 16 }, at + 0.95);
    child.note({ kind: "channelEvent", subject: 57 }, at + 0.96);
    child.note({ kind: "interrupt", subject: 0xf3 }, at + 0.97);
    child.note({ kind: "serialOut", bytes: 1, text: "a" }, at + 3.1);
  }
  function playDisk(vm: VmGuid, tag: number, at: number): void {
    const child = threadOf(vm);
    child.note({ kind: "packetTaken", subject: 1, bytes: 96, tag }, at);
    child.note({ kind: "linkSent", subject: 1, bytes: 64, tag, text: "request" }, at + 0.02);
    parent.note({ kind: "linkArrived", vm, subject: 1, bytes: 64, tag, text: "request" }, at + 0.4);
    parent.note({ kind: "fileRead", bytes: 4096 }, at + 0.6);
    parent.note({ kind: "linkSent", vm, subject: 1, bytes: 4160, tag, text: "complete" }, at + 0.9);
    child.note({ kind: "linkArrived", subject: 1, bytes: 4160, tag, text: "complete" }, at + 1.3);
    child.note({ kind: "packetPlaced", subject: 1, bytes: 64, tag }, at + 1.34);
    child.note({ kind: "channelEvent", subject: 1 }, at + 1.35);
    child.note({ kind: "interrupt", subject: 0xf3 }, at + 1.36);
  }
  function playEmulated(vm: VmGuid, tag: number, at: number): void {
    const child = threadOf(vm);
    const subject = firstInternalChannel;
    child.note({ kind: "linkSent", subject, bytes: 64, tag, text: "request" }, at);
    parent.note({ kind: "linkArrived", vm, subject, bytes: 64, tag, text: "request" }, at + 0.5);
    parent.note({ kind: "linkSent", vm, subject, bytes: 4160, tag, text: "complete" }, at + 0.9);
    child.note({ kind: "linkArrived", subject, bytes: 4160, tag, text: "complete" }, at + 1.4);
  }
  function play(at: number, drawn: readonly VmGuid[]): void {
    round += 1;
    for (const vm of drawn) {
      const name = vms().find(({ id }) => id === vm)?.name ?? "";
      const speech = speechOf(name);
      if (speech === "enlightened" && round % 8 === 1) playKey(vm, at - 30);
      if (speech === "enlightened" && round % 3 === 0) playDisk(vm, round, at - 20);
      if (speech !== "enlightened" && round % 4 === 0) playEmulated(vm, round, at - 10);
    }
  }
  function hostTree(seconds: number): InspectNode {
    const machines = vms()
      .filter(({ partition }) => partition !== null)
      .map(({ id, name }) => {
        const ends = Object.entries(
          speechOf(name) === "legacy" ? {} : channelsAt(seconds, speechOf(name) === "enlightened"),
        ).map(([channelId, node]) => {
          const packets = typeof node === "object" ? Number(node?.["packetsIn"]) : 0;
          return [
            channelId,
            {
              state: "open",
              requests: packets,
              completions: packets,
              sends: 0,
              transfers: 0,
              bytesIn: packets * 64,
              bytesOut: packets * 512,
            },
          ] as const;
        });
        return [id, { channels: Object.fromEntries(ends) }] as const;
      });
    const reads = grown(seconds, 60);
    return {
      requests: 40 + Math.floor(seconds * 2),
      wmi: Math.floor(seconds * 0.7),
      looks: Math.floor(seconds * 4),
      files: {
        reads,
        writes: Math.floor(reads / 6),
        bytesRead: reads * 65_536,
        bytesWritten: reads * 4096,
        flushes: 9,
      },
      machines: Object.fromEntries(machines),
    };
  }
  const hypervisorTree = (): InspectNode => {
    const alive = vms().filter(({ partition }) => partition !== null);
    return {
      logicalProcessors: 2,
      memoryBytes: 2 ** 31,
      memoryInUse: alive.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      created: alive.length + 2,
      partitions: Object.fromEntries(
        alive.map(({ name, processor }, place) => [place + 1, { name, processor, state: "running" }]),
      ),
    };
  };
  return {
    hypervisor: signal({ at: Date.now(), tree: hypervisorTree() }),
    async observe(drawn): Promise<Observation> {
      const until = performance.timeOrigin + performance.now();
      play(until, drawn);
      return {
        page: page.take(until),
        host: { ...parent.take(until), tree: hostTree((Date.now() - began) / 1000) },
        workers: drawn.map((vm) => ({ vm, batch: threadOf(vm).take(until) })),
      };
    },
  };
}
