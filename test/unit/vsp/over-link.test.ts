import { expect, test } from "vitest";
import { LinkFlag, LinkKind, LinkOpen, StorSrbPacket } from "../../../src/hvdef/index.ts";
import { ramDisk } from "../../../src/storage/index.ts";
import { type Link, loopbackCarriers, openEndpoints, openLink } from "../../../src/vmbus/index.ts";
import { ideDisk } from "../../../src/vsp/index.ts";

const channel = 0x10000;

interface Record {
  readonly kind: number;
  readonly transaction?: number;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly data?: Uint8Array<ArrayBuffer>;
  readonly dataRoom?: number;
}

function put(link: Link, record: Record): void {
  const data = record.data ?? new Uint8Array(0);
  const { bytes, payloadAt, dataAt } = link.reserve({
    channel,
    kind: record.kind,
    flags: LinkFlag.wantsCompletion,
    transactionLow: record.transaction ?? 0,
    transactionHigh: 0,
    payloadLength: record.payload.length,
    dataLength: data.length,
    dataRoom: record.dataRoom ?? data.length,
  });
  bytes.set(record.payload, payloadAt);
  bytes.set(data, dataAt);
  link.commit(data.length);
}

function srb(direction: number, cdb: readonly number[], length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(64);
  const at = StorSrbPacket.at;
  out[at.operation] = 3;
  out[at.direction] = direction;
  new DataView(out.buffer).setUint32(at.transferLength, length, true);
  out.set(cdb, at.cdbOrSense);
  return out;
}

test("over a real link: bytes come back in the batch, refusals without data, all of them once", () => {
  const deliveries: (() => void)[] = [];
  const carriers = loopbackCarriers((deliver) => deliveries.push(deliver));
  const child = openLink(carriers.child);
  using parent = openEndpoints(openLink(carriers.parent), (flush) => deliveries.push(flush));
  parent.attach(channel, ideDisk({ disk: ramDisk(4 << 20), id: new Uint8Array(16) }));
  const answers: { transaction: number; srb: number; data: Uint8Array }[] = [];
  child.receive(() =>
    child.read((record) => {
      const { bytes, payloadAt, dataAt, dataLength, transactionLow } = record;
      expect([record.kind, record.payloadLength]).toEqual([LinkKind.complete, 64]);
      const srbStatus = bytes[payloadAt + StorSrbPacket.at.srbStatus] ?? 0;
      const data = bytes.slice(dataAt, dataAt + dataLength);
      answers.push({ transaction: transactionLow, srb: srbStatus, data });
    }),
  );

  const data = new Uint8Array(1 << 20).fill(0x5a);
  put(child, { kind: LinkKind.opened, payload: LinkOpen.bytes({ version: 0, ringBytes: 0 }) });
  const write = srb(0, [0x2a, 0, 0, 0, 0, 8, 0, 8, 0, 0], data.length);
  put(child, { kind: LinkKind.request, transaction: 1, payload: write, data });
  const read = srb(1, [0x28, 0, 0, 0, 0, 8, 0, 8, 0, 0], data.length);
  put(child, { kind: LinkKind.request, transaction: 2, payload: read, dataRoom: data.length });
  const beyond = srb(1, [0x28, 0, 0xff, 0, 0, 0, 0, 0, 1, 0], 512);
  put(child, { kind: LinkKind.request, transaction: 3, payload: beyond, dataRoom: 512 });
  child.flush();
  for (let next = deliveries.shift(); next !== undefined; next = deliveries.shift()) next();

  expect(answers.map(({ transaction, srb }) => [transaction, srb])).toEqual([
    [1, 0x01],
    [2, 0x01],
    [3, 0x84],
  ]);
  expect(answers.map((answer) => answer.data.length)).toEqual([0, 1 << 20, 0]);
  expect(Buffer.compare(answers[1]?.data ?? new Uint8Array(0), data)).toBe(0);
});
