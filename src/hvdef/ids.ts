import type { Brand } from "../support/index.ts";

/** A partition of one host, given by hypervisor/root; never reused while the page lives. */
export type PartitionId = Brand<number, "PartitionId">;

/** Identity of a virtual machine, stable over its whole life. */
export type VmGuid = Brand<string, "VmGuid">;

/** Channel number of VMBus (the relid), 1 to 2047. Numbers from {@link firstInternalChannel} on never reach a guest. */
export type ChannelId = Brand<number, "ChannelId">;

/** Guest-chosen handle of a page list. */
export type GpadlId = Brand<number, "GpadlId">;

/** Target of HvPostMessage and HvSignalEvent, 24 bits. */
export type ConnectionId = Brand<number, "ConnectionId">;

/** Guest physical address in bytes. */
export type Gpa = Brand<number, "Gpa">;

/** Guest page number; a page is 4096 bytes. */
export type Pfn = Brand<number, "Pfn">;

/** Bytes in a guest page. */
export const pageSize = 4096;

/**
 * Link channels from here on carry the emulated devices' requests to the parent. They use the same
 * records as VMBus channels but have no ring and no offer.
 */
export const firstInternalChannel = 0x10000;

/** The diskette drive's place among the internal channels, after the four of the IDE controllers. */
export const floppyDrive = 4;

/**
 * The first emulated network adapter's place among the internal channels; the others follow it. Their
 * channels carry frames, see `LinkKind.frameOut`.
 */
export const firstLegacyAdapter = 8;

/** The place among the internal channels where parent and worker process speak of the guest's sockets. */
export const socketDesk = 16;
