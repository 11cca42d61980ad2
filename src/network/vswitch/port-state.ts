import { bytesOfMac, macHead, macTail } from "../frame/index.ts";
import type { FrameSink } from "../port.ts";
import { type Counters, openCounters } from "./counters.ts";
import type { PortSettings } from "./settings.ts";
import { allowedCells, plainVlan } from "./vlan.ts";

/**
 * What sees the frames of a port: bytes `at` to `at + length`, valid during the call only. `in`: from the holder into
 * the switch, `out`: to the holder. Five arguments, because an object per frame is not allowed here. It must not send.
 */
export type FrameObserver = (
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  length: number,
  direction: "in" | "out",
  port: number,
) => void;

/** A port as the path sees it: settings worked out into what a frame is compared with. */
export interface Port {
  /** Counts up from 1 within the switch and is never used again. */
  readonly number: number;
  readonly sink: FrameSink;
  readonly counters: Counters;
  settings: PortSettings;
  connected: boolean;
  /** The adapter's own address, see `macHead` and `macTail`; -1 where there is none. */
  head: number;
  tail: number;
  /** Frames from any other address are dropped. */
  guarded: boolean;
  /** What the holder sends and gets is copied to those who listen. */
  mirrored: boolean;
  /** VLAN of frames without a tag. */
  vlan: number;
  /** VLANs whose frames wear their tag here, by number; `null`: the port knows no tags. */
  allowed: Uint8Array<ArrayBuffer> | null;
  /** Whoever watches; `null` when nobody does, which is all that it costs then. */
  observers: readonly FrameObserver[] | null;
  /** Wish for a queue of its own, 0 to 100; 0 is none. */
  queueWeight: number;
  hasQueue: boolean;
}

/** A port that nobody can reach yet. */
export function newPort(number: number, settings: PortSettings, sink: FrameSink): Port {
  const port: Port = {
    number,
    sink,
    counters: openCounters(),
    settings,
    connected: true,
    head: -1,
    tail: -1,
    guarded: true,
    mirrored: false,
    vlan: 0,
    allowed: null,
    observers: null,
    queueWeight: 0,
    hasQueue: false,
  };
  applySettings(port, settings);
  return port;
}

/** Works out what new settings mean on the path. They have been checked. */
export function applySettings(port: Port, settings: PortSettings): void {
  const bytes = settings.mac === null ? null : bytesOfMac(settings.mac);
  const { vlan } = settings;
  port.settings = settings;
  port.head = bytes === null ? -1 : macHead(bytes, 0);
  port.tail = bytes === null ? -1 : macTail(bytes, 0);
  port.guarded = !settings.allowSpoofing && settings.role !== "uplink";
  port.mirrored = settings.mirror === "source";
  port.vlan = plainVlan(vlan);
  port.allowed = allowedCells(vlan);
}

/** Whether frames of a VLAN reach a port. */
export function carries(port: Port, vlan: number): boolean {
  return port.vlan === vlan || (port.allowed !== null && port.allowed[vlan] === 1);
}

/** Whether frames of a VLAN that the port carries wear their tag there. */
export function wearsTag(port: Port, vlan: number): boolean {
  return port.vlan !== vlan;
}
