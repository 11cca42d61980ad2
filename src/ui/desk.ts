import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { HostEvent, VmGuid } from "../hvdef/index.ts";
import { type Action, isAvailable, needsConfirmation } from "./actions.ts";
import { type ConsoleChoice, openConsoleChoice } from "./console-choice.ts";
import { mergeEvents } from "./event-merge.ts";
import { reasonSentence } from "./format.ts";
import type { UiHost, VmView } from "./host.ts";

/** A question the visitor must answer before a guest's memory is lost. */
export interface Confirmation {
  readonly vm: VmView;
  readonly action: "reset" | "turnOff" | "deleteSavedState";
}

/** What the page itself knows: what is selected, under way, asked and gone wrong. */
export interface Desk {
  readonly host: UiHost;
  readonly selected: ReadonlySignal<VmView | null>;
  /** Calls under way by machine. */
  readonly pending: ReadonlySignal<ReadonlyMap<VmGuid, Action>>;
  /** Why the last action of a machine failed. */
  readonly problems: ReadonlySignal<ReadonlyMap<VmGuid, string>>;
  readonly events: ReadonlySignal<readonly HostEvent[]>;
  readonly question: ReadonlySignal<Confirmation | null>;
  select(vm: VmGuid): void;
  /** Does what is asked, or asks back first. Does nothing when it is not available now. */
  ask(action: Action, vm: VmView): void;
  answer(goOn: boolean): void;
  /** Starts a machine in another way than `ask` does. */
  run(vm: VmView, start: () => Promise<void>): void;
  /** Names of the files a machine is taking in right now. */
  readonly intake: ReadonlySignal<ReadonlyMap<VmGuid, string>>;
  /** Gives a machine the files the visitor picked. Does nothing while it takes in others. */
  give(vm: VmView, files: readonly File[]): void;
  dismissProblem(vm: VmGuid): void;
  /** Something about a machine went wrong here on the page. */
  report(vm: VmView, text: string): void;
  readonly consoles: ConsoleChoice;
}

const ownEventLimit = 50;

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

/** Opens the desk of one host. */
export function openDesk(host: UiHost): Desk {
  const chosen = signal<VmGuid | null>(null);
  const calls = signal<ReadonlyMap<VmGuid, { readonly action: Action }>>(new Map());
  const problems = signal<ReadonlyMap<VmGuid, string>>(new Map());
  const ownEvents = signal<readonly HostEvent[]>([]);
  const question = signal<Confirmation | null>(null);
  const intake = signal<ReadonlyMap<VmGuid, string>>(new Map());

  function tell(level: HostEvent["level"], vm: VmView, text: string): void {
    const event: HostEvent = { at: Date.now(), level, vm: vm.id, text };
    ownEvents.value = [event, ...ownEvents.value].slice(0, ownEventLimit);
  }

  function report(vm: VmView, text: string): void {
    problems.value = new Map(problems.value).set(vm.id, text);
    tell("error", vm, text);
  }

  async function takeIn(vm: VmView, files: readonly File[]): Promise<void> {
    const names = files.map((file) => file.name).join(", ");
    intake.value = new Map(intake.value).set(vm.id, names);
    problems.value = without(problems.value, vm.id);
    try {
      await host.giveDisk(vm.id, files);
      tell("info", vm, `Took in ${names}`);
    } catch (error) {
      report(vm, reasonSentence(error));
    } finally {
      intake.value = without(intake.value, vm.id);
    }
  }

  async function run(action: Action, vm: VmView, how = () => host[action](vm.id)): Promise<void> {
    const call = { action };
    calls.value = new Map(calls.value).set(vm.id, call);
    problems.value = without(problems.value, vm.id);
    try {
      await how();
    } catch (error) {
      // A call that Turn off has overtaken fails because of it; that is no news.
      if (calls.value.get(vm.id) === call) report(vm, reasonSentence(error));
    } finally {
      if (calls.value.get(vm.id) === call) calls.value = without(calls.value, vm.id);
    }
  }

  function availableNow(action: Action, vm: VmView): VmView | null {
    const now = host.vms.peek().find((other) => other.id === vm.id);
    if (now === undefined) return null;
    return isAvailable(action, now.state, calls.peek().get(vm.id)?.action ?? null) ? now : null;
  }

  return {
    host,
    consoles: openConsoleChoice(),
    report,
    selected: computed(
      () => host.vms.value.find((vm) => vm.id === chosen.value) ?? host.vms.value[0] ?? null,
    ),
    pending: computed(() => new Map([...calls.value].map(([vm, call]) => [vm, call.action]))),
    problems,
    events: computed(() => mergeEvents(host.events.value, ownEvents.value)),
    question,
    select(vm) {
      chosen.value = vm;
    },
    ask(action, vm) {
      const now = availableNow(action, vm);
      if (now === null) return;
      if (needsConfirmation(action)) question.value = { vm: now, action };
      else void run(action, now);
    },
    answer(goOn) {
      const asked = question.peek();
      question.value = null;
      if (!goOn || asked === null) return;
      const now = availableNow(asked.action, asked.vm);
      if (now !== null) void run(asked.action, now);
    },
    run(vm, start) {
      const now = availableNow("start", vm);
      if (now !== null) void run("start", now, start);
    },
    intake,
    give(vm, files) {
      if (files.length > 0 && !intake.peek().has(vm.id)) void takeIn(vm, files);
    },
    dismissProblem(vm) {
      problems.value = without(problems.value, vm);
    },
  };
}
