import type { Channel, ChannelHandlers, ChannelOwner } from "../vmbus/index.ts";

/** How far a guest's driver and its device have agreed. `Between`: what a device has before it is ready. */
export type DriverLine<Between extends { readonly kind: string } = never> =
  | { readonly kind: "closed" }
  | { readonly kind: "opened" }
  | Between
  | { readonly kind: "ready"; readonly version: number };

/** The device's end of the talk with its driver, over all openings of its channel. */
export interface DriverTalk<Line> {
  /** For the channel. Called again for every opening, of which at most one is alive. */
  readonly owner: ChannelOwner;
  line(): Line;
  enter(next: Line): void;
  /** The driver listens. */
  isReady(): boolean;
  /** Lost when nobody has the channel open, or when the guest has not read for long. */
  send(message: Uint8Array<ArrayBuffer>): void;
}

/** What a talk needs of its device. */
export interface DriverTalkOptions<Line> {
  /** Where the first opening goes on; `null` for a machine that starts. */
  readonly saved: Line | null;
  /** The driver listens now, or does not any more. */
  changed(): void;
  /** The driver says something, which may be anything. It has its completion already. */
  heard(payload: Uint8Array<ArrayBuffer>): void;
}

const nothing = new Uint8Array(0);

/** Opens a talk in which nobody has said anything yet. */
export function openDriverTalk<Between extends { readonly kind: string } = never>(
  options: DriverTalkOptions<DriverLine<Between>>,
): DriverTalk<DriverLine<Between>> {
  let resume = options.saved;
  let line: DriverLine<Between> = { kind: "closed" };
  let live: Channel | null = null;

  function enter(next: DriverLine<Between>): void {
    const before = line.kind;
    line = next;
    if ((before === "ready") !== (next.kind === "ready")) options.changed();
  }
  function owner(channel: Channel): ChannelHandlers {
    return {
      opened() {
        live = channel;
        enter(resume === null || resume.kind === "closed" ? { kind: "opened" } : resume);
        resume = null;
      },
      request({ payload, wantsCompletion, transactionId }) {
        if (live !== channel) return;
        if (wantsCompletion) channel.complete(transactionId, nothing);
        options.heard(payload);
      },
      closed() {
        if (live !== channel) return;
        live = null;
        enter({ kind: "closed" });
      },
    };
  }
  return {
    owner,
    line: () => line,
    enter,
    isReady: () => line.kind === "ready",
    send: (message) => live?.send(message),
  };
}

/** A saved line that can be gone on from, or why it cannot, for a person. */
export type CheckedLine<Line> =
  | { readonly kind: "usable"; readonly state: { readonly format: 1; readonly line: Line } }
  | { readonly kind: "unusable"; readonly text: string };

/**
 * Checks what was saved of a device's line, which may be anything.
 * @param agreed  the line in which driver and device have agreed on something, from the words for it; `null`: there is none
 */
export function checkSavedLine<Between extends { readonly kind: string } = never>(
  device: "keyboard" | "mouse",
  value: unknown,
  agreed: (kind: unknown, version: unknown) => DriverLine<Between> | null,
): CheckedLine<DriverLine<Between>> {
  const unusable = (why: string) => {
    return { kind: "unusable", text: `The ${device} cannot go on from its saved state. ${why}` } as const;
  };
  if (!isRecord(value) || value["format"] === undefined)
    return unusable(`It is not the saved state of a ${device}.`);
  if (value["format"] !== 1)
    return unusable("Its format is not known here. Start the machine anew, or use a newer version.");
  const { kind, version } = isRecord(value["line"]) ? value["line"] : {};
  const line: DriverLine<Between> | null =
    kind === "closed" || kind === "opened" ? { kind } : agreed(kind, version);
  if (line === null) return unusable("It is damaged: the guest's driver cannot have been in that state.");
  return { kind: "usable", state: { format: 1, line } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
