import type { CimInstance, CimValue, PropertySet } from "../../../wmi/index.ts";
import type { Call } from "../../run/machine.ts";
import type { Value } from "../../values/value.ts";
import { jobFailed, refusedWith } from "./failures.ts";

/** All objects that a query finds. */
export async function query({ frame, session }: Call, wql: string): Promise<readonly CimInstance[]> {
  const answer = await frame.machine.until(session.query(wql));
  return answer.kind === "objects" ? answer.objects : [];
}

/** A text within a query. */
export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

/** A text that a property has; empty when it has none. */
export function textOf({ properties }: Pick<CimInstance, "properties">, name: string): string {
  const found = properties[name] ?? null;
  return typeof found === "string" ? found : "";
}

/** A number that a property has, as a script has it; `null` when it has none. */
export function wholeOf({ properties }: Pick<CimInstance, "properties">, name: string): bigint | null {
  const found = properties[name] ?? null;
  if (typeof found === "bigint") return found;
  return typeof found === "number" && Number.isInteger(found) ? BigInt(found) : null;
}

/** The first text of a property that is an array; empty when there is none. */
export function firstOf({ properties }: Pick<CimInstance, "properties">, name: string): string {
  const found = properties[name] ?? null;
  const first = Array.isArray(found) ? found[0] : null;
  return typeof first === "string" ? first : "";
}

const services = {
  machines: "Msvm_VirtualSystemManagementService",
  disks: "Msvm_ImageManagementService",
  networks: "Msvm_VirtualSwitchManagementService",
} as const;

/** A call of a method, and what a person calls it. */
export interface Asked {
  readonly path: string;
  readonly method: string;
  readonly parameters: PropertySet;
  /** What is being done, for a failure: `Starting 'web01'`. */
  readonly what: string;
  /** What it is about. */
  readonly target: Value;
}

/** Calls a method and waits until its job is over. @throws ScriptError when the host refuses or the job fails */
export async function ask(
  call: Call,
  { path, method, parameters, what, target }: Asked,
): Promise<PropertySet> {
  const { frame, session } = call;
  const { returnValue, out } = await frame.machine.until(session.invoke(path, method, parameters));
  if (returnValue === 4096) await waitForJob(call, String(out["Job"] ?? ""), { what, target });
  else if (returnValue !== 0) throw refusedWith(what, returnValue, target);
  return out;
}

/** As {@link ask}, of one of the services. */
export async function askService(
  call: Call,
  service: keyof typeof services,
  asked: Omit<Asked, "path">,
): Promise<PropertySet> {
  const [found] = await call.frame.machine.until(call.session.enumerate(services[service]));
  return ask(call, { ...asked, path: found?.path ?? "" });
}

const over = { completed: 7n, terminated: 8n };

/** Waits for the end of a job: events tell of every step. Whoever stops waiting leaves the job at its work. */
async function waitForJob(
  call: Call,
  path: string,
  { what, target }: Pick<Asked, "what" | "target">,
): Promise<void> {
  let percent = -1n;
  await waitUntil(call, "CIM_ConcreteJob", async () => {
    const job = await call.session.get(path);
    const state = wholeOf(job, "JobState") ?? 0n;
    if (state === over.terminated)
      throw jobFailed(what, { text: "It was cancelled.", hresult: null }, target);
    if (state > over.completed) {
      const code = wholeOf(job, "JobCompletionStatusCode") ?? 0n;
      const text = textOf(job, "ErrorDescription") || "The job failed.";
      throw jobFailed(what, { text, hresult: code === 0n ? null : Number(code) }, target);
    }
    const now = wholeOf(job, "PercentComplete") ?? 0n;
    if (now !== percent && state < over.completed) {
      percent = now;
      call.frame.machine.write({ stream: "progress", text: `${what}: ${now} %\n`, colour: null });
    }
    return state === over.completed;
  });
}

/** Looks at something after each change of an object of a class, until it is as wanted. */
export async function waitUntil(
  { frame, session }: Call,
  className: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const { machine } = frame;
  const changes = await machine.until(
    session.subscribe(`SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA ${quoted(className)}`),
  );
  try {
    while (!(await machine.until(isSo()))) {
      const { over: ended } = await machine.until(session.next(changes));
      if (ended) return;
    }
  } finally {
    session.unsubscribe(changes).catch(() => {});
  }
}

/** An object to hand over: only what it changes. */
export function setting(className: string, properties: { readonly [name: string]: CimValue }): CimInstance {
  return { className, path: null, properties };
}
