import {
  IcBackup,
  IcFlag,
  IcHeader,
  IcKvpPair,
  IcMessage,
  IcNegotiate,
  IcStatus,
  IcVersion,
  type IntegrationService,
} from "../../src/hvdef/index.ts";
import type { ChannelOwner } from "../../src/vmbus/index.ts";
import { type LabChannel, labChannel } from "./channel.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** One service in a guest, as hv_utils serves it: every packet is answered in place. */
export interface LabUtility {
  readonly lab: LabChannel;
  /** What the host has asked and nobody has looked at. */
  requests(): readonly Bytes[];
  /** Answers the oldest request. @param change  fills in the body and gives the status; 0 when it gives none */
  answer(change?: (body: Bytes) => number | undefined): void;
  /** Answers the negotiation with the host's best versions, or with these. */
  negotiate(message?: readonly [number, number], framework?: readonly [number, number]): void;
}

const view = (bytes: Bytes): DataView<ArrayBuffer> =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Body of a message. */
export const bodyOf = (packet: Bytes): Bytes => packet.subarray(IcHeader.size);
/** Header of a message. */
export const headOf = (packet: Bytes): IcHeader => IcHeader.read(view(packet));

/** A guest's end of one service. It has opened the channel and answers nothing by itself. */
export function labUtility(owner: ChannelOwner): LabUtility {
  const lab = labChannel(owner);
  lab.open();
  let looked = 0;
  const requests = () => lab.sent.slice(looked);

  function answer(change: (body: Bytes) => number | undefined = () => undefined): void {
    const [request] = requests();
    if (request === undefined) throw new Error("the host has asked nothing");
    looked++;
    const reply = request.slice();
    const status = change(bodyOf(reply)) ?? IcStatus.ok;
    view(reply).setUint32(IcHeader.at.status, status, true);
    reply[IcHeader.at.flags] = IcFlag.transaction | IcFlag.response;
    lab.request({ payload: reply, wantsCompletion: false });
  }
  function negotiate(message?: readonly [number, number], framework = [3, 0] as readonly [number, number]) {
    answer((body) => {
      const at = IcNegotiate.size;
      const count = IcNegotiate.read(view(body)).frameworkCount;
      const [major, minor] = message ?? [
        view(body).getUint16(at + count * IcVersion.size, true),
        view(body).getUint16(at + count * IcVersion.size + 2, true),
      ];
      IcNegotiate.write(view(body), 0, { frameworkCount: 1, messageCount: 1, reserved: 0 });
      IcVersion.write(view(body), at, { major: framework[0], minor: framework[1] });
      IcVersion.write(view(body), at + IcVersion.size, { major, minor });
      return undefined;
    });
  }
  return { lab, requests, answer, negotiate };
}

const text = (bytes: Bytes): string => new TextDecoder("utf-16le").decode(bytes).replace(/\0[\s\S]*$/, "");

function writeText(target: Bytes, value: string): number {
  target.fill(0);
  for (const [place, letter] of [...value].entries()) {
    target[place * 2] = letter.charCodeAt(0) & 0xff;
    target[place * 2 + 1] = letter.charCodeAt(0) >> 8;
  }
  return (value.length + 1) * 2;
}

/** The pools of a guest whose daemon runs, by number. */
export type LabPools = Map<number, Map<string, string>>;

/** Answers one request as hv_kvp_daemon would. */
export function answerKvp(pools: LabPools, body: Bytes): number {
  const [operation = 0, pool = 0] = body;
  const items = pools.get(pool) ?? new Map<string, string>();
  pools.set(pool, items);
  const words = view(body);
  if (operation === 3) {
    const found = [...items][words.getUint32(4, true)];
    if (found === undefined) return IcStatus.noMoreItems;
    const at = 8;
    words.setUint32(at, 1, true);
    const key = body.subarray(at + IcKvpPair.at.key, at + IcKvpPair.at.value);
    const value = body.subarray(at + IcKvpPair.at.value, at + IcKvpPair.size);
    words.setUint32(at + IcKvpPair.at.keyBytes, writeText(key, found[0]), true);
    words.setUint32(at + IcKvpPair.at.valueBytes, writeText(value, found[1]), true);
    return IcStatus.ok;
  }
  if (operation === 1) {
    const { key, value } = IcKvpPair.read(words, 4);
    items.set(text(key), text(value));
    return IcStatus.ok;
  }
  const key = text(body.subarray(8, 8 + words.getUint32(4, true)));
  return items.delete(key) ? IcStatus.ok : IcStatus.noMoreItems;
}

/** All services in a guest, answering as Linux with its daemons does whenever `run` is called. */
export interface LabUtilities {
  readonly at: Readonly<Record<IntegrationService, LabUtility>>;
  readonly pools: LabPools;
  /** Operations of backup, in order. */
  readonly backup: number[];
  /** Answers everything that is asked, and what is asked because of it. */
  run(except?: readonly IntegrationService[]): void;
}

/** A guest with all services. */
export function labUtilities(owner: (service: IntegrationService) => ChannelOwner): LabUtilities {
  const at = {
    heartbeat: labUtility(owner("heartbeat")),
    shutdown: labUtility(owner("shutdown")),
    timeSync: labUtility(owner("timeSync")),
    keyValuePair: labUtility(owner("keyValuePair")),
    backup: labUtility(owner("backup")),
  };
  const pools: LabPools = new Map([[2, new Map([["OSName", "Debian"]])]]);
  const backup: number[] = [];

  function reply(service: IntegrationService, body: Bytes): number | undefined {
    switch (service) {
      case "heartbeat":
        view(body).setBigUint64(0, view(body).getBigUint64(0, true) + 1n, true);
        return undefined;
      case "keyValuePair":
        return answerKvp(pools, body);
      case "backup":
        backup.push(body[IcBackup.at.operation] ?? 0);
        return undefined;
      case "shutdown":
      case "timeSync":
        return undefined;
    }
  }
  return {
    at,
    pools,
    backup,
    run(except = []) {
      for (const service of ["heartbeat", "shutdown", "timeSync", "keyValuePair", "backup"] as const) {
        if (except.includes(service)) continue;
        const utility = at[service];
        for (let [request] = utility.requests(); request !== undefined; [request] = utility.requests()) {
          if (headOf(request).messageType === IcMessage.negotiate) utility.negotiate();
          else utility.answer((body) => reply(service, body));
        }
      }
    },
  };
}
