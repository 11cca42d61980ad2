import type { PointerMovement } from "../../../hvdef/index.ts";

/** Most that one report of an emulated mouse can say. */
const farthest = 255;
const mostNotches = 7;
/** Most that is remembered of movements that wait: no pointer has farther to go. */
export const farthestJoined = 0x7fff;

const within = (value: number, most: number): number => Math.max(-most, Math.min(most, Math.trunc(value)));

/** Two movements as one; the buttons are as the later says. */
export function joinMovements(before: PointerMovement, after: PointerMovement): PointerMovement {
  return {
    kind: "relative",
    dx: within(before.dx + after.dx, farthestJoined),
    dy: within(before.dy + after.dy, farthestJoined),
    buttons: after.buttons,
    wheel: within(before.wheel + after.wheel, farthestJoined),
  };
}

/** As much of a movement as one report can say, and what is left of it. */
export function nearMovement(movement: PointerMovement): {
  readonly now: PointerMovement;
  readonly rest: PointerMovement | null;
} {
  const { buttons } = movement;
  const dx = within(movement.dx, farthest);
  const dy = within(movement.dy, farthest);
  const wheel = within(movement.wheel, mostNotches);
  const rest = joinMovements(movement, { kind: "relative", dx: -dx, dy: -dy, buttons, wheel: -wheel });
  const over = rest.dx === 0 && rest.dy === 0 && rest.wheel === 0;
  return { now: { kind: "relative", dx, dy, buttons, wheel }, rest: over ? null : rest };
}
