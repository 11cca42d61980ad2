import { type Signal, signal } from "@preact/signals";
import {
  breakBit,
  type InputSession,
  type InspectSample,
  isKeyName,
  keyCodes,
  makeCodes,
  type ObservedSession,
  splitScanCodes,
  type TraceBatch,
  type TraceNote,
  traceLease,
  traceTextLimit,
  type VmGuid,
} from "../hvdef/index.ts";
import { type InspectNode, openRecorder } from "../support/index.ts";
import type { ArchitectureHost, ConsoleSession, Observation } from "./host.ts";

/** The picture's face of the host, with the side that the door and the views pour into. */
export interface LiveArchitecture {
  readonly host: ArchitectureHost;
  /** The hypervisor's own tree, as it is now. */
  hypervisor(tree: InspectNode): void;
  /** The same calls, told to whoever looks. */
  input(session: InputSession): InputSession;
  /** The same console; what is sent is told. */
  console<C extends ConsoleSession>(vm: VmGuid, console: C): C;
}

const notesPerKind = 64;
/** A worker process answers between two slices; one that is busy with something else is not waited for. */
const patienceMs = 200;

/** Names of keys by what they send when they go down. */
const keyNames: ReadonlyMap<string, string> = new Map(
  Object.keys(keyCodes)
    .filter(isKeyName)
    .map((key) => [makeCodes(key).join(" "), key]),
);

/** The keys that go down, or the codes where they are of no key; those that go up, when nothing else does. */
function keysOf(codes: readonly number[]): string {
  const parts = splitScanCodes(codes);
  const down = parts.filter((part) => ((part.at(-1) ?? 0) & breakBit) === 0);
  if (down.length === 0) return "released";
  const hex = (part: readonly number[]): string => part.map((code) => code.toString(16)).join("");
  return down.map((part) => keyNames.get(part.join(" ")) ?? hex(part)).join(" ");
}

/** @param session  settles when the parent answers */
export function openLiveArchitecture(
  session: Promise<Pick<ObservedSession, "traceHost" | "traceWorker">>,
  now = (): number => performance.timeOrigin + performance.now(),
): LiveArchitecture {
  const recorder = openRecorder<TraceNote>({ now, lease: traceLease, perKind: notesPerKind });
  const tree: Signal<InspectSample | null> = signal(null);
  /** Asked, and not answered yet. */
  const asked = new Map<VmGuid, Promise<void>>();
  const answered = new Map<VmGuid, TraceBatch>();

  function ask(vm: VmGuid): Promise<void> {
    const known = asked.get(vm);
    if (known !== undefined) return known;
    const asking = session
      .then((host) => host.traceWorker(vm))
      .then((batch) => {
        if (batch !== null) answered.set(vm, batch);
      })
      // A machine that is turned off meanwhile has nothing to say.
      .catch(() => {})
      .finally(() => asked.delete(vm));
    asked.set(vm, asking);
    return asking;
  }
  async function observe(vms: readonly VmGuid[]): Promise<Observation> {
    const patience = new Promise<void>((resolve) => setTimeout(resolve, patienceMs));
    await Promise.race([Promise.all(vms.map(ask)), patience]);
    // After the workers: what they asked of the parent is in its answer.
    const host = await (await session).traceHost();
    const workers = vms.flatMap((vm) => {
      const batch = answered.get(vm);
      answered.delete(vm);
      return batch === undefined ? [] : [{ vm, batch }];
    });
    return { host, workers, page: recorder.take() };
  }
  function note(vm: VmGuid, text: string): void {
    if (recorder.on) recorder.note({ kind: "ask", vm, text: text.slice(0, traceTextLimit) });
  }

  return {
    host: { hypervisor: tree, observe },
    hypervisor(next) {
      tree.value = { at: Date.now(), tree: next };
    },
    input: (inner) => ({
      ...inner,
      typeScancodes(vm, codes) {
        note(vm, `typeScancodes ${keysOf(codes)}`);
        return inner.typeScancodes(vm, codes);
      },
      pressKey(vm, key) {
        note(vm, `pressKey ${key}`);
        return inner.pressKey(vm, key);
      },
      releaseKey(vm, key) {
        note(vm, `releaseKey ${key}`);
        return inner.releaseKey(vm, key);
      },
      typeKey(vm, key) {
        note(vm, `typeKey ${key}`);
        return inner.typeKey(vm, key);
      },
      typeText(vm, text) {
        note(vm, `typeText ${text}`);
        return inner.typeText(vm, text);
      },
      typeCtrlAltDel(vm) {
        note(vm, "typeCtrlAltDel");
        return inner.typeCtrlAltDel(vm);
      },
    }),
    console: (vm, inner) => ({
      ...inner,
      send(text) {
        note(vm, `send ${text}`);
        inner.send(text);
      },
    }),
  };
}
