import { IcFlag, IcHeader, IcMessage, IcNegotiate, IcVersion, icFrameworks } from "../../hvdef/index.ts";
import type { AnyBytes } from "../../support/index.ts";

/** What guest and host have agreed on. */
export interface IcVersions {
  readonly framework: IcVersion;
  readonly message: IcVersion;
}

/** What a message says beside its body. */
export interface IcHead {
  readonly versions: IcVersions;
  readonly message: IcMessage;
  /** 0 to 255. */
  readonly transaction: number;
}

/** An answer of the guest. */
export interface IcAnswer {
  readonly message: number;
  readonly transaction: number;
  readonly status: number;
  /** All bytes behind the header, whatever the header says of them; valid during the call. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Before anything is agreed on, headers say the best framework and no version of the messages. */
const beforeAgreement: IcVersions = {
  framework: { major: 3, minor: 0 },
  message: { major: 3, minor: 0 },
};

/** Bytes of the header before those that `pipeLength` counts. */
const pipeBytes = 8;

/** A request. */
export function icRequest(
  { versions, message, transaction }: IcHead,
  body: AnyBytes,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(IcHeader.size + body.length);
  IcHeader.write(new DataView(out.buffer), 0, {
    pipeFlags: 1,
    pipeLength: out.length - pipeBytes,
    frameworkMajor: versions.framework.major,
    frameworkMinor: versions.framework.minor,
    messageType: message,
    messageMajor: versions.message.major,
    messageMinor: versions.message.minor,
    bodyLength: body.length,
    status: 0,
    transaction,
    flags: IcFlag.transaction | IcFlag.request,
    reserved: 0,
  });
  out.set(body, IcHeader.size);
  return out;
}

/** Reads a packet of the guest, of any length and contents. `null`: it is no answer. */
export function readIcAnswer(packet: Uint8Array<ArrayBuffer>): IcAnswer | null {
  if (packet.length < IcHeader.size) return null;
  const head = IcHeader.read(viewOf(packet));
  if ((head.flags & IcFlag.response) === 0) return null;
  const { messageType: message, transaction, status } = head;
  return { message, transaction, status, body: packet.subarray(IcHeader.size) };
}

/** Asks which versions the guest speaks, of the framework and of the service. */
export function icNegotiation(messages: readonly IcVersion[], transaction: number): Uint8Array<ArrayBuffer> {
  const versions = [...icFrameworks, ...messages];
  const body = new Uint8Array(IcNegotiate.size + versions.length * IcVersion.size);
  const view = new DataView(body.buffer);
  IcNegotiate.write(view, 0, {
    frameworkCount: icFrameworks.length,
    messageCount: messages.length,
    reserved: 0,
  });
  for (const [place, one] of versions.entries())
    IcVersion.write(view, IcNegotiate.size + place * IcVersion.size, one);
  return icRequest({ versions: beforeAgreement, message: IcMessage.negotiate, transaction }, body);
}

/** What the guest chose; `null` when it is nothing we have named, or it found nothing that fits. */
export function agreedVersions(
  body: Uint8Array<ArrayBuffer>,
  messages: readonly IcVersion[],
): IcVersions | null {
  if (body.length < IcNegotiate.size + 2 * IcVersion.size) return null;
  const view = viewOf(body);
  const { frameworkCount, messageCount } = IcNegotiate.read(view);
  if (frameworkCount !== 1 || messageCount !== 1) return null;
  const framework = named(icFrameworks, IcVersion.read(view, IcNegotiate.size));
  const message = named(messages, IcVersion.read(view, IcNegotiate.size + IcVersion.size));
  return framework === null || message === null ? null : { framework, message };
}

function named(ours: readonly IcVersion[], chosen: IcVersion): IcVersion | null {
  return ours.find(({ major, minor }) => major === chosen.major && minor === chosen.minor) ?? null;
}

/** A view of just these bytes. */
export function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
