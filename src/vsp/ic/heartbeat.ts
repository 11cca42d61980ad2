import { IcHeartbeat, type IntegrationStatus } from "../../hvdef/index.ts";
import { openIcLine } from "./line.ts";
import { type IcAnswer, viewOf } from "./message.ts";
import { icProtocol } from "./offer.ts";
import type { IcService, ServiceOptions } from "./service.ts";

/** Microseconds between two beats, as in Hyper-V; less what a tick may come early. */
const period = 2_000_000 - 200_000;
/** Microseconds without an answer after which the guest has stopped. Reason: five beats of Hyper-V's. */
const patience = 10_000_000;

/** Asks the guest's kernel every two seconds whether it is there. @ic 2 */
export function openHeartbeat({ clock, saved, changed }: ServiceOptions): IcService {
  let sequence = 0n;
  let sentAt = Number.NEGATIVE_INFINITY;
  let beats = false;
  let strange = 0;
  const line = openIcLine({
    protocol: icProtocol("heartbeat"),
    clock,
    saved,
    events: {
      agreed() {
        beats = false;
        sentAt = Number.NEGATIVE_INFINITY;
      },
      free: beat,
      closed: changed,
    },
  });

  function beat(): void {
    if (clock.now() - sentAt < period) return;
    if (line.ask(IcHeartbeat.bytes({ sequence, reserved: new Uint8Array(32) }), take)) sentAt = clock.now();
  }
  function take({ body }: IcAnswer): void {
    const answered = body.length >= IcHeartbeat.size ? IcHeartbeat.read(viewOf(body)).sequence : null;
    if (answered !== BigInt.asUintN(64, sequence + 1n)) {
      strange++;
      return;
    }
    sequence = answered;
    beats = true;
    changed();
  }
  return {
    line,
    tick: beat,
    wentOn() {},
    status(): IntegrationStatus {
      const status = line.status(patience);
      return (status === "ok" || status === "degraded") && !beats ? "noContact" : status;
    },
    inspect: () => ({ beats: String(sequence), strange, ...line.inspect() }),
  };
}
