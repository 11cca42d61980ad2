import type {
  Dial,
  DialOptions,
  FrameSource,
  JoinChannel,
  SocketEvents,
  Stream,
  StreamEnd,
  StreamEvents,
  StreamOpening,
} from "../../src/network/index.ts";
import { type ManualClock, manualClock, micros } from "../../src/support/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A port that keeps what goes in. */
export interface LabPort extends FrameSource {
  readonly frames: Bytes[];
}

/** Opens a port that keeps copies of up to 4,096 frames. */
export function labPort(): LabPort {
  const frames: Bytes[] = [];
  return {
    frames,
    send(bytes, at, length) {
      if (frames.length < 4096) frames.push(bytes.slice(at, at + length));
    },
  };
}

/** A frame with these last bytes of the addresses; the payload is filled with `fill`. */
export function labFrame(to: number, from: number, length = 60, fill = 0x5a): Bytes {
  const frame = new Uint8Array(length).fill(fill);
  frame.set([0x02, 0, 0, 0, 0, to, 0x02, 0, 0, 0, 0, from, 0x88, 0xb5].slice(0, length));
  return frame;
}

/** A broadcast from an address with this last byte. */
export function labBroadcast(from: number): Bytes {
  const frame = labFrame(0, from);
  frame.fill(0xff, 0, 6);
  return frame;
}

/** One call that was made, played by the test. */
export interface LabCall {
  readonly options: DialOptions;
  readonly events: SocketEvents;
  readonly sent: Bytes[];
  backlog: number;
  closed: boolean;
}

/** A network on which the test answers. */
export function labDial(): { readonly dial: Dial; readonly calls: LabCall[]; last(): LabCall } {
  const calls: LabCall[] = [];
  const dial: Dial = (options, events) => {
    const call: LabCall = { options, events, sent: [], backlog: 0, closed: false };
    calls.push(call);
    return {
      send: (message) => call.sent.push(message.slice()),
      backlog: () => call.backlog,
      close: () => {
        call.closed = true;
      },
    };
  };
  function last(): LabCall {
    const call = calls.at(-1);
    if (call === undefined) throw new Error("nobody called");
    return call;
  }
  return { dial, calls, last };
}

/** A channel between tabs in this thread. Messages are cloned, and come when `deliver` is called. */
export function labChannels() {
  const members: { readonly name: string; readonly heard: (message: unknown) => void }[] = [];
  let queue: (() => void)[] = [];
  let posted = 0;
  const join: JoinChannel = (name, heard) => {
    const member = { name, heard };
    members.push(member);
    return {
      post(message) {
        posted++;
        for (const other of members) {
          if (other === member || other.name !== name) continue;
          const copy = structuredClone(message);
          queue.push(() => other.heard(copy));
        }
      },
      [Symbol.dispose]() {
        members.splice(members.indexOf(member), 1);
      },
    };
  };
  return {
    join,
    posted: () => posted,
    deliver() {
      const due = queue;
      queue = [];
      for (const action of due) action();
    },
    /** As a tab that makes things up. */
    say(name: string, message: unknown) {
      for (const member of members) if (member.name === name) member.heard(message);
    },
  };
}

/** Time, luck and ears of an uplink in a test. */
export function labSurroundings() {
  const clock: ManualClock = manualClock();
  const states: string[] = [];
  const lines: string[] = [];
  return {
    clock,
    states,
    lines,
    pass: (seconds: number) => clock.advance(micros(seconds * 1_000_000)),
    options: {
      clock,
      random: () => 0.5,
      told: (state: { readonly kind: string }) => {
        states.push(state.kind);
      },
      log: (_level: string, text: string) => {
        lines.push(text);
      },
    },
  };
}

/** What came from a stream, and how much of it is taken. */
export interface LabListener extends StreamEvents {
  readonly got: number[];
  readonly ends: StreamEnd[];
  rooms: number;
  /** Bytes it still takes. */
  appetite: number;
}

/** Opens a listener that takes everything. */
export function labListener(): LabListener {
  const listener: LabListener = {
    got: [],
    ends: [],
    rooms: 0,
    appetite: Number.POSITIVE_INFINITY,
    bytes(bytes, at, length) {
      const taken = Math.min(length, listener.appetite);
      for (let index = 0; index < taken; index++) listener.got.push(bytes[at + index] ?? 0);
      listener.appetite -= taken;
      return taken;
    },
    room() {
      listener.rooms++;
    },
    ended(end) {
      listener.ends.push(end);
    },
  };
  return listener;
}

/** The stream of an opening that must have succeeded. */
export function opened(opening: StreamOpening): Stream {
  if (opening.kind === "refused") throw new Error(opening.reason);
  return opening.stream;
}
