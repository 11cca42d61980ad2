import type { Clock } from "../../support/index.ts";
import type { Parcel } from "./parcel.ts";

/** Addresses asked for at a time; the oldest question makes room. */
const questionLimit = 64;
/** Between two questions for one address, microseconds. @rfc 1122 2.3.2.1 */
const askEvery = 1_000_000;
const askTimes = 3;

interface Question {
  tries: number;
  askAt: number;
  /** What goes out once there is an answer: the newest only. */
  parcel: Parcel;
}

/** Addresses whose neighbour has not answered yet, with one parcel each. */
export interface Questions {
  readonly size: number;
  /** Asks, or goes on asking with this parcel in place of the one before. */
  add(ip: number, parcel: Parcel): void;
  /** The address has answered: its parcel, which is now the caller's, or `null` when nobody had asked. */
  answered(ip: number): Parcel | null;
  /** Asks again, or gives up. */
  tick(): void;
  giveUpAll(): void;
}

/** Opens an empty list. `ask` puts a question on the wire; `giveUp` gets what nobody answered for. */
export function openQuestions(
  clock: Clock,
  ask: (ip: number) => void,
  giveUp: (parcel: Parcel) => void,
): Questions {
  const open = new Map<number, Question>();

  function drop(ip: number, question: Question): void {
    open.delete(ip);
    giveUp(question.parcel);
  }

  return {
    get size() {
      return open.size;
    },
    add(ip, parcel) {
      const before = open.get(ip);
      if (before !== undefined) {
        // What was sent last is what its sender still cares about.
        before.parcel = parcel;
        return;
      }
      for (const [oldest, question] of open) {
        if (open.size < questionLimit) break;
        drop(oldest, question);
      }
      open.set(ip, { tries: 1, askAt: clock.now() + askEvery, parcel });
      ask(ip);
    },
    answered(ip) {
      const question = open.get(ip);
      open.delete(ip);
      return question?.parcel ?? null;
    },
    tick() {
      const now = clock.now();
      for (const [ip, question] of open) {
        if (now < question.askAt) continue;
        if (question.tries === askTimes) {
          drop(ip, question);
          continue;
        }
        question.tries++;
        question.askAt = now + askEvery;
        ask(ip);
      }
    },
    giveUpAll() {
      for (const [ip, question] of open) drop(ip, question);
    },
  };
}
