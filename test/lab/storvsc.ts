import { expect } from "vitest";
import { SrbDirection, StorOperation, StorSrbPacket, StorVersionPacket } from "../../src/hvdef/index.ts";
import { type Disk, ramDisk, type ScsiUnit } from "../../src/storage/index.ts";
import type { Storvsp } from "../../src/vsp/index.ts";
import { type LabChannel, labChannel } from "./channel.ts";

/** Id of the units of a lab controller. */
export const labId = new Uint8Array(16).fill(7);
export const zeros = (length: number) => new Uint8Array(length);

/** A controller with these disks. Its map may be changed. */
export function controllerOf(...luns: [number, Disk][]): { luns: Map<number, ScsiUnit> } {
  return { luns: new Map(luns.map(([lun, disk]) => [lun, { disk, id: labId }])) };
}

/** A packet that is only an operation. */
export function plain(operation: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(64);
  new DataView(out.buffer).setUint32(0, operation, true);
  return out;
}

/** A question for a protocol version. */
export function version(value: number): Uint8Array<ArrayBuffer> {
  const head = { operation: StorOperation.queryProtocolVersion, flags: 1, status: 0 };
  return StorVersionPacket.bytes({ ...head, version: value, revision: 0, reserved: zeros(48) });
}

/** What a test says of a SCSI request; the rest is filled in. */
export interface Srb {
  readonly cdb: readonly number[];
  readonly lun?: number;
  readonly target?: number;
  readonly path?: number;
  readonly direction?: number;
  readonly length?: number;
}

/** A packet with a SCSI request. */
export function srb(wanted: Srb): Uint8Array<ArrayBuffer> {
  return StorSrbPacket.bytes({
    operation: StorOperation.executeSrb,
    flags: 1,
    status: 0,
    length: 52,
    srbStatus: 0,
    scsiStatus: 0,
    port: 0,
    path: wanted.path ?? 0,
    target: wanted.target ?? 0,
    lun: wanted.lun ?? 0,
    cdbLength: wanted.cdb.length,
    senseLength: 20,
    direction: wanted.direction ?? SrbDirection.read,
    reserved1: 0,
    transferLength: wanted.length ?? 0,
    cdbOrSense: Uint8Array.from(wanted.cdb),
    reserved2: 0,
    queueTag: 0xff,
    queueAction: 0x20,
    srbFlags: 0,
    timeout: 60,
    sortKey: 0,
  });
}

/** READ(10) of blocks 0 to 255. */
export function read10(lba: number, blocks: number, at: Partial<Srb> = {}): Uint8Array<ArrayBuffer> {
  return srb({ cdb: [0x28, 0, 0, 0, 0, lba, 0, 0, blocks, 0], length: blocks * 512, ...at });
}

/** WRITE(10) of blocks 0 to 255. `through`: to the medium at once. */
export function write10(
  lba: number,
  blocks: number,
  at: Partial<Srb> & { readonly through?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const cdb = [0x2a, at.through ? 8 : 0, 0, 0, 0, lba, 0, 0, blocks, 0];
  return srb({ cdb, direction: SrbDirection.write, length: blocks * 512, ...at });
}

/** The fields of an answer, checked for what every answer has. */
export function seen(answer: { payload: Uint8Array<ArrayBuffer> }) {
  expect(answer.payload.length).toBe(64);
  const fields = StorSrbPacket.read(new DataView(answer.payload.buffer));
  expect(fields.operation).toBe(StorOperation.completeIo);
  expect(fields.flags).toBe(0);
  return fields;
}

/** A lab channel whose guest has negotiated. */
export function ready(owner: Storvsp): LabChannel {
  const lab = labChannel(owner);
  lab.open();
  const packets = [
    plain(StorOperation.beginInitialization),
    version(0x0602),
    plain(StorOperation.queryProperties),
    plain(StorOperation.endInitialization),
  ];
  for (const payload of packets) expect(seen(lab.ask({ payload })).status).toBe(0);
  return lab;
}

/** A RAM disk whose ranges must be waited for; the test says when they have come. */
export function slowDisk(byteLength: number) {
  const arrivals: (() => void)[] = [];
  const disk: Disk = {
    ...ramDisk(byteLength),
    prepare: () => new Promise((resolve) => arrivals.push(resolve)),
  };
  return {
    disk,
    arrivals,
    async arrive() {
      for (const resolve of arrivals.splice(0)) resolve();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

/** A RAM disk whose store has room for so many writes, flushes and unmaps; the rest is refused for space. */
export function tightDisk(byteLength: number) {
  const inner = ramDisk(byteLength);
  let left = Number.POSITIVE_INFINITY;
  const spend = () => left-- > 0;
  const disk: Disk = {
    ...inner,
    write: (at, from) => (spend() ? inner.write(at, from) : "noSpace"),
    unmap: (at, length) => (spend() ? inner.unmap(at, length) : "noSpace"),
    flush: () => (spend() ? inner.flush() : "noSpace"),
  };
  return {
    disk,
    /** From now on so many go through. */
    room(count: number) {
      left = count;
    },
  };
}
