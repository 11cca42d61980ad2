import type { IntegrationStatus } from "../../hvdef/index.ts";
import type { AnyBytes, Clock, InspectNode } from "../../support/index.ts";
import type { Channel, ChannelHandlers, ChannelOwner, ChannelRequest } from "../../vmbus/index.ts";
import { type IcAnswer, type IcVersions, icNegotiation, icRequest, readIcAnswer } from "./message.ts";
import { type IcEvent, type IcState, type IcStep, stepIc } from "./negotiate.ts";
import type { IcProtocol } from "./offer.ts";

/** What a service wants to hear of its line. */
export interface LineEvents {
  /** The guest speaks with us; `free` follows. */
  agreed(): void;
  /** A request may be sent. */
  free(): void;
  /** The guest is gone, and with it whatever it was asked. */
  closed(): void;
}

/** A line to the guest's end of one service. It carries one request at a time. */
export interface IcLine {
  readonly owner: ChannelOwner;
  /** What was agreed on; `null` when nothing is. */
  versions(): IcVersions | null;
  /**
   * Sends a request. `answered` is called once, unless the channel closes first or the guest never answers.
   * @returns whether it was sent: not before agreement, nor while another is unanswered
   */
  ask(body: AnyBytes, answered: (answer: IcAnswer) => void): boolean;
  /** Microseconds for which the guest has owed an answer to a request; 0 when it owes none. */
  silence(): number;
  /** @param patience  microseconds of silence that are no trouble yet */
  status(patience: number): IntegrationStatus;
  /** What was before does not count any more: the service is disabled, or its machine starts anew. */
  forget(): void;
  state(): IcState;
  inspect(): InspectNode;
}

/** What a line is made of. */
export interface LineOptions {
  readonly protocol: IcProtocol;
  /** Stands still while the guest does. */
  readonly clock: Clock;
  /** State of a saved machine, which the first opening goes on with. */
  readonly saved: IcState | null;
  readonly events: LineEvents;
}

const nothing = new Uint8Array(0);

/** Opens a line. Its owner is called for every opening of the channel, of which at most one is alive. */
export function openIcLine({ protocol, clock, saved, events }: LineOptions): IcLine {
  let state: IcState = { kind: "closed" };
  let resume = saved;
  let live: Channel | null = null;
  let waiting: ((answer: IcAnswer) => void) | null = null;
  let askedAt = 0;
  let next = 0;
  let hadContact = false;
  const counters = { requests: 0, answers: 0, strange: 0 };

  function step(event: IcEvent): IcStep["action"] {
    const after = stepIc(state, event, protocol);
    state = after.state;
    return after.action;
  }
  function transaction(): number {
    next = (next + 1) & 0xff;
    return next;
  }
  function opened(channel: Channel): void {
    live = channel;
    if (resume !== null && resume.kind !== "closed") goOn(resume);
    else {
      step({ kind: "opened", transaction: transaction() });
      channel.send(icNegotiation(protocol.versions, next));
    }
    resume = null;
  }
  /** The guest knows nothing of having been saved: what it was asked it will still answer. */
  function goOn(before: IcState): void {
    state = before;
    askedAt = clock.now();
    if (before.kind === "negotiating" || before.kind === "agreed") next = before.asked ?? 0;
    if (before.kind === "agreed") tellAgreed();
  }
  function tellAgreed(): void {
    hadContact = true;
    events.agreed();
    events.free();
  }
  function take({ payload, wantsCompletion, transactionId }: ChannelRequest): void {
    if (wantsCompletion) live?.complete(transactionId, nothing);
    const answer = readIcAnswer(payload);
    const action = answer === null ? "refused" : step({ kind: "answer", answer });
    if (answer === null || action === "refused") {
      counters.strange++;
      return;
    }
    counters.answers++;
    if (action === "agreed") tellAgreed();
    if (action !== "answered") return;
    const done = waiting;
    waiting = null;
    done?.(answer);
    events.free();
  }

  return {
    owner(channel): ChannelHandlers {
      return {
        opened: () => opened(channel),
        request: (request) => {
          if (live === channel) take(request);
        },
        closed() {
          if (live !== channel) return;
          live = null;
          waiting = null;
          step({ kind: "closed" });
          events.closed();
        },
      };
    },
    versions: () => (state.kind === "agreed" ? state.versions : null),
    ask(body, answered) {
      const number = transaction();
      if (step({ kind: "ask", transaction: number }) !== "send" || state.kind !== "agreed") return false;
      waiting = answered;
      askedAt = clock.now();
      counters.requests++;
      const { versions } = state;
      live?.send(icRequest({ versions, message: protocol.message, transaction: number }, body));
      return true;
    },
    silence,
    status(patience) {
      if (state.kind === "mismatch") return "mismatch";
      if (state.kind !== "agreed") return hadContact ? "lostCommunication" : "noContact";
      if (silence() > patience) return "lostCommunication";
      const [best] = protocol.versions;
      const { major, minor } = state.versions.message;
      return best?.major === major && best.minor === minor ? "ok" : "degraded";
    },
    forget() {
      hadContact = false;
    },
    state: () => state,
    inspect: () => ({ state: state.kind, ...counters, silence: silence() }),
  };

  function silence(): number {
    return state.kind === "agreed" && state.asked !== null ? clock.now() - askedAt : 0;
  }
}
