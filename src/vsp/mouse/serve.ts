import {
  MouseHeader,
  MouseMessage,
  MouseRequest,
  mousePipe,
  mouseVersion,
  type PointerReport,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { ChannelOwner } from "../../vmbus/index.ts";
import { openDriverTalk } from "../driver-line.ts";
import { mouseTree } from "./inspect.ts";
import { mouseDescription, mouseReport, mouseResponse } from "./message.ts";
import { checkMouseState, type MouseDescribed, type MouseLine, type MouseState } from "./state.ts";

/** The provider of a machine's mouse: give it to its channel, point with it. */
export type SyntheticMouse = ChannelOwner & {
  /** The guest's driver listens. */
  isReady(): boolean;
  /** Lost when nobody listens, or when the guest has not read those before for long. */
  point(report: Extract<PointerReport, { kind: "absolute" }>): void;
  inspect(): InspectNode;
  /** What a saved machine keeps of it. */
  save(): MouseState;
};

/** How a mouse is served. */
export interface MouseOptions {
  /** The guest's driver listens now, or does not any more. */
  changed(): void;
}

/** A mouse that goes on from a saved state, or why there is none, for a person. */
export type MouseRestored =
  | { readonly kind: "restored"; readonly mouse: SyntheticMouse }
  | { readonly kind: "refused"; readonly text: string };

/**
 * Serves a mouse to a guest's hid-hyperv. Called again for every opening of its channel, of which at most one is
 * alive. It tells places, so that nobody's pointer has to be captured. @video-input C
 */
export function syntheticMouse(options: MouseOptions): SyntheticMouse {
  return openProvider(options, null);
}

/**
 * Makes the mouse of a machine whose guest has negotiated before: the first opening goes on where it was saved.
 *
 * @param saved  from `SyntheticMouse.save`, by whatever way it came: it may be anything
 */
export function restoreMouse(saved: unknown, options: MouseOptions): MouseRestored {
  const checked = checkMouseState(saved);
  if (checked.kind === "unusable") return { kind: "refused", text: checked.text };
  return { kind: "restored", mouse: openProvider(options, checked.state.line) };
}

function openProvider({ changed }: MouseOptions, saved: MouseLine | null): SyntheticMouse {
  const counters = { reports: 0, strange: 0 };
  const talk = openDriverTalk<MouseDescribed>({ saved, changed, heard });

  function heard(payload: Uint8Array<ArrayBuffer>): void {
    const said = readMessage(payload);
    const line = talk.line();
    if (said?.kind === "request") agree(said.version);
    else if (said?.kind === "ack" && line.kind === "described") talk.enter({ ...line, kind: "ready" });
    else counters.strange++;
  }
  /** A driver may ask again; the description follows at once, unasked. */
  function agree(version: number): void {
    const approved = version === mouseVersion;
    talk.send(mouseResponse(version, approved));
    if (approved) talk.send(mouseDescription());
    talk.enter(approved ? { kind: "described", version } : { kind: "opened" });
  }
  return Object.assign(talk.owner, {
    isReady: talk.isReady,
    point(report: Extract<PointerReport, { kind: "absolute" }>) {
      if (!talk.isReady()) return;
      talk.send(mouseReport(report));
      counters.reports++;
    },
    inspect: () => mouseTree(talk.line(), counters),
    save: (): MouseState => ({ format: 1, line: talk.line() }),
  });
}

/** What the guest says; `null` when it makes no sense. Its packets are a few bytes longer than their sizes. */
function readMessage(
  payload: Uint8Array<ArrayBuffer>,
): { readonly kind: "request"; readonly version: number } | { readonly kind: "ack" } | null {
  if (payload.length < MouseHeader.size) return null;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const { pipeType, type } = MouseHeader.read(view);
  if (pipeType !== mousePipe) return null;
  if (type === MouseMessage.deviceInfoAck) return { kind: "ack" };
  const whole = payload.length >= MouseHeader.size + MouseRequest.size;
  if (type !== MouseMessage.protocolRequest || !whole) return null;
  return { kind: "request", version: MouseRequest.read(view, MouseHeader.size).version };
}
