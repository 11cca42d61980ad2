import { LinkKind } from "../hvdef/index.ts";
import type { InspectNode } from "../support/index.ts";
import { type FrameLine, type FrameListener, openFrameLines, parentFrames } from "./frames.ts";
import type { ArrivedRecord, Link } from "./link.ts";

/** The parent's end of one opening of a frame channel. */
export interface FrameChannel {
  /**
   * Sends a frame to the guest's adapter with the next batch. Bytes are copied during the call.
   * @returns `false` when the child is behind or the channel is closed: the frame is lost
   */
  send(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean;
}

/** What a frame channel's owner wants to hear. */
export interface FrameHandlers {
  /** The guest sent a frame, of any length and contents. */
  readonly frame: FrameListener;
  /** The machine is gone or was reset. */
  closed(): void;
}

/** Takes a frame channel, as a `ChannelOwner` takes a channel of packets: called once for every opening. */
export type FrameOwner = (channel: FrameChannel) => FrameHandlers;

/** The parent's ends of one partition's frame channels, a part of its endpoints. */
export interface FrameEnds extends Disposable {
  attach(channel: number, owner: FrameOwner): void;
  detach(channel: number): void;
  /** Does what a record says. @returns `false` when its channel is no frame channel */
  visit(record: ArrivedRecord): boolean;
  /** Tells the child what was taken since the last time. */
  tellTaken(): void;
  /** By channel number. */
  inspect(): InspectNode;
}

interface Opening {
  readonly line: FrameLine;
  readonly handlers: FrameHandlers;
}

/** @param used  called after the outgoing batch was written to */
export function openFrameEnds(link: Link, used: () => void): FrameEnds {
  const lines = openFrameLines(link, parentFrames);
  const owners = new Map<number, FrameOwner>();
  const openings = new Map<number, Opening>();

  function open(channel: number, generation: number, owner: FrameOwner): void {
    close(channel);
    const line = lines.open(channel, generation, (bytes, at, length) => {
      handlers.frame(bytes, at, length);
      line.taken(length);
    });
    const handlers = owner({
      send(bytes, at, length) {
        const sent = line.send(bytes, at, length);
        if (sent) used();
        return sent;
      },
    });
    openings.set(channel, { line, handlers });
  }
  function close(channel: number): void {
    const opening = openings.get(channel);
    if (opening === undefined) return;
    openings.delete(channel);
    opening.line.close();
    opening.handlers.closed();
  }
  function detach(channel: number): void {
    owners.delete(channel);
    close(channel);
  }

  return {
    attach: (channel, owner) => void owners.set(channel, owner),
    detach,
    visit(record) {
      const owner = owners.get(record.channel);
      if (owner === undefined) return false;
      switch (record.kind) {
        case LinkKind.opened:
          open(record.channel, record.dataRoom, owner);
          return true;
        case LinkKind.closed:
          close(record.channel);
          return true;
        default:
          return lines.visit(record);
      }
    },
    tellTaken: lines.tellTaken,
    inspect() {
      const channels = [...owners.keys()].map((channel) => {
        const line = openings.get(channel)?.line;
        const node = line === undefined ? { state: "closed" } : { state: "open", ...line.inspect() };
        return [String(channel), node] as const;
      });
      return Object.fromEntries(channels);
    },
    [Symbol.dispose]() {
      for (const channel of [...owners.keys()]) detach(channel);
    },
  };
}
