import {
  type ChannelId,
  type DriveConfiguration,
  type DriveSlot,
  decodeSaved,
  encodeSaved,
  firstInternalChannel,
  floppyDrive,
  type OfferDescription,
  type SavedUnits,
} from "../hvdef/index.ts";
import type { Disk, ScsiUnit } from "../storage/index.ts";
import { guid, HvError, type OwnBytes, toWire } from "../support/index.ts";
import { ideAccelerator, ideOffer, restoreStorvsp, type Storvsp, scsiOffer, storvsp } from "../vsp/index.ts";

/** Who serves which channel of a machine, and what its bus offers. */
export interface DriveServices {
  readonly owners: readonly { readonly channel: ChannelId; readonly owner: Storvsp }[];
  readonly offers: readonly OfferDescription[];
  /** What is in the drive at a place from now on; a running guest is told. The disk stays the caller's. */
  place(slot: DriveSlot, disk: Disk | null): void;
  /** Carries out what waited for space. Answers whether all of it went through. */
  retryStalled(): boolean;
  /** What a saved machine keeps of them. */
  save(): SavedUnits;
}

/** What a machine's drives are served from. */
export interface DrivePlan {
  /** The machine, whose disks are named after it. */
  readonly vm: string;
  readonly drives: readonly Pick<DriveConfiguration, "slot" | "kind">[];
  readonly scsiControllers: number;
  /** A disk has no space left: the machine should stand still until there is some. */
  readonly onStalled: () => void;
}

/** Channels of the synthetic devices; 0 is reserved. */
const firstScsiChannel = 1;
const firstIdeChannel = 8;

type Luns = Map<number, ScsiUnit>;
interface Served {
  readonly channel: ChannelId;
  readonly owner: Storvsp;
  readonly luns: Luns;
  readonly offer: OfferDescription | null;
}

/**
 * Decides what serves a machine's drives. Every IDE position and the diskette drive have a channel of the
 * emulated controller; an IDE disk is also offered to an enlightened guest; each SCSI controller is one device.
 *
 * @param saved  of a machine whose guest goes on. @throws HvError `state.damaged`
 */
export function openServices(plan: DrivePlan, saved: SavedUnits | null = null): DriveServices {
  const { onStalled } = plan;
  const scsi = Array.from({ length: plan.scsiControllers }, (_, number): Served => {
    const luns: Luns = new Map();
    const channel = (firstScsiChannel + number) as ChannelId;
    const offer = scsiOffer(number, channel);
    const state = saved?.[unitOf(offer)];
    const owner =
      state === undefined ? storvsp({ luns }, { onStalled }) : revived(state, luns, { onStalled });
    return { channel, luns, owner, offer };
  });
  const emulated = new Map<number, Served>();
  const accelerated = new Map<number, Served>();
  for (const { slot, kind } of plan.drives) {
    if (slot.controller === "SCSI") continue;
    const place = emulatedPlace(slot);
    const luns: Luns = new Map();
    const channel = (firstInternalChannel + place) as ChannelId;
    emulated.set(place, {
      channel,
      luns,
      owner: storvsp({ luns }, { negotiated: true, onStalled }),
      offer: null,
    });
    if (kind === "disk") accelerated.set(place, accelerator(slot, onStalled, saved));
  }
  const all = [...scsi, ...emulated.values(), ...accelerated.values()];

  function place(slot: DriveSlot, disk: Disk | null): void {
    const unit = disk === null ? null : { disk, id: diskId(plan.vm, slot) };
    if (slot.controller === "SCSI") {
      setUnit(scsi[slot.number], slot.location, unit);
      return;
    }
    setUnit(emulated.get(emulatedPlace(slot)), 0, unit);
    setUnit(accelerated.get(emulatedPlace(slot)), 0, unit);
  }

  return {
    owners: all.map(({ channel, owner }) => ({ channel, owner })),
    offers: all.flatMap(({ offer }) => offer ?? []),
    place,
    save: () =>
      Object.fromEntries(
        all.flatMap(({ offer, owner }) =>
          offer === null ? [] : [[unitOf(offer), encodeSaved(owner.save())]],
        ),
      ),
    retryStalled: () => all.map(({ owner }) => owner.retryStalled()).every((through) => through),
  };
}

/** An IDE disk as the bus offers it. */
function accelerator(slot: DriveSlot, onStalled: () => void, saved: SavedUnits | null): Served {
  const luns: Luns = new Map();
  const channel = (firstIdeChannel + emulatedPlace(slot)) as ChannelId;
  const offer = ideOffer(slot.number, slot.location, channel);
  const { location } = slot;
  const state = saved?.[unitOf(offer)];
  const owner =
    state === undefined
      ? ideAccelerator({ luns }, location, { onStalled })
      : revived(state, luns, { onStalled, location });
  return { channel, luns, owner, offer };
}

/** Name of a controller's unit in a saved machine. */
function unitOf({ instance }: OfferDescription): string {
  return `storvsp:${instance}`;
}

/** A controller whose guest goes on. @throws HvError `state.damaged` */
function revived(state: OwnBytes, luns: Luns, options: Parameters<typeof restoreStorvsp>[2]): Storvsp {
  const restored = restoreStorvsp(decodeSaved(state), { luns }, options);
  if (restored.kind === "restored") return restored.storvsp;
  throw new HvError("state.damaged", restored.text);
}

function setUnit(served: Served | undefined, lun: number, unit: ScsiUnit | null): void {
  if (served === undefined) return;
  if (unit === null) served.luns.delete(lun);
  else served.luns.set(lun, unit);
  served.owner.busChanged();
}

/** Number of an emulated drive: its channel counts from `firstInternalChannel`. */
export function emulatedPlace({ controller, number, location }: DriveSlot): number {
  return controller === "floppy" ? floppyDrive : number * 2 + location;
}

/** 16 bytes that tell a disk from every other and never change: the machine's id and the disk's place. */
function diskId(vm: string, { controller, number, location }: DriveSlot): Uint8Array<ArrayBuffer> {
  const id = new Uint8Array(16);
  toWire(guid(vm), id, 0);
  id[8] = (controller === "SCSI" ? 0x20 : controller === "IDE" ? 0x10 : 0x30) | number;
  id[9] = location;
  return id;
}
