import { type Signal, signal } from "@preact/signals";
import {
  type InputSession,
  type InspectSample,
  type ParentSession,
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

/** @param session  settles when the parent answers */
export function openLiveArchitecture(
  session: Promise<Pick<ParentSession, "traceHost" | "traceWorker">>,
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
        note(vm, `typeScancodes ${codes.map((code) => code.toString(16)).join(" ")}`);
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
