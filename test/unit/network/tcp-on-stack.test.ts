import { expect, test } from "vitest";
import type { FrameSink } from "../../../src/network/port.ts";
import { openHttp } from "../../../src/network/stack/http/http.ts";
import { openStack } from "../../../src/network/stack/stack.ts";
import { openTcp } from "../../../src/network/stack/tcp/tcp.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import { fixedEntropy } from "../../lab/tcp-wire.ts";

/** Two management OSs on a wire that delivers at once, inside the call that sends. */
function wire() {
  const clock = manualClock(micros(1_000_000));
  const sinks: FrameSink[] = [];
  const stacks = ["192.168.137.1", "192.168.137.2"].map((ip, at) =>
    openStack({
      plug(sink) {
        sinks[at] = sink;
        return {
          send: (bytes, from, length) => {
            sinks[1 - at]?.frame(bytes, from, length);
          },
          inspect: () => ({}),
          [Symbol.dispose]: () => {},
        };
      },
      mac: `00-15-5D-01-0A-0${at + 1}`,
      clock,
      wallClock: () => 0,
      settings: { address: { address: ip, prefix: 24 }, services: null },
      ownName: `os${at}`,
    }),
  );
  const tcps = stacks.map((stack, at) => openTcp(stack.ip, { entropy: fixedEntropy(at) }));
  function tick(): void {
    clock.advance(micros(10_000));
    for (const part of [...stacks, ...tcps]) part.tick();
  }
  return { stacks, tcps, tick };
}

test("one management OS fetches a file from the other, ARP and all", () => {
  const { stacks, tcps, tick } = wire();
  const [server, client] = stacks;
  const [serving, asking] = tcps;
  if (!server || !client || !serving || !asking) throw new Error("two stacks are needed");
  const whole = new Uint8Array(1 << 20).map((_, at) => at * 31);
  openHttp(server.ip, serving, {
    source: {
      file: () => ({
        type: "a/b",
        length: whole.length,
        read(at, into) {
          into.set(whole.subarray(at, at + into.length));
          return into.length;
        },
      }),
      folder: () => null,
    },
  });
  const parts: Uint8Array[] = [];
  let ended = "";
  const connection = asking.connect(server.ip.address, 80, {
    onData(bytes, at, length) {
      parts.push(bytes.slice(at, at + length));
      return length;
    },
    onEnd: () => connection?.close(),
    onClosed: (end) => {
      ended = end;
    },
  });
  connection?.write(new TextEncoder().encode("GET /file HTTP/1.0\r\n\r\n"));
  for (let ticks = 0; ticks < 500 && ended === ""; ticks++) tick();
  expect(ended).toBe("done");
  const bytes = Buffer.concat(parts);
  expect(Buffer.compare(bytes.subarray(bytes.indexOf("\r\n\r\n") + 4), whole)).toBe(0);
  expect(serving.inspect()).toMatchObject({ damaged: 0 });
});
