import { describe, expect, it } from "vitest";
import { receivedBytes, type VmGuid } from "../../../src/hvdef/index.ts";
import { crc32, HvError } from "../../../src/support/index.ts";
import { folderFault, nameFault, receivedNameFault } from "../../../src/vmms/sockets/file-name.ts";
import { receiveGuestFile, sendGuestFile } from "../../../src/vmms/sockets/guest-file.ts";
import { openReceived } from "../../../src/vmms/sockets/received.ts";
import type { SocketStream } from "../../../src/vmms/sockets/socket-stream.ts";
import { joinBytes, words } from "../../lab/loopback-guest.ts";
import { streamPair } from "../../lab/stream-pair.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const vm = "id of web01" as VmGuid;
const from = { vm, vmName: "web01" };
const bytesOf = (text: string) => new TextEncoder().encode(text);
const contents = Uint8Array.from({ length: 200_000 }, (_, at) => at % 251);
const steps = { signal: new AbortController().signal, step: async () => {} };

/** Head, name and contents as `tabvisor-guest` sends them. */
function sentBy(
  name: string,
  bytes: Bytes,
  wrong: { crc?: number; magic?: number; length?: number } = {},
): Bytes {
  const names = bytesOf(name);
  const length = wrong.length ?? bytes.length;
  const head = words(wrong.magic ?? 0x31465654, 0o644, length, 0, names.length, 0);
  return joinBytes(head, names, bytes, words(wrong.crc ?? crc32(bytes)));
}

async function readAll(stream: SocketStream): Promise<Bytes> {
  const parts: Bytes[] = [];
  for (let piece = await stream.read(1000); piece !== null; piece = await stream.read(1000))
    parts.push(piece);
  return joinBytes(...parts);
}

/** The receiver's word: whether it took the file, and its text. */
function answerIn(bytes: Bytes): readonly [boolean, string] {
  const view = new DataView(bytes.buffer);
  return [
    view.getUint32(0, true) === 0,
    Buffer.from(bytes.subarray(8, 8 + view.getUint32(4, true))).toString(),
  ];
}

function openStore() {
  let changes = 0;
  const store = openReceived({ wallClock: () => 1234, changed: () => changes++ });
  return { store, changes: () => changes };
}

/** Lets a guest say these bytes, and answers what it heard. */
async function say(store: ReturnType<typeof openReceived>, bytes: Bytes, cut = false) {
  const [host, guest] = streamPair();
  const received = receiveGuestFile(host, store, from);
  const heard = cut ? Promise.resolve(new Uint8Array(8)) : readAll(guest);
  const writing = (async () => {
    for (let at = 0; at < bytes.length; at += 5000) await guest.write(bytes.subarray(at, at + 5000));
    if (cut) guest.abort();
    else guest.end();
  })();
  await writing.catch(() => {});
  return { name: await received, answer: answerIn(await heard) };
}

describe("a file of a guest", () => {
  it("is listed with its contents until it is forgotten", async () => {
    const { store, changes } = openStore();
    expect(await say(store, sentBy("notes.txt", contents))).toEqual({
      name: "notes.txt",
      answer: [true, "notes.txt"],
    });
    const [file] = store.list();
    expect(file).toEqual({ id: 1, ...from, name: "notes.txt", byteLength: contents.length, at: 1234 });
    expect(Buffer.concat([...store.contents(1).pieces]).equals(contents)).toBe(true);
    expect(store.free()).toBe(receivedBytes - contents.length);
    store.forget(1);
    expect([store.list(), store.free(), changes()]).toEqual([[], receivedBytes, 2]);
    expect(() => store.forget(1)).toThrow(HvError);
  });

  it("may be empty", async () => {
    const { store } = openStore();
    expect((await say(store, sentBy("empty", new Uint8Array(0)))).answer).toEqual([true, "empty"]);
  });

  it("that is not what was sent, or has a name no device can save, is refused and leaves no memory taken", async () => {
    const { store } = openStore();
    for (const [bytes, reason] of [
      [sentBy("a", contents, { crc: 1 }), "not what was sent"],
      [sentBy("a", contents, { magic: 7 }), "no file of tabvisor-guest"],
      [sentBy("../a", contents), "slashes"],
      [sentBy("..", contents), "needs a name"],
      [sentBy(".bashrc", contents), "a dot in front"],
      [sentBy("a\u202egnp.exe", contents), "slashes or control characters"],
      [sentBy("a\nb", contents), "control characters"],
      [sentBy("x".repeat(256), contents), "too long"],
      [sentBy("large", contents, { length: receivedBytes + 1 }), "room for 256 MiB"],
    ] as const)
      expect((await say(store, bytes)).answer).toEqual([false, expect.stringContaining(reason)]);
    expect([store.list(), store.free()]).toEqual([[], receivedBytes]);
  });

  it("that breaks off leaves nothing", async () => {
    const { store } = openStore();
    const whole = sentBy("cut", contents);
    for (const length of [3, 24, 26, 5000, whole.length - 1])
      expect((await say(store, whole.subarray(0, length), true)).name).toBeNull();
    expect([store.list(), store.free()]).toEqual([[], receivedBytes]);
  });

  it("is refused when there are too many, and when memory is used up meanwhile", async () => {
    const { store } = openStore();
    for (let at = 0; at < 100; at++) store.begin({ ...from, name: `${at}` }).keep();
    expect((await say(store, sentBy("one more", contents))).answer[1]).toContain("too many files");
    const full = openStore().store;
    const other = full.begin({ ...from, name: "other" });
    expect(other.add(new Uint8Array(receivedBytes - 1000))).toBe(true);
    expect(other.add(new Uint8Array(1001))).toBe(false);
    other.drop();
    expect(full.free()).toBe(receivedBytes);
  });
});

