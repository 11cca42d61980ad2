import { type Action, actionButtons, needsConfirmation } from "./actions.ts";
import type { VmView } from "./host.ts";
import { ActionIcon } from "./icons.tsx";

/**
 * What can be done with the selected machine. Buttons that make no sense now stay in place and in the
 * tab order, so that the focus is never lost when a state changes under it.
 */
export function ActionBar(props: {
  readonly vm: VmView;
  /** Start is warm: Cold boot is beside it. */
  readonly startsWarm: boolean;
  /** No button stands out. */
  readonly quiet: boolean;
  readonly pending: Action | null;
  readonly onAsk: (action: Action) => void;
}) {
  return (
    <div class="action-bar" role="toolbar" aria-label={`Actions for ${props.vm.name}`}>
      {actionButtons(props.vm.state, props.pending, {
        shutdown: props.vm.shutdown,
        startsWarm: props.startsWarm,
      }).map((button, place) => (
        <button
          // Start, Pause and Resume share one place, Cold boot, Save and Discard another: the focus stays.
          key={place < 2 ? place : button.action}
          type="button"
          class={button.primary && !props.quiet ? "button button-primary" : "button"}
          data-action={button.action}
          aria-disabled={!button.available}
          aria-haspopup={needsConfirmation(button.action) ? "dialog" : undefined}
          onClick={() => button.available && props.onAsk(button.action)}
        >
          <ActionIcon action={button.action} />
          {button.label}
        </button>
      ))}
    </div>
  );
}
