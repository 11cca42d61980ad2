import { HvError } from "../support/index.ts";

/** A server that takes a request and never answers must not hold a machine for ever. */
const longestWait = 20_000;

/** Does something that asks the site, and gives it up when no answer comes. @throws HvError `image.missing` then */
export async function patiently<T>(path: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(longestWait);
  try {
    return await work(signal);
  } catch (failure) {
    if (!signal.aborted) throw failure;
    throw new HvError(
      "image.missing",
      `The file ${path} could not be loaded (the server does not answer). Try again when it does.`,
    );
  }
}