/** Plays the guest's program: takes everything, or answers early. */
async function playGuest(guest: SocketStream, early: { after: number; text: string } | null) {
  const parts: Bytes[] = [];
  let length = 0;
  const wanted = early === null ? 24 + 5 + 4 + contents.length + 4 : early.after;
  while (length < wanted) {
    const piece = await guest.read(wanted - length);
    if (piece === null) throw new Error("the host ended early");
    parts.push(piece);
    length += piece.length;
  }
  const text = bytesOf(early?.text ?? "/root/name");
  await guest.write(words(early === null ? 0 : 1, text.length));
  await guest.write(text);
  guest.end();
  await readAll(guest).catch(() => {});
  return joinBytes(...parts);
}

const file = (pieces: readonly Bytes[], byteLength = contents.length) => ({
  name: "name",
  folder: "/root",
  byteLength,
  pieces: (async function* () {
    yield* pieces;
  })(),
});

describe("a file for a guest", () => {
  it("arrives as the guest's program reads it", async () => {
    const [host, guest] = streamPair();
    const heard = playGuest(guest, null);
    const progress: number[] = [];
    const watched = { ...steps, step: async (done: number) => void progress.push(done) };
    const sent = sendGuestFile(
      host,
      file([contents.subarray(0, 150_000), contents.subarray(150_000)]),
      watched,
    );
    expect(await sent).toBe("/root/name");
    const bytes = await heard;
    const head = words(0x31465654, 0o644, contents.length, 0, 4 | (5 << 16), 0);
    expect(
      Buffer.compare(bytes, joinBytes(head, bytesOf("/rootname"), contents, words(crc32(contents)))),
    ).toBe(0);
    expect(progress).toEqual([65536, 131072, 150000, 200000]);
  });

  it("that the guest refuses, early or late, fails with its reason made harmless", async () => {
    for (const after of [24, 70_000, 24 + 5 + 4 + contents.length + 4]) {
      const [host, guest] = streamPair();
      const heard = playGuest(guest, { after, text: "the disk\u001b[2J is full" });
      await expect(sendGuestFile(host, file([contents]), steps)).rejects.toThrow(
        "The guest did not take name: the disk?[2J is full.",
      );
      await heard;
    }
  });

  it("that changes, is cancelled or whose connection breaks off fails, and ends the connection", async () => {
    const [host, guest] = streamPair();
    const heard = readAll(guest);
    await expect(sendGuestFile(host, file([contents.subarray(1)]), steps)).rejects.toThrow(
      "changed while it was read",
    );
    await expect(heard).rejects.toThrow("broken");

    const stop = new AbortController();
    const [other, silent] = streamPair();
    const sending = sendGuestFile(other, file([contents]), { ...steps, signal: stop.signal });
    stop.abort(new Error("cancelled"));
    other.abort();
    await expect(sending).rejects.toThrow("cancelled");
    await expect(readAll(silent)).rejects.toThrow("broken");

    const [cut, gone] = streamPair();
    const alone = sendGuestFile(cut, file([contents]), steps);
    gone.abort();
    await expect(alone).rejects.toThrow("broken");
  });
});

describe("names", () => {
  it("that a file cannot have are told apart", () => {
    expect(["a", "a b.txt", "ä", ".hidden", "x".repeat(255)].map(nameFault)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    for (const bad of ["", ".", "..", "a/b", "a\0", "a\n", "x".repeat(256), "ä".repeat(128), "a\u202eb"])
      expect(nameFault(bad), bad).not.toBeNull();
    expect(["/", "/root", "/a/../b"].map(folderFault)).toEqual([null, null, null]);
    for (const bad of ["", "root", "/a\n", `/${"x".repeat(1000)}`]) expect(folderFault(bad)).not.toBeNull();
    for (const bad of [".profile", "a\\b", "c:", "what?", "a|b"])
      expect(receivedNameFault(bad)).not.toBeNull();
    expect(receivedNameFault("core.1234 (2).gz")).toBeNull();
  });
});
