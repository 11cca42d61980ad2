import * as Comlink from "comlink";
import { HvError, reasonOf } from "../support/index.ts";

interface ThrownWire {
  readonly message: string;
  /** `null` for anything but an operator error. */
  readonly code: string | null;
  readonly hresult: number;
}

/** comlink forwards name, message and stack only; an operator error must keep its code across threads. */
function forwardCodes(): void {
  const plain = Comlink.transferHandlers.get("throw");
  if (plain === undefined) throw new Error("this version of comlink has no handler for thrown values");
  Comlink.transferHandlers.set("throw", {
    canHandle: (value): value is { value: unknown } => plain.canHandle(value),
    serialize({ value }: { value: unknown }): [ThrownWire, Transferable[]] {
      const known = value instanceof HvError ? value : null;
      return [{ message: reasonOf(value), code: known?.code ?? null, hresult: known?.hresult ?? 0 }, []];
    },
    deserialize(wire: ThrownWire): never {
      if (wire.code === null) throw new Error(wire.message);
      throw new HvError(wire.code, wire.message, { hresult: wire.hresult });
    },
  });
}
forwardCodes();

/** Every method of a contract takes plain data and answers with a promise. */
export type Contract<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => Promise<R> : never;
};

/**
 * Answers a contract's calls on a port. Only the named methods can be reached: comlink would otherwise
 * let a caller set properties and walk paths, and from any function a path leads to `Function` itself.
 *
 * @param called  hears of each call before it is carried out
 */
export function serveContract<T extends Contract<T>>(
  port: MessagePort,
  methods: T,
  called: Called = nobody,
): void {
  // Registered before comlink's listener, so that it never sees what is no call of ours.
  port.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (!isCall(event.data, methods)) event.stopImmediatePropagation();
  });
  Comlink.expose(
    Object.fromEntries(
      Object.entries(methods).map(([name, call]) => [name, handingOver(call, (args) => called(name, args))]),
    ),
    port,
  );
}

/** Hears of a call. */
type Called = (name: string, args: readonly unknown[]) => void;
const nobody: Called = () => {};

/** Bytes that a method answers with are its caller's: they cross without a copy. */
function handingOver(call: unknown, before: (args: readonly unknown[]) => void): unknown {
  if (typeof call !== "function") return call;
  return async (...args: unknown[]) => {
    before(args);
    const answer: unknown = await call(...args);
    return isWhole(answer) ? Comlink.transfer(answer, [answer.buffer]) : answer;
  };
}

/** Bytes that fill their buffer, and no other thread has. */
function isWhole(value: unknown): value is Uint8Array<ArrayBuffer> {
  return (
    value instanceof Uint8Array &&
    value.buffer instanceof ArrayBuffer &&
    value.length === value.buffer.byteLength &&
    value.length > 0
  );
}

/** Whether a message calls a method by its own name with plain arguments, or lets go of the port. */
function isCall(message: unknown, methods: object): boolean {
  if (typeof message !== "object" || message === null) return false;
  const { type, path, argumentList } = message as Record<"type" | "path" | "argumentList", unknown>;
  if (type === "RELEASE") return path === undefined;
  if (type !== "APPLY" || !Array.isArray(path) || path.length !== 1) return false;
  if (typeof path[0] !== "string" || !Object.hasOwn(methods, path[0])) return false;
  return Array.isArray(argumentList) && argumentList.every((one) => one?.type === "RAW");
}

/**
 * Calls a contract on the other side of a port. Ports among the arguments are transferred, and arguments that are bytes
 * are handed over when they fill their buffer.
 *
 * @param gone  rejects when the other side no longer exists; without it a call to an ended worker would
 *              never settle. A call races it.
 */
export function callContract<T extends Contract<T>>(port: MessagePort, gone: Promise<never>): T {
  const remote = Comlink.wrap<Record<string, (...args: unknown[]) => Promise<unknown>>>(port);
  gone.catch(() => {});
  return new Proxy({} as T, {
    get(_target, method) {
      if (typeof method !== "string" || method === "then") return undefined;
      return (...args: unknown[]) => {
        const ports = args.flatMap(portsIn);
        const carried = args.map((arg) =>
          ports.length > 0 && portsIn(arg).length > 0 ? Comlink.transfer(arg as object, portsIn(arg)) : arg,
        );
        return Promise.race([remote[method]?.(...carried), gone]);
      };
    },
  });
}

/** Ports one level deep, alone or in the end of a carrier: that is where our contracts carry them. */
function portsIn(argument: unknown): Transferable[] {
  if (argument instanceof MessagePort) return [argument];
  if (isWhole(argument)) return [argument.buffer];
  if (argument instanceof Uint8Array) return [];
  if (typeof argument !== "object" || argument === null) return [];
  return Object.values(argument)
    .map(portIn)
    .filter((port) => port !== null);
}

function portIn(value: unknown): MessagePort | null {
  if (value instanceof MessagePort) return value;
  const port = typeof value === "object" && value !== null && "port" in value ? value.port : null;
  return port instanceof MessagePort ? port : null;
}
