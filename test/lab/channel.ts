import type { ChannelId } from "../../src/hvdef/index.ts";
import type { Channel, ChannelHandlers, ChannelOwner } from "../../src/vmbus/channel.ts";

/** One completion as the guest would see it. */
export interface LabAnswer {
  readonly transactionId: bigint;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** What a test says of a packet; the rest is filled in. */
export interface LabRequest {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly data?: Uint8Array<ArrayBuffer>;
  readonly dataRoom?: number;
  readonly wantsCompletion?: boolean;
  readonly transactionId?: bigint;
}

/** A transfer as the child would see it. */
export interface LabTransfer {
  readonly buffer: number;
  readonly transactionId: number;
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Bytes of each range; what the owner wrote until the transfer was looked at. */
  readonly ranges: { readonly offset: number; readonly bytes: Uint8Array<ArrayBuffer> }[];
}

/** A channel in memory with an owner on one end and the test on the other. */
export interface LabChannel {
  readonly channel: Channel;
  readonly answers: LabAnswer[];
  readonly sent: Uint8Array<ArrayBuffer>[];
  /** Words to the device beside the guest. */
  readonly told: Uint8Array<ArrayBuffer>[];
  readonly transfers: LabTransfer[];
  /** Named buffers: page list and bytes of a section. */
  readonly buffers: Map<number, { readonly gpadl: number; readonly sectionBytes: number }>;
  /** The device beside the guest says something. */
  note(payload: Uint8Array<ArrayBuffer>): void;
  /** The guest is done with a transfer. */
  taken(transactionId: number, payload?: Uint8Array<ArrayBuffer>, lost?: boolean): void;
  /** Opens the channel, closing it first when it is open. */
  open(): void;
  close(): void;
  /** Sends a packet; a closed channel drops it. Its views are destroyed when the handler returns, as the real ones are. */
  request(request: LabRequest): bigint;
  /** Sends a packet and answers its completion. @throws when there is not exactly one already */
  ask(request: LabRequest): LabAnswer;
}

/**
 * Connects an owner to a channel in memory. As with the real one the owner is called for every opening.
 * Unlike it, the channel does not shield the guest from answers of an earlier opening: a test must see them.
 *
 * @param ranges  most of them in one transfer; few, so that a test meets the end of a packet
 */
export function labChannel(owner: ChannelOwner, ranges = 2): LabChannel {
  const answers: LabAnswer[] = [];
  const sent: Uint8Array<ArrayBuffer>[] = [];
  const told: Uint8Array<ArrayBuffer>[] = [];
  const transfers: LabTransfer[] = [];
  const buffers: LabChannel["buffers"] = new Map();
  /** Transfers that the guest has had, so that they cannot grow any more. */
  const gone = new Set<LabTransfer>();
  let open = false;
  let nextId = 1n;

  function begin(transactionId: bigint, payloadBytes: number, dataBytes: number) {
    // Rubbish, as a recycled batch buffer would hold.
    const payload = new Uint8Array(payloadBytes).fill(0xee);
    const data = new Uint8Array(dataBytes).fill(0xee);
    let ended = false;
    return {
      payload,
      data,
      end(dataLength: number) {
        if (ended) throw new Error("a completion was ended twice");
        if (dataLength > dataBytes) throw new Error("a completion carries more than it reserved");
        ended = true;
        if (open) answers.push({ transactionId, payload: payload.slice(), data: data.slice(0, dataLength) });
      },
    };
  }
  function beginTransfer(buffer: number, transactionId: number, payload: Uint8Array) {
    const room = Math.max(16384, (2 * 65536) / ranges);
    const bytes = new Uint8Array(ranges * room).fill(0xee);
    const transfer: LabTransfer = { buffer, transactionId, payload: Uint8Array.from(payload), ranges: [] };
    return {
      bytes,
      add(offset: number, length: number) {
        if (transfer.ranges.length === ranges || gone.has(transfer)) return -1;
        if (transfer.ranges.length === 0 && open) transfers.push(transfer);
        const at = transfer.ranges.length * room;
        transfer.ranges.push({ offset, bytes: bytes.subarray(at, at + length) });
        return at;
      },
    };
  }
  const channel: Channel = {
    id: 5 as ChannelId,
    opening: 1,
    begin,
    complete(transactionId, payload) {
      if (open) answers.push({ transactionId, payload: Uint8Array.from(payload), data: new Uint8Array(0) });
    },
    send(payload) {
      if (open) sent.push(Uint8Array.from(payload));
    },
    credit() {},
    tell(payload) {
      if (open) told.push(Uint8Array.from(payload));
    },
    nameBuffer: (buffer, gpadl, sectionBytes) => void buffers.set(buffer, { gpadl, sectionBytes }),
    forgetBuffer: (buffer) => void buffers.delete(buffer),
    beginTransfer,
    inspect: () => ({}),
  };
  let handlers: ChannelHandlers | null = null;

  function close(): void {
    handlers?.closed();
    handlers = null;
    open = false;
  }

  function request(wanted: LabRequest): bigint {
    const transactionId = wanted.transactionId ?? nextId++;
    const payload = wanted.payload.slice();
    const data = wanted.data?.slice() ?? new Uint8Array(0);
    const dataRoom = wanted.dataRoom ?? data.length;
    handlers?.request({
      transactionId,
      wantsCompletion: wanted.wantsCompletion ?? true,
      payload,
      data,
      dataRoom,
    });
    payload.fill(0xdd);
    data.fill(0xdd);
    return transactionId;
  }

  return {
    channel,
    answers,
    sent,
    told,
    transfers,
    buffers,
    note: (payload) => handlers?.noted?.(payload),
    taken(transactionId, payload = new Uint8Array(0), lost = false) {
      for (const transfer of transfers) if (transfer.transactionId === transactionId) gone.add(transfer);
      handlers?.taken?.(transactionId, payload.slice(), lost);
    },
    open() {
      close();
      buffers.clear();
      open = true;
      handlers = owner(channel);
      handlers.opened(0x50003, new Uint8Array(120));
    },
    close,
    request,
    ask(wanted) {
      const before = answers.length;
      const transactionId = request(wanted);
      const fresh = answers.slice(before);
      const [answer] = fresh;
      if (fresh.length !== 1 || answer === undefined || answer.transactionId !== transactionId) {
        throw new Error(`${fresh.length} answers for one request`);
      }
      return answer;
    },
  };
}
