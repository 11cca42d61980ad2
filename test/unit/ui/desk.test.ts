import { signal } from "@preact/signals";
import { beforeEach, describe, expect, test } from "vitest";
import type { VmGuid, VmState } from "../../../src/hvdef/index.ts";
import { openDesk } from "../../../src/ui/desk.ts";
import type { UiHost, VmView } from "../../../src/ui/host.ts";
import { openScreenLog } from "../../../src/ui/screen-log.ts";
import { quietInput } from "../../lab/quiet-input.ts";
import { quietGuestFiles, quietSockets } from "../../lab/quiet-sockets.ts";
import { quietDisks } from "./library.ts";
import { quietMachines } from "./machines.ts";
import { quietNetworks } from "./networks.ts";

function machine(name: string, state: VmState): VmView {
  return {
    id: name as VmGuid,
    name,
    description: "",
    state,
    memoryBytes: 1,
    drives: [],
    scsiControllers: 0,
    adapters: [],
    integration: [],
    shutdown: "none",
    freeze: "thawed",
    input: { keyboard: "none", mouse: "none", layout: "us", typing: null },
    partition: null,
    trouble: null,
    processor: 0,
    notResponding: false,
  };
}

/** A host whose calls the test settles by hand. */
function openSlowHost() {
  const calls: { readonly name: string; readonly settle: PromiseWithResolvers<void> }[] = [];
  const vms = signal<readonly VmView[]>([machine("a", "off"), machine("b", "running")]);
  const call = (name: string) => () => {
    const settle = withResolvers();
    calls.push({ name, settle });
    return settle.promise;
  };
  const host: UiHost = {
    version: "test",
    platform: signal(null),
    vms,
    events: signal([]),
    failure: signal(null),
    start: call("start"),
    coldBoot: call("coldBoot"),
    pause: call("pause"),
    resume: call("resume"),
    reset: call("reset"),
    turnOff: call("turnOff"),
    save: call("save"),
    deleteSavedState: call("deleteSavedState"),
    shutDown: call("shutDown"),
    setProcessorShare: call("setProcessorShare"),
    giveDisk: call("giveDisk"),
    disks: quietDisks(),
    machines: quietMachines(),
    networks: quietNetworks(),
    guestFiles: quietGuestFiles(),
    sockets: quietSockets,
    input: quietInput,
    integration: {
      setService: call("setService"),
      pairs: async () => ({ intrinsic: [], guest: [], host: [], delivered: false }),
      setPair: call("setPair"),
      removePair: call("removePair"),
      freeze: call("freeze"),
      thaw: call("thaw"),
      insertSetupDisk: call("insertSetupDisk"),
    },
    console: () => ({ text: () => "", send: () => undefined, onOutput: () => () => undefined }),
    screen: openScreenLog,
    saveFile: () => undefined,
    architecture: { hypervisor: signal(null), observe: () => Promise.reject(new Error("nobody looks")) },
    inspect: () => signal(null),
  };
  return { host, calls, vms };
}

// Node 20 has no Promise.withResolvers.
function withResolvers(): PromiseWithResolvers<void> {
  let resolve: (value: void | PromiseLike<void>) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const settled = () => new Promise((done) => setTimeout(done));

describe("actions", () => {
  let slow = openSlowHost();
  let desk = openDesk(slow.host);
  const vm = (place: number) => slow.vms.value[place] ?? machine("none", "off");
  beforeEach(() => {
    slow = openSlowHost();
    desk = openDesk(slow.host);
  });

  test("a double click starts once", () => {
    desk.ask("start", vm(0));
    desk.ask("start", vm(0));
    expect(slow.calls).toHaveLength(1);
    expect(desk.pending.value.get(vm(0).id)).toBe("start");
  });

  test("a stale view cannot ask for what the machine's state forbids", () => {
    const stale = vm(0);
    slow.vms.value = [machine("a", "running"), vm(1)];
    desk.ask("start", stale);
    expect(slow.calls).toHaveLength(0);
  });

  test("Turn off happens only after the answer", () => {
    desk.ask("turnOff", vm(1));
    expect(slow.calls).toHaveLength(0);
    expect(desk.question.value?.action).toBe("turnOff");
    desk.answer(false);
    expect(slow.calls).toHaveLength(0);
    desk.ask("turnOff", vm(1));
    desk.answer(true);
    expect(slow.calls.map((call) => call.name)).toEqual(["turnOff"]);
    expect(desk.question.value).toBeNull();
  });

  test("a failure stands beside the machine and in the events, and the machine can be started again", async () => {
    desk.ask("start", vm(0));
    slow.calls[0]?.settle.reject(new Error("not enough memory"));
    await settled();
    expect(desk.problems.value.get(vm(0).id)).toBe("Not enough memory.");
    expect(desk.events.value[0]).toMatchObject({ level: "error", text: "Not enough memory." });
    desk.ask("start", vm(0));
    expect(slow.calls).toHaveLength(2);
    expect(desk.problems.value.size).toBe(0);
  });

  test("a start that Turn off overtakes is not reported", async () => {
    desk.ask("start", vm(0));
    slow.vms.value = [machine("a", "starting"), vm(1)];
    desk.ask("turnOff", vm(0));
    desk.answer(true);
    slow.calls[0]?.settle.reject(new Error("was turned off"));
    await settled();
    expect(desk.problems.value.size).toBe(0);
    expect(desk.pending.value.get(vm(0).id)).toBe("turnOff");
    slow.calls[1]?.settle.resolve();
    await settled();
    expect(desk.pending.value.size).toBe(0);
  });

  test("the first machine is selected until another is, and again when that one is gone", () => {
    expect(desk.selected.value?.name).toBe("a");
    desk.select(vm(1).id);
    expect(desk.selected.value?.name).toBe("b");
    slow.vms.value = [machine("a", "off")];
    expect(desk.selected.value?.name).toBe("a");
  });
});
