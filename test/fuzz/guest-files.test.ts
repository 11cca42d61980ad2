import fc from "fast-check";
import { expect, it } from "vitest";
import { receivedBytes, type VmGuid } from "../../src/hvdef/index.ts";
import { receiveGuestFile, sendGuestFile } from "../../src/vmms/sockets/guest-file.ts";
import { openReceived } from "../../src/vmms/sockets/received.ts";
import { joinBytes, words } from "../lab/loopback-guest.ts";
import { streamPair } from "../lab/stream-pair.ts";

// Whatever a guest says: nothing rejects that must not, everything ends, no memory stays taken that is not listed.

const from = { vm: "vm" as VmGuid, vmName: "web01" };
const number = fc.oneof(fc.nat(40), fc.nat(0xffff_ffff), fc.constant(0x31465654));
const spoken = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .tuple(number, number, fc.nat(300), fc.nat(1), fc.nat(0xffff_ffff), fc.uint8Array({ maxLength: 400 }))
    .map(([mode, crc, length, high, names, rest]) =>
      joinBytes(words(0x31465654, mode, length, high, names & 0x1ff, 0), rest, words(crc)),
    ),
);

it("a guest that sends anything as a file is answered or left, and takes no memory", async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(spoken, fc.boolean(), async (bytes, abort) => {
      const store = openReceived({ wallClock: () => 0, changed() {} });
      const [host, guest] = streamPair(1000);
      const receiving = receiveGuestFile(host, store, from);
      await guest.write(Uint8Array.from(bytes));
      if (abort) guest.abort();
      else guest.end();
      const name = await receiving;
      const listed = store.list().reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(store.free()).toBe(receivedBytes - listed);
      expect(store.list().length).toBe(name === null ? 0 : 1);
      if (!abort && (await guest.read(8).catch(() => null)) !== null) answered++;
    }),
    { numRuns: 400 },
  );
  expect(answered).toBeGreaterThan(50);
});

it("a guest that answers anything to a file makes the copy succeed or fail, in time", async () => {
  const answers = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .tuple(fc.nat(2), fc.oneof(fc.nat(10), fc.nat(0xffff_ffff)), fc.uint8Array({ maxLength: 3000 }))
      .map(([status, length, text]) => joinBytes(words(status, length), text)),
  );
  await fc.assert(
    fc.asyncProperty(answers, fc.nat(2000), async (answer, size) => {
      const [host, guest] = streamPair(1000);
      const contents = new Uint8Array(size);
      const file = {
        name: "name",
        folder: "/root",
        byteLength: size,
        pieces: (async function* () {
          yield contents;
        })(),
      };
      const steps = { signal: new AbortController().signal, step: async () => {} };
      await guest.write(Uint8Array.from(answer));
      guest.end();
      const outcome = await sendGuestFile(host, file, steps).then(
        (where) => where,
        (failure: Error) => failure.message,
      );
      expect(outcome).not.toMatch(/\p{Cc}/u);
      expect(outcome.length).toBeLessThan(2200);
    }),
    { numRuns: 300 },
  );
});
