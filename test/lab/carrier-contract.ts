import { describe, expect, it } from "vitest";
import type { Carrier } from "../../src/hvdef/index.ts";

/** Both ends of a fresh carrier, with nothing under way. */
export interface CarrierPair extends Disposable {
  readonly one: Carrier;
  readonly other: Carrier;
  /** Settles when everything sent so far has arrived, or was dropped. */
  settle(): Promise<void>;
}

interface Arrived {
  readonly bytes: readonly number[];
  readonly room: number;
}

function buffer(room: number, ...bytes: number[]): ArrayBuffer {
  const made = new ArrayBuffer(room);
  new Uint8Array(made).set(bytes);
  return made;
}

function collect(end: Carrier): Arrived[] {
  const arrived: Arrived[] = [];
  end.receive((got, used) =>
    arrived.push({ bytes: [...new Uint8Array(got, 0, used)], room: got.byteLength }),
  );
  return arrived;
}

/**
 * What every carrier must do, whatever it is made of.
 * @param open     makes a pair
 * @param detaches whether the sender's buffer is taken away from it, as between threads
 */
export function carrierContract(name: string, open: () => CarrierPair, detaches: boolean): void {
  describe(`a carrier over ${name}`, () => {
    it("brings whole batches in order, each once, both ways", async () => {
      using pair = open();
      const there = collect(pair.other);
      const back = collect(pair.one);
      for (let n = 0; n < 100; n++) pair.one.send(buffer(64, n, n + 1), 2);
      pair.other.send(buffer(32, 7, 8, 9), 3);
      await pair.settle();
      expect(there).toEqual(Array.from({ length: 100 }, (_, n) => ({ bytes: [n, n + 1], room: 64 })));
      expect(back).toEqual([{ bytes: [7, 8, 9], room: 32 }]);
    });

    it("brings the whole buffer, so that it can be sent back", async () => {
      using pair = open();
      const back = collect(pair.one);
      pair.other.receive((got, used) => {
        new Uint8Array(got)[used] = 3;
        pair.other.send(got, used + 1);
      });
      pair.one.send(buffer(8, 1, 2), 2);
      await pair.settle();
      await pair.settle();
      expect(back).toEqual([{ bytes: [1, 2, 3], room: 8 }]);
    });

    it("keeps what arrives before anybody listens", async () => {
      using pair = open();
      pair.one.send(buffer(4, 1), 1);
      pair.one.send(buffer(4, 2), 1);
      await pair.settle();
      const late = collect(pair.other);
      await pair.settle();
      expect(late.map(({ bytes }) => bytes[0])).toEqual([1, 2]);
    });

    it("carries an empty batch and a full one", async () => {
      using pair = open();
      const there = collect(pair.other);
      pair.one.send(buffer(3, 1, 2, 3), 0);
      pair.one.send(buffer(3, 1, 2, 3), 3);
      await pair.settle();
      expect(there.map(({ bytes }) => bytes.length)).toEqual([0, 3]);
    });

    it("drops in silence what is sent to an end that is gone", async () => {
      using pair = open();
      const there = collect(pair.other);
      pair.other[Symbol.dispose]();
      expect(() => pair.one.send(buffer(4, 1), 1)).not.toThrow();
      await pair.settle();
      expect(there).toEqual([]);
    });

    it("brings nothing to an end that was closed while it was under way", async () => {
      using pair = open();
      const there = collect(pair.other);
      pair.one.send(buffer(4, 1), 1);
      pair.other[Symbol.dispose]();
      await pair.settle();
      expect(there).toEqual([]);
    });

    it("closes twice without complaint", () => {
      using pair = open();
      pair.one[Symbol.dispose]();
      expect(() => pair.one[Symbol.dispose]()).not.toThrow();
    });

    it.runIf(detaches)("takes the buffer away from the sender", () => {
      using pair = open();
      const sent = buffer(16, 1);
      pair.one.send(sent, 1);
      expect(sent.byteLength).toBe(0);
    });
  });
}
