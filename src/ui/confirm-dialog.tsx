import type { Confirmation } from "./desk.ts";
import { Modal } from "./modal.tsx";

const words = {
  turnOff: {
    title: (name: string) => `Turn off ${name}?`,
    text: "This is like pulling the plug. The guest is not told: whatever it holds in memory and has not yet written to its disks is lost.",
    goOn: "Turn off",
  },
  reset: {
    title: (name: string) => `Reset ${name}?`,
    text: "The guest starts again from power-on without being told: whatever it holds in memory and has not yet written to its disks is lost.",
    goOn: "Reset",
  },
  deleteSavedState: {
    title: (name: string) => `Discard the saved state of ${name}?`,
    text: "The guest does not go on where it was: it starts from power-on next time, and whatever it held in memory and had not yet written to its disks is lost.",
    goOn: "Discard saved state",
  },
} as const;

/** Asks before a guest's memory is lost. The browser keeps the focus inside and gives it back. */
export function ConfirmDialog(props: {
  readonly question: Confirmation;
  readonly onAnswer: (goOn: boolean) => void;
}) {
  const { vm, action } = props.question;
  const word = words[action];
  return (
    <Modal
      class="confirm"
      labelledBy="confirm-title"
      describedBy="confirm-text"
      onClose={() => props.onAnswer(false)}
    >
      <h2 id="confirm-title">{word.title(vm.name)}</h2>
      <p id="confirm-text">{word.text}</p>
      <div class="confirm-buttons">
        <button
          type="button"
          class="button"
          // The harmless answer is the one a hasty Enter gives.
          autofocus
          onClick={() => props.onAnswer(false)}
        >
          Cancel
        </button>
        <button type="button" class="button button-danger" onClick={() => props.onAnswer(true)}>
          {word.goOn}
        </button>
      </div>
    </Modal>
  );
}
