import { guestFilePort, type VmGuid } from "../../hvdef/index.ts";
import type { Steps } from "../../storage/index.ts";
import { type Clock, HvError } from "../../support/index.ts";
import type { HvSocketOptions, HvSockets, SocketRefusal, StreamService } from "../../vsp/index.ts";
import { type OutgoingFile, receiveGuestFile, sendGuestFile } from "./guest-file.ts";
import type { ReceivedStore } from "./received.ts";
import { type SocketStream, socketStream } from "./socket-stream.ts";

/** Takes the connections of a guest to one port. `false`: not another one now; it is refused. */
export interface PortListener {
  ready(): boolean;
  accept(stream: SocketStream): void;
}

/** The sockets of one machine, running or not. Calls reject with HvError. */
export interface MachineSockets {
  /** What serves them is made with this, at every start. */
  options(): HvSocketOptions;
  /** The machine has power, and this serves its sockets; its guest stands still. */
  begin(sockets: HvSockets): void;
  /** The guest runs, or stands still. */
  goOn(): void;
  hold(): void;
  /** The machine is off. */
  end(): void;
  /** Called about once a second. */
  tick(): void;
  connect(port: number): Promise<SocketStream>;
  /** Listens until what it answers is called. @throws HvError `socket.port` when somebody does already */
  listen(port: number, listener: PortListener): () => void;
  /** Puts a file into the guest. @returns the lines a person reads */
  copyToGuest(file: OutgoingFile, steps: Steps): Promise<readonly string[]>;
}

/** What the sockets need of their machine. */
export interface SocketsOf {
  readonly vm: VmGuid;
  readonly name: string;
  readonly clock: Clock;
  /** The guest executes right now. */
  isRunning(): boolean;
  readonly received: ReceivedStore;
  tell(level: "info" | "warning", text: string): void;
}

/** Microseconds without a byte after which a file is given up. Reason: a minute is longer than any disk of ours takes. */
const stallPatience = 60_000_000;
/** Files of one guest that come at once. */
const receiving = 8;

/** A file under way in either direction. */
interface Copy {
  readonly stream: SocketStream;
  readonly isCancelled: () => boolean;
  movedAt: number;
}

/** Takes the sockets of a machine under management. */
export function openMachineSockets(machine: SocketsOf): MachineSockets {
  const { name, clock } = machine;
  const listeners = new Map<number, PortListener>();
  const copies = new Set<Copy>();
  let live: HvSockets | null = null;
  let incoming = 0;

  /** A connection as those see it who wait. */
  function service(accept: (stream: SocketStream) => void): StreamService {
    return (raw) => {
      const { stream, changed } = socketStream(
        raw,
        () => `The connection with the guest of ${name} broke off.`,
      );
      accept(stream);
      return changed;
    };
  }
  /** Whoever moves a file is watched: a stream that is aborted ends every wait on it. */
  async function watched<T>(
    stream: SocketStream,
    isCancelled: () => boolean,
    work: (stream: SocketStream) => Promise<T>,
  ): Promise<T> {
    const copy: Copy = { stream, isCancelled, movedAt: clock.now() };
    copies.add(copy);
    const moved = <R>(result: R): R => {
      copy.movedAt = clock.now();
      return result;
    };
    try {
      return await work({
        ...stream,
        read: (limit) => stream.read(limit).then(moved),
        write: (bytes) => stream.write(bytes).then(moved),
      });
    } finally {
      copies.delete(copy);
    }
  }
  function receive(stream: SocketStream): void {
    incoming++;
    const { vm, received } = machine;
    const work = (own: SocketStream) => receiveGuestFile(own, received, { vm, vmName: name });
    watched(stream, () => false, work)
      .then((file) => {
        if (file !== null) machine.tell("info", `The guest of ${name} has sent the file ${file}.`);
      })
      .finally(() => {
        incoming--;
      })
      .catch(() => {});
  }
  listeners.set(guestFilePort, { ready: () => incoming < receiving, accept: receive });

  function connect(port: number): Promise<SocketStream> {
    const target = live;
    if (target === null || !machine.isRunning())
      return Promise.reject(
        new HvError("vm.state", `${name} must run to be connected to.`, { hresult: 0x80041017 }),
      );
    return new Promise((resolve, reject) => {
      target.connect(port, service(resolve), (why) => reject(refusalOf(name, port, why)));
    });
  }

  return {
    options: () => ({
      clock,
      service(port) {
        const listener = listeners.get(port);
        return listener?.ready() === true ? service((stream) => listener.accept(stream)) : null;
      },
    }),
    begin(sockets) {
      live = sockets;
    },
    goOn: () => live?.goOn(),
    hold: () => live?.hold(),
    end() {
      live = null;
    },
    tick() {
      live?.tick();
      if (!machine.isRunning()) {
        for (const copy of copies) copy.movedAt = clock.now();
      }
      for (const { stream, isCancelled, movedAt } of copies) {
        if (isCancelled() || clock.now() - movedAt > stallPatience) stream.abort();
      }
    },
    connect,
    listen(port, listener) {
      if (listeners.has(port))
        throw new HvError(
          "socket.port",
          `Somebody listens for the guest of ${name} on port ${port} already.`,
        );
      listeners.set(port, listener);
      return () => {
        if (listeners.get(port) === listener) listeners.delete(port);
      };
    },
    async copyToGuest(file, steps) {
      const stream = await connect(guestFilePort).catch((failure: unknown) => {
        throw failure instanceof HvError && failure.code === "socket.refused" ? noProgram(name) : failure;
      });
      const isCancelled = (): boolean => steps.signal.aborted;
      const where = await watched(stream, isCancelled, (own) => sendGuestFile(own, file, steps));
      return [`The guest of ${name} has it as ${where}.`];
    },
  };
}

function noProgram(name: string): HvError {
  return new HvError(
    "guestFile.noProgram",
    `Nothing in the guest of ${name} takes files. It needs its driver hv_sock and our program tabvisor-guest, which the Debian guests of this page start some seconds after their prompt: wait a little, or type "modprobe hv_sock; tabvisor-guest serve". Any other guest gets files from a disk, a disc or a network.`,
    { hresult: 0x8007048f },
  );
}

function refusalOf(name: string, port: number, why: SocketRefusal): HvError {
  if (why === "full")
    return new HvError("socket.full", `${name} has as many connections as it can have. Close some first.`);
  return new HvError(
    "socket.refused",
    why === "absent"
      ? `The guest of ${name} has no sockets of its host: its driver hv_vmbus is not connected.`
      : `No program in the guest of ${name} took the connection to port ${port}. It must listen there, and the driver hv_sock must be loaded.`,
    { hresult: 0x8007274d },
  );
}
