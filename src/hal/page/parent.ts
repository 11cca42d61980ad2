import type { HostNotice, HypervisorApi, ObservedSession } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import { callContract, serveContract } from "../rpc.ts";
import type { DiskIntake, ParentReport, ParentStart } from "../start-messages.ts";

/** The parent worker of one host, as the page holds it. */
export interface ParentLine {
  /** Settles when machines can be started; `storageRefused` says why disks live in memory only. */
  readonly ready: Promise<{ readonly storageRefused: string | null }>;
  readonly session: ObservedSession;
  readonly intake: DiskIntake;
  /** WmiSession is called here, by whoever opens it first. */
  readonly wmi: MessagePort;
  /** Rejects with a sentence when the worker ends or cannot start. */
  readonly gone: Promise<never>;
}

/** Longest wait for a sign of life. Reason: opening the browser's storage took under a second in the worst case seen. */
const patience = 20_000;

/**
 * Starts talking to a parent worker, which this line owns from now on.
 *
 * @param hypervisor  what the parent may call on this thread
 */
export function openParent(
  worker: Worker,
  base: string,
  serve: { readonly hypervisor: HypervisorApi; notice(notice: HostNotice): void },
): ParentLine {
  const ready = Promise.withResolvers<{ readonly storageRefused: string | null }>();
  const gone = Promise.withResolvers<never>();
  const session = new MessageChannel();
  const wmi = new MessageChannel();
  const hypervisor = new MessageChannel();
  const notices = new MessageChannel();
  const intake = new MessageChannel();

  function fail(reason: string): void {
    const failure = new HvError("host.gone", reason);
    ready.reject(failure);
    gone.reject(failure);
  }
  const silence = setTimeout(() => fail("The management service does not answer."), patience);
  ready.promise.catch(() => {}).finally(() => clearTimeout(silence));
  gone.promise.catch(() => {});
  worker.onerror = (event) => {
    event.preventDefault();
    fail(`The management service stopped: ${event.message || "its worker could not be started"}.`);
  };
  worker.onmessage = (event: MessageEvent<ParentReport>) => {
    if (event.data.kind === "ready") ready.resolve(event.data);
    else fail(`The management service could not start: ${event.data.reason}`);
  };
  worker.onmessageerror = () => fail("The management service said something that cannot be read.");
  notices.port1.onmessage = (event: MessageEvent<HostNotice>) => serve.notice(event.data);
  serveContract<HypervisorApi>(hypervisor.port1, serve.hypervisor);
  const start: ParentStart = {
    kind: "start",
    session: session.port2,
    wmi: wmi.port2,
    hypervisor: hypervisor.port2,
    notices: notices.port2,
    intake: intake.port2,
    base,
  };
  worker.postMessage(start, [start.session, start.wmi, start.hypervisor, start.notices, start.intake]);
  return {
    ready: ready.promise,
    session: callContract<ObservedSession>(session.port1, gone.promise),
    intake: callContract<DiskIntake>(intake.port1, gone.promise),
    wmi: wmi.port1,
    gone: gone.promise,
  };
}
