import {
  maxTransfer,
  SrbDirection,
  SrbStatus,
  StorFlag,
  StorOperation,
  StorSrbPacket,
} from "../../../hvdef/index.ts";
import type { EngineDisk } from "../../../vid/index.ts";

/** The emulated disk's line to the parent. Requests are answered once each, in any order. */
export interface DiskLine {
  /**
   * @param data  bytes that flow to the parent; copied during the call
   * @param room  most bytes that may flow back
   * @param done  the answer's payload and data, views valid during the call only; `null` when the line is gone
   */
  request(
    payload: Uint8Array<ArrayBuffer>,
    data: Uint8Array<ArrayBuffer>,
    room: number,
    done: (answer: { readonly payload: Uint8Array; readonly data: Uint8Array } | null) => void,
  ): void;
}

/** What the emulated disk did so far. */
export interface IdeCounters {
  reads: number;
  writes: number;
  bytesRead: number;
  bytesWritten: number;
  errors: number;
}

const sector = 512;
const read10 = 0x28;
const write10 = 0x2a;
const cdbBytes = 10;
const timeoutSeconds = 60;

/**
 * The contents of an emulated IDE disk, served by the parent through the same requests that the synthetic
 * controller makes. Requests larger than one record go in pieces, one after the other.
 */
export function ideDiskContents(
  about: { readonly byteLength: number; readonly firstSector: Uint8Array<ArrayBuffer> },
  line: DiskLine,
): { disk: EngineDisk; counters: IdeCounters } {
  const counters: IdeCounters = { reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0, errors: 0 };
  const none = new Uint8Array(0);

  function read(at: number, length: number, done: (bytes: Uint8Array<ArrayBuffer> | null) => void): void {
    counters.reads++;
    const whole = new Uint8Array(length);
    function next(from: number): void {
      if (from >= length) {
        counters.bytesRead += length;
        done(whole);
        return;
      }
      const size = Math.min(maxTransfer, length - from);
      line.request(srb(read10, at + from, size), none, size, (answer) => {
        if (answer === null || !succeeded(answer.payload) || answer.data.length < size) {
          counters.errors++;
          done(null);
          return;
        }
        whole.set(answer.data.subarray(0, size), from);
        next(from + size);
      });
    }
    next(0);
  }

  function write(at: number, bytes: Uint8Array<ArrayBuffer>, done: (ok: boolean) => void): void {
    counters.writes++;
    // The engine reuses its buffer as soon as this call returns.
    const own = bytes.length > maxTransfer ? bytes.slice() : bytes;
    function next(from: number): void {
      if (from >= own.length) {
        counters.bytesWritten += own.length;
        done(true);
        return;
      }
      const size = Math.min(maxTransfer, own.length - from);
      line.request(srb(write10, at + from, size), own.subarray(from, from + size), 0, (answer) => {
        if (answer !== null && succeeded(answer.payload)) return next(from + size);
        counters.errors++;
        done(false);
      });
    }
    next(0);
  }
  return { disk: { byteLength: about.byteLength, firstSector: about.firstSector, read, write }, counters };
}

function succeeded(packet: Uint8Array): boolean {
  return packet[StorSrbPacket.at.srbStatus] === SrbStatus.success;
}

/** A READ(10) or WRITE(10) for whole sectors. @sbc4 5.11, 5.32 */
function srb(operation: number, at: number, length: number): Uint8Array<ArrayBuffer> {
  const cdb = new Uint8Array(20);
  const view = new DataView(cdb.buffer);
  view.setUint8(0, operation);
  view.setUint32(2, at / sector, false);
  view.setUint16(7, length / sector, false);
  return StorSrbPacket.bytes({
    operation: StorOperation.executeSrb,
    flags: StorFlag.completionRequested,
    status: 0,
    length: 52,
    srbStatus: 0,
    scsiStatus: 0,
    port: 0,
    path: 0,
    target: 0,
    lun: 0,
    cdbLength: cdbBytes,
    senseLength: 20,
    direction: operation === read10 ? SrbDirection.read : SrbDirection.write,
    reserved1: 0,
    transferLength: length,
    cdbOrSense: cdb,
    reserved2: 0,
    queueTag: 0,
    queueAction: 0,
    srbFlags: 0,
    timeout: timeoutSeconds,
    sortKey: 0,
  });
}
