import {
  GuestFileAnswer,
  GuestFileHead,
  guestAnswerBytes,
  guestFileBytes,
  guestFileMagic,
  guestFileNameBytes,
} from "../../hvdef/index.ts";
import type { Steps } from "../../storage/index.ts";
import { type AnyBytes, crc32, HvError } from "../../support/index.ts";
import { receivedNameFault } from "./file-name.ts";
import type { ReceivedStore } from "./received.ts";
import type { SocketStream } from "./socket-stream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file of the visitor that goes to a guest. Name and folder were checked. */
export interface OutgoingFile {
  readonly name: string;
  readonly folder: string;
  /** Exactly what the pieces have together; at most `guestFileBytes`. */
  readonly byteLength: number;
  readonly pieces: AsyncIterable<Bytes>;
}

/** Permission bits of a file in the guest: the visitor's device says nothing of any. */
const usualMode = 0o644;
/** Bytes of a guest's file that are read at once. */
const readBytes = 64 << 10;

interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Sends a file and waits for the guest's word.
 *
 * @param stream  a connection to the program that takes files; over in any case. Whoever gave it aborts it when the
 *                signal is aborted or nothing moves any more
 * @returns where the guest has put it. @throws HvError `guestFile.*`, or the signal's reason; the guest keeps nothing then
 */
export async function sendGuestFile(stream: SocketStream, file: OutgoingFile, steps: Steps): Promise<string> {
  const hearing = hear(stream);
  try {
    steps.signal.throwIfAborted();
    await sendContents(stream, file, { steps, answered: hearing.isThere });
    const answer = await hearing.answer;
    if (!answer.ok) throw refused(file.name, answer.text);
    stream.end();
    // It says nothing more; what it has, it has, whatever becomes of the connection.
    await stream.read(1).catch(() => {});
    return answer.text;
  } catch (failure) {
    steps.signal.throwIfAborted();
    // A guest that has refused and closed says more by its answer than the broken connection does.
    const answer = hearing.isThere() ? await hearing.answer : null;
    throw answer === null || answer.ok ? failure : refused(file.name, answer.text);
  } finally {
    stream.abort();
  }
}

/** Waits for the answer, which may come at any time. */
function hear(stream: SocketStream): { readonly answer: Promise<Answer>; isThere(): boolean } {
  let there = false;
  const answer = readAnswer(stream).then((heard) => {
    there = true;
    return heard;
  });
  answer.catch(() => {});
  return { answer, isThere: () => there };
}

async function sendContents(
  stream: SocketStream,
  file: OutgoingFile,
  watched: { readonly steps: Steps; answered(): boolean },
): Promise<void> {
  const { name, folder, byteLength } = file;
  const [nameBytes, folderBytes] = [name, folder].map((text) => new TextEncoder().encode(text));
  if (nameBytes === undefined || folderBytes === undefined) return;
  const lengths = { nameBytes: nameBytes.length, folderBytes: folderBytes.length };
  const head = { magic: guestFileMagic, mode: usualMode, byteLength: BigInt(byteLength), reserved: 0 };
  await stream.write(GuestFileHead.bytes({ ...head, ...lengths }));
  await stream.write(folderBytes);
  await stream.write(nameBytes);
  let crc = 0;
  let sent = 0;
  for await (const piece of file.pieces) {
    sent += piece.length;
    if (sent > byteLength) break;
    crc = crc32(piece, crc);
    for (let at = 0; at < piece.length; at += readBytes) {
      await stream.write(piece.subarray(at, at + readBytes));
      if (watched.answered()) return;
      await watched.steps.step(sent - piece.length + Math.min(piece.length, at + readBytes), byteLength + 1);
    }
  }
  if (sent !== byteLength)
    throw new HvError("guestFile.changed", `${name} changed while it was read. Try it again.`);
  const end = new Uint8Array(4);
  new DataView(end.buffer).setUint32(0, crc, true);
  await stream.write(end);
}

function refused(name: string, text: string): HvError {
  return new HvError("guestFile.refused", `The guest did not take ${name}: ${text}.`);
}

