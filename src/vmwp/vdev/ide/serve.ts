import {
  type DriveMedium,
  maxTransfer,
  ScsiStatus,
  SrbDirection,
  SrbStatus,
  StorFlag,
  StorOperation,
  StorSrbPacket,
} from "../../../hvdef/index.ts";
import type { DriveContents } from "../../../vid/index.ts";

/** An emulated drive's line to the parent. Requests are answered once each, in any order. */
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

/** What an emulated drive did so far. */
export interface DriveCounters {
  reads: number;
  writes: number;
  flushes: number;
  bytesRead: number;
  bytesWritten: number;
  errors: number;
}

/** What is in an emulated drive, served by the parent. */
export interface ServedContents extends DriveContents {
  /** The medium was taken out: every answer from now on is a medium error. */
  withdraw(): void;
}

const sector = 512;
const read10 = 0x28;
const write10 = 0x2a;
const synchronizeCache10 = 0x35;
const cdbBytes = 10;
const timeoutSeconds = 60;

/** Counters at zero. */
export function freshDriveCounters(): DriveCounters {
  return { reads: 0, writes: 0, flushes: 0, bytesRead: 0, bytesWritten: 0, errors: 0 };
}

/**
 * The contents of an emulated drive, served by the parent through the same requests that the synthetic
 * controller makes. Requests larger than one record go in pieces, one after the other.
 *
 * @param counters  the drive's, over all its media
 */
export function servedContents(medium: DriveMedium, line: DiskLine, counters: DriveCounters): ServedContents {
  const none = new Uint8Array(0);
  let gone = false;

  /** One request; `null` when the parent, the line or the medium failed it. */
  function ask(
    request: {
      readonly srb: Uint8Array<ArrayBuffer>;
      readonly data: Uint8Array<ArrayBuffer>;
      readonly room: number;
    },
    done: (data: Uint8Array | null) => void,
  ): void {
    line.request(request.srb, request.data, request.room, (answer) => {
      const good =
        !gone && answer !== null && succeeded(answer.payload) && answer.data.length >= request.room;
      if (!good) counters.errors++;
      done(good ? answer.data : null);
    });
  }

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
      ask({ srb: srb(read10, at + from, size), data: none, room: size }, (data) => {
        if (data === null) return done(null);
        whole.set(data.subarray(0, size), from);
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
      const data = own.subarray(from, from + size);
      ask({ srb: srb(write10, at + from, size), data, room: 0 }, (answer) => {
        if (answer === null) done(false);
        else next(from + size);
      });
    }
    next(0);
  }

  function flush(done: (ok: boolean) => void): void {
    counters.flushes++;
    ask({ srb: srb(synchronizeCache10, 0, 0), data: none, room: 0 }, (answer) => done(answer !== null));
  }

  return {
    byteLength: medium.byteLength,
    readOnly: medium.readOnly,
    read,
    write,
    flush,
    withdraw() {
      gone = true;
    },
  };
}

/** BUSY comes with a successful request: the status of the device itself tells. */
function succeeded(packet: Uint8Array): boolean {
  const { srbStatus, scsiStatus } = StorSrbPacket.at;
  return packet[srbStatus] === SrbStatus.success && packet[scsiStatus] === ScsiStatus.good;
}

/** Which way the data of a command flows. */
const directions: Readonly<Record<number, number>> = {
  [read10]: SrbDirection.read,
  [write10]: SrbDirection.write,
};

/** A READ(10), WRITE(10) or SYNCHRONIZE CACHE(10) for whole sectors. @sbc4 5.11, 5.32, 5.22 */
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
    direction: directions[operation] ?? SrbDirection.none,
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
