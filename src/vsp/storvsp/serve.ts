import { StorOperation, StorVersion } from "../../hvdef/index.ts";
import { openAttentions, type ScsiUnit } from "../../storage/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { Channel, ChannelHandlers, ChannelOwner } from "../../vmbus/index.ts";
import { freshCounters, storTree } from "./inspect.ts";
import { servePacket } from "./packet.ts";
import { noticePacket } from "./reply.ts";
import type { StorController, StorSession } from "./session.ts";
import { endOrphans, retryStalled } from "./srb.ts";
import { checkStorvspState, type StorState, type StorvspState } from "./state.ts";
import { openWaiting } from "./waiting.ts";

/** The provider of one controller: give it to its channel, ask it what it does. */
export type Storvsp = ChannelOwner & {
  /**
   * Call it after the controller's map has changed. Requests held for a unit that is gone end, and a guest
   * that can look again is told to. One that learns of a change by other means finds out when it asks.
   */
  busChanged(): void;
  /**
   * Runs again, in order of arrival, what a full store holds up. Call it when there may be space.
   * @returns nothing is held up any more. `false`: call it again later, `onStalled` will not be
   */
  retryStalled(): boolean;
  inspect(): InspectNode;
  /** What a saved machine keeps of it. */
  save(): StorvspState;
};

/** How a controller is served. */
export interface StorvspOptions {
  /** The other side is our own emulated controller: it sends SCSI requests at once, without negotiation. */
  readonly negotiated?: boolean;
  /**
   * The store is full, and requests are held up until `retryStalled`: time to pause the machine. Called
   * once, from within a request, until all of them went through or were ended. Without it the guest gets an
   * error instead.
   */
  readonly onStalled?: () => void;
}

/** What only this room decides about a provider. */
interface Placement {
  readonly target: number;
  /** The guest scans the controller when it is told that units came or went. */
  readonly scans: boolean;
  /** Where a saved negotiation goes on. */
  readonly resume: StorState | null;
}

const onScsi: Placement = { target: 0, scans: true, resume: null };

/**
 * Serves a SCSI controller to a guest's storvsc. Owns neither the disks nor the channel. Called again for
 * every opening, of which at most one is alive; counters go on over all of them.
 *
 * Every request that wants a completion gets exactly one, unless the channel closes first. Requests are
 * carried out as they come; only one whose range must still be fetched, whose flush takes time or whose
 * store is full is answered later.
 */
export function storvsp(controller: StorController, options: StorvspOptions = {}): Storvsp {
  return openProvider(controller, options, onScsi);
}

/**
 * Serves one disk to the emulated IDE controller over its internal channel, as LUN 0. For a drive whose
 * medium changes give `storvsp` a controller of your own with `negotiated`, and change its LUN 0.
 */
export function ideDisk(unit: ScsiUnit, options: Omit<StorvspOptions, "negotiated"> = {}): Storvsp {
  return storvsp({ luns: new Map([[0, unit]]) }, { ...options, negotiated: true });
}

/**
 * Serves LUN 0 of a controller to a guest that was offered it by `ideOffer`.
 *
 * @param location  as in the offer
 */
export function ideAccelerator(
  controller: StorController,
  location: number,
  options: Omit<StorvspOptions, "negotiated"> = {},
): Storvsp {
  return openProvider(controller, options, { target: location, scans: false, resume: null });
}

/** A provider that goes on from a saved state, or why there is none, for a person. */
export type StorvspRestored =
  | { readonly kind: "restored"; readonly storvsp: Storvsp }
  | { readonly kind: "refused"; readonly text: string };

/**
 * Makes the provider of a controller whose guest has negotiated before: the first opening of its channel goes on
 * where the state was saved.
 *
 * @param saved  from `Storvsp.save`, by whatever way it came: it may be anything
 * @param options.location  of a disk of the emulated controllers, as in its offer
 */
export function restoreStorvsp(
  saved: unknown,
  controller: StorController,
  options: StorvspOptions & { readonly location?: number } = {},
): StorvspRestored {
  const checked = checkStorvspState(saved);
  if (checked.kind === "unusable") return { kind: "refused", text: checked.text };
  const { negotiation } = checked.state;
  const resume = negotiation.kind === "closed" ? null : negotiation;
  const { location } = options;
  const placement = location === undefined ? onScsi : { target: location, scans: false };
  return { kind: "restored", storvsp: openProvider(controller, options, { ...placement, resume }) };
}

function openProvider(controller: StorController, options: StorvspOptions, placement: Placement): Storvsp {
  const counters = freshCounters();
  const waiting = openWaiting();
  const internal = options.negotiated === true;
  const first: StorState = internal ? { kind: "ready", version: StorVersion.win10 } : { kind: "opened" };
  let resume = placement.resume;
  let live: StorSession | null = null;
  const state = (): StorState => live?.state ?? { kind: "closed" };

  function own(channel: Channel): ChannelHandlers {
    const session: StorSession = {
      channel,
      controller,
      target: placement.target,
      counters,
      waiting,
      attentions: internal ? null : openAttentions(),
      onStalled: options.onStalled ?? null,
      state: internal ? first : { kind: "closed" },
    };
    live = session;
    return {
      opened() {
        waiting.takeAll(() => true);
        const goesOn = resume !== null;
        session.state = resume ?? first;
        resume = null;
        // A guest that goes on may find other disks than it knew.
        if (goesOn) busChanged();
      },
      request: (request) => servePacket(session, request),
      closed() {
        waiting.takeAll(() => true);
        session.state = { kind: "closed" };
      },
    };
  }

  function busChanged(): void {
    if (live === null) return;
    // First these: a guest that hears that a unit is gone must have let go of it before it scans.
    endOrphans(live);
    if (placement.scans && !internal && live.state.kind === "ready") {
      live.channel.send(noticePacket(StorOperation.enumerateBus));
    }
  }

  return Object.assign(own, {
    busChanged,
    retryStalled: () => live === null || retryStalled(live),
    inspect: () =>
      storTree({
        controller,
        state: state(),
        counters,
        inFlight: waiting.count(),
        stalled: waiting.stalledCount(),
      }),
    save: (): StorvspState => ({ format: 1, negotiation: state() }),
  });
}
