import type { ComponentChildren } from "preact";
import { ActionBar } from "./action-bar.tsx";
import { type Action, actionUnderWay } from "./actions.ts";
import { asSentence, formatBytes } from "./format.ts";
import type { VmView } from "./host.ts";
import { Problem } from "./problem.tsx";

function Problems(props: {
  readonly vm: VmView;
  readonly problem: string | null;
  readonly onDismiss: () => void;
  readonly onTurnOff: () => void;
}) {
  const trouble = props.vm.trouble === null ? null : asSentence(props.vm.trouble);
  return (
    <>
      {props.problem === null ? null : (
        <Problem kind="error" text={props.problem} onDismiss={props.onDismiss} />
      )}
      {trouble === null || trouble === props.problem ? null : <Problem kind="error" text={trouble} />}
      {props.vm.shutdown === "overdue" ? (
        <Problem
          kind="warning"
          text={`${props.vm.name} was asked to shut down and still runs. Its guest may need longer, or wait for somebody at its console. Turn off ends it without asking: what it has not written to its disks is lost.`}
          wayOut={{ label: "Turn off…", onPress: props.onTurnOff }}
        />
      ) : null}
      {props.vm.notResponding ? (
        <Problem
          kind="warning"
          text="The machine's worker has not reported for a while. Its guest may be busy; if it stays silent, Turn off ends it."
        />
      ) : null}
    </>
  );
}

/** The selected machine: what it is, what can be done, what went wrong, and its console. */
export function MachinePane(props: {
  readonly vm: VmView;
  readonly pending: Action | null;
  readonly problem: string | null;
  /** Start is warm. */
  readonly startsWarm: boolean;
  /** Another place on the page offers the likely action already. */
  readonly quietActions: boolean;
  readonly onAsk: (action: Action) => void;
  readonly onDismiss: () => void;
  /** Its drives, adapters and services, and its console. */
  readonly children: ComponentChildren;
}) {
  const { vm } = props;
  const busy = actionUnderWay(vm.state, props.pending) !== null;
  return (
    <section class="pane machine" aria-labelledby="machine-title" aria-busy={busy}>
      <div class="machine-head">
        <h2 id="machine-title" class="machine-title">
          {vm.name}
        </h2>
        <ActionBar
          vm={vm}
          quiet={props.quietActions}
          startsWarm={props.startsWarm}
          pending={props.pending}
          onAsk={props.onAsk}
        />
        {vm.description === "" ? null : <p class="machine-about">{vm.description}</p>}
        <dl class="machine-facts">
          <div>
            <dt>Memory</dt>
            <dd>{formatBytes(vm.memoryBytes)}</dd>
          </div>
        </dl>
        <div class={busy ? "progress progress-busy" : "progress"} aria-hidden="true" />
      </div>
      <Problems
        vm={vm}
        problem={props.problem}
        onDismiss={props.onDismiss}
        onTurnOff={() => props.onAsk("turnOff")}
      />
      {props.children}
    </section>
  );
}
