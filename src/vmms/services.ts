import { type ChannelId, firstInternalChannel, type OfferDescription } from "../hvdef/index.ts";
import { guid, toWire } from "../support/index.ts";
import { ideDisk, type Storvsp, scsiOffer, storvsp } from "../vsp/index.ts";
import type { StockVm } from "./catalogue.ts";
import type { AttachedDisk } from "./machine.ts";

/** Who serves which channel of a machine, and what its bus offers. */
export interface ServicePlan {
  readonly owners: readonly { readonly channel: ChannelId; readonly owner: Storvsp }[];
  readonly offers: readonly OfferDescription[];
}

/** Channel of the first synthetic device; 0 is reserved. */
const scsiChannel = 1 as ChannelId;

/**
 * Decides what serves a machine's disks: the emulated IDE controller always, the synthetic SCSI
 * controller when it has a disk.
 */
export function planServices(vm: StockVm, disks: readonly AttachedDisk[]): ServicePlan {
  const units = disks.map((attached) => ({
    attached,
    unit: { disk: attached.disk, id: diskId(vm.id, attached.stock.controller, attached.stock.slot) },
  }));
  const ide = units
    .filter(({ attached }) => attached.stock.controller === "IDE")
    .map(({ attached, unit }) => ({ channel: internalChannel(attached.stock.slot), owner: ideDisk(unit) }));
  const luns = new Map(
    units
      .filter(({ attached }) => attached.stock.controller === "SCSI")
      .map(({ attached, unit }) => [attached.stock.slot, unit] as const),
  );
  if (luns.size === 0) return { owners: ide, offers: [] };
  return {
    owners: [...ide, { channel: scsiChannel, owner: storvsp({ luns }) }],
    offers: [scsiOffer(0, scsiChannel)],
  };
}

/** Link channel of an emulated IDE disk. */
function internalChannel(slot: number): ChannelId {
  return (firstInternalChannel + slot) as ChannelId;
}

/** 16 bytes that tell a disk from every other and never change: the machine's id and the disk's place. */
function diskId(vm: string, controller: "IDE" | "SCSI", slot: number): Uint8Array<ArrayBuffer> {
  const id = new Uint8Array(16);
  toWire(guid(vm), id, 0);
  id[8] = controller === "IDE" ? 1 : 2;
  id[9] = slot;
  return id;
}
