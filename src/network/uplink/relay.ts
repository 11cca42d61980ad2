import { limitedLog } from "../../support/index.ts";
import { type FrameSource, longestFrame, shortestFrame } from "../port.ts";
import { farSideRate, openAllowance } from "./allowance.ts";
import { openLife } from "./life.ts";
import { openRecentSenders } from "./recent-senders.ts";
import type { Dial, Socket } from "./socket.ts";
import { droppedWords, stateWords, type Uplink, type UplinkSurroundings } from "./uplink.ts";

/** What an Ethernet relay needs. */
export interface RelayOptions extends UplinkSurroundings {
  /** As `readRelayAddress` gave it. */
  readonly address: string;
  readonly dial: Dial;
}

/** Bytes that may wait to leave this computer. More is dropped, as a full queue of a real adapter is. */
const mostBacklog = 1024 * 1024;
/** Messages that are no frames before the connection is given up: this is no Ethernet relay. */
const mostLies = 32;

/**
 * An uplink to an Ethernet relay over WebSocket: one binary message is one frame without its check sequence, both
 * ways. This is what v86's users run (`websockproxy`, `wsnic`); such relays limit rates and mostly give addresses
 * by DHCP.
 */
export function openRelay(options: RelayOptions): Uplink {
  const { address, clock } = options;
  const log = limitedLog(options.log, clock);
  const allowance = openAllowance(farSideRate, clock);
  const senders = openRecentSenders(clock);
  const counts = { sent: 0, received: 0, notUp: 0, full: 0, overRate: 0, echoes: 0, lies: 0 };
  let port: FrameSource | null = null;
  let socket: Socket | null = null;
  /** Lies of this connection. */
  let lies = 0;
  let wasOverRate = false;

  const life = openLife({ ...options, dial, hangUp });

  function dial(): void {
    lies = 0;
    wasOverRate = false;
    socket = options.dial(
      { address, protocol: null },
      {
        opened: () => life.happen({ kind: "cameUp" }),
        bytes: receive,
        text: (length) => lie(`a text message of ${length} characters`),
        ended: (reason) => life.happen({ kind: "lost", reason }),
      },
    );
  }
  function hangUp(): void {
    socket?.close();
    socket = null;
  }
  function receive(message: Uint8Array<ArrayBuffer>): void {
    if (!life.isUp()) return;
    if (!allowance.take(message.length)) {
      overRate();
    } else if (message.length < shortestFrame || message.length > longestFrame) {
      lie(`a message of ${message.length} bytes, which is no Ethernet frame`);
    } else if (senders.isEcho(message, 0)) {
      counts.echoes++;
    } else {
      counts.received++;
      port?.send(message, 0, message.length);
    }
  }
  function overRate(): void {
    counts.overRate++;
    if (wasOverRate) return;
    wasOverRate = true;
    log("warning", `The relay ${address} sends more than fits; what is too much is dropped.`);
  }
  function lie(what: string): void {
    counts.lies++;
    lies++;
    log("warning", `The relay ${address} sent ${what}. It is ignored.`);
    if (lies < mostLies) return;
    const reason = `The server sent ${what}, and others like it. It is probably no Ethernet relay: check the address.`;
    life.happen({ kind: "lost", reason });
  }
  function frame(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean {
    if (socket === null || !life.isUp()) {
      counts.notUp++;
      return false;
    }
    if (length < shortestFrame || length > longestFrame || socket.backlog() + length > mostBacklog) {
      counts.full++;
      return false;
    }
    senders.leaves(bytes, at);
    counts.sent++;
    socket.send(bytes.subarray(at, at + length));
    return true;
  }
  function close(): void {
    life.happen({ kind: "closed" });
    port = null;
  }

  return {
    frame,
    open(to) {
      port = to;
      life.happen({ kind: "asked" });
    },
    close,
    tick: () => life.happen({ kind: "time" }),
    state: life.state,
    describe: () => ({
      name: "Ethernet relay",
      about: `Carries Ethernet frames to ${address}, which joins them to a network of its own.`,
      exposes: "Whoever runs the relay sees everything the guests send, and reaches the guests.",
      status: stateWords(life.state(), clock),
      dropped: droppedWords([
        [counts.lies, "Messages of the relay that are no Ethernet frames, ignored"],
        [counts.overRate, "Frames of the relay that came faster than fits, dropped"],
        [counts.full, "Frames of this host dropped because the relay takes them too slowly"],
      ]),
    }),
    inspect: () => ({ kind: "relay", address, state: life.state().kind, ...counts }),
    [Symbol.dispose]: close,
  };
}
