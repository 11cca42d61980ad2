import {
  ScsiStatus,
  SrbStatus,
  SrbStatusFlag,
  StorHeader,
  StorNtStatus,
  StorOperation,
  StorPropertiesPacket,
  StorSrbPacket,
  storPacketBytes,
  storSenseBytes,
} from "../../hvdef/index.ts";
import { type ScsiEnd, senseBytes, writeSense } from "../../storage/index.ts";
import { unreachable } from "../../support/index.ts";
import { storMaxTransfer } from "./offer.ts";

/** How a SCSI request ended, with the ends that never reach a unit. */
export type SrbResult =
  | ScsiEnd
  /** Nothing is at this address: the guest forgets it. */
  | { readonly kind: "invalidLun" }
  /** Too much is waiting: the guest tries again. */
  | { readonly kind: "busy" }
  /** I/O before the negotiation has ended. */
  | { readonly kind: "notReady" };

const at = StorSrbPacket.at;

/** Turns a copy of the request into its answer: all 64 bytes of `out`. */
export function writeSrbReply(out: Uint8Array, request: Uint8Array, result: SrbResult): void {
  out.set(request.subarray(0, storPacketBytes));
  const status = result.kind === "notReady" ? StorNtStatus.invalidDeviceState : StorNtStatus.success;
  writeHeader(out, status);
  writeU32(out, at.transferLength, result.kind === "good" ? result.transferred : 0);
  out[at.scsiStatus] = ScsiStatus.good;
  switch (result.kind) {
    case "good":
      out[at.srbStatus] = SrbStatus.success;
      return;
    case "check":
      out[at.srbStatus] = SrbStatus.error | SrbStatusFlag.senseValid;
      out[at.scsiStatus] = ScsiStatus.checkCondition;
      out[at.senseLength] = senseBytes;
      out.fill(0, at.cdbOrSense, at.cdbOrSense + storSenseBytes);
      writeSense(out, at.cdbOrSense, result.sense);
      return;
    case "invalidLun":
      out[at.srbStatus] = SrbStatus.invalidLun;
      return;
    case "busy":
      out[at.srbStatus] = SrbStatus.success;
      out[at.scsiStatus] = ScsiStatus.busy;
      return;
    case "notReady":
      out[at.srbStatus] = SrbStatus.error;
      return;
    default:
      unreachable(result);
  }
}

/** The answer to anything that is no SCSI request: a status, and zeros. */
export function plainReply(status: StorNtStatus): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(storPacketBytes);
  writeHeader(out, status);
  return out;
}

/** The answer to `queryProperties`: one channel, and how much a request may carry. */
export function propertiesReply(): Uint8Array<ArrayBuffer> {
  return StorPropertiesPacket.bytes({
    operation: StorOperation.completeIo,
    flags: 0,
    status: StorNtStatus.success,
    reserved1: 0,
    maxSubChannels: 0,
    reserved2: 0,
    propertyFlags: 0,
    maxTransferBytes: storMaxTransfer,
    reserved3: 0n,
    reserved4: new Uint8Array(28),
  });
}

/** A packet of the host's own accord. */
export function noticePacket(operation: StorOperation): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(storPacketBytes);
  writeU32(out, StorHeader.at.operation, operation);
  return out;
}

/** Reads a little-endian field without a view of its own. */
export function readU32(bytes: Uint8Array, from: number): number {
  const low = (bytes[from] ?? 0) | ((bytes[from + 1] ?? 0) << 8) | ((bytes[from + 2] ?? 0) << 16);
  return (low | ((bytes[from + 3] ?? 0) << 24)) >>> 0;
}

function writeHeader(out: Uint8Array, status: StorNtStatus): void {
  writeU32(out, StorHeader.at.operation, StorOperation.completeIo);
  writeU32(out, StorHeader.at.flags, 0);
  writeU32(out, StorHeader.at.status, status);
}

function writeU32(out: Uint8Array, to: number, value: number): void {
  out[to] = value;
  out[to + 1] = value >>> 8;
  out[to + 2] = value >>> 16;
  out[to + 3] = value >>> 24;
}