async function readAnswer(stream: SocketStream): Promise<Answer> {
  const head = await readExactly(stream, GuestFileAnswer.size);
  const { status, textBytes } = GuestFileAnswer.read(viewOf(head));
  const text = await readExactly(stream, Math.min(textBytes, guestAnswerBytes));
  return { ok: status === 0, text: shown(text) };
}

/** A guest's text, without what could disturb whoever reads it. */
function shown(bytes: AnyBytes): string {
  const text = new TextDecoder().decode(Uint8Array.from(bytes));
  return text.replaceAll(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, "?");
}

async function readExactly(stream: SocketStream, length: number): Promise<Bytes> {
  const whole = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const piece = await stream.read(length - at);
    if (piece === null) throw brokenOff();
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function brokenOff(): HvError {
  return new HvError("guestFile.cut", "The guest ended the connection before it was through.");
}

/**
 * Takes one file of a guest into the store and answers it; never rejects. The guest's every word is checked.
 *
 * @returns the name it is listed under; `null` when it was not taken
 */
export async function receiveGuestFile(
  stream: SocketStream,
  store: ReceivedStore,
  from: Omit<Parameters<ReceivedStore["begin"]>[0], "name">,
): Promise<string | null> {
  try {
    const outcome = await receive(stream, store, from);
    const text = new TextEncoder().encode(outcome.text);
    const status = outcome.ok ? 0 : 1;
    await stream.write(GuestFileAnswer.bytes({ status, textBytes: text.length }));
    await stream.write(text);
    stream.end();
    // What the guest still sends of a file that was refused goes nowhere; it stops when it has read the answer.
    while ((await stream.read(readBytes)) !== null);
    return outcome.ok ? outcome.text : null;
  } catch {
    // The connection broke off: there is nobody to tell.
    stream.abort();
    return null;
  }
}

async function receive(
  stream: SocketStream,
  store: ReceivedStore,
  from: Omit<Parameters<ReceivedStore["begin"]>[0], "name">,
): Promise<Answer> {
  const head = GuestFileHead.read(viewOf(await readExactly(stream, GuestFileHead.size)));
  const { magic, byteLength, nameBytes, folderBytes } = head;
  if (magic !== guestFileMagic) return { ok: false, text: "this is no file of tabvisor-guest" };
  if (nameBytes > guestFileNameBytes || folderBytes !== 0) return { ok: false, text: "the name is too long" };
  if (byteLength > BigInt(Math.min(guestFileBytes, store.free())))
    return {
      ok: false,
      text: `the host keeps files of guests in memory and has room for ${Math.floor(store.free() / 2 ** 20)} MiB`,
    };
  const name = new TextDecoder().decode(await readExactly(stream, nameBytes));
  const fault = receivedNameFault(name);
  if (fault !== null) return { ok: false, text: fault };
  return take(stream, { store, name, from, byteLength: Number(byteLength) });
}

async function take(
  stream: SocketStream,
  file: {
    readonly store: ReceivedStore;
    readonly name: string;
    readonly from: Omit<Parameters<ReceivedStore["begin"]>[0], "name">;
    readonly byteLength: number;
  },
): Promise<Answer> {
  const { store, name, from, byteLength } = file;
  const receipt = store.begin({ ...from, name });
  try {
    let crc = 0;
    for (let left = byteLength; left > 0; ) {
      const piece = await stream.read(Math.min(left, readBytes));
      if (piece === null) throw brokenOff();
      crc = crc32(piece, crc);
      if (!receipt.add(piece)) return { ok: false, text: "the host has no memory left for files of guests" };
      left -= piece.length;
    }
    const told = viewOf(await readExactly(stream, 4)).getUint32(0, true);
    if (told !== crc) return { ok: false, text: "what arrived is not what was sent" };
    if (!receipt.keep()) return { ok: false, text: "the host keeps too many files of guests already" };
    return { ok: true, text: name };
  } finally {
    receipt.drop();
  }
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
