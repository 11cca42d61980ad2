/** The guess before anything was measured, microseconds. @rfc 6298 2.1 */
const firstGuess = 1_000_000;
/**
 * Least time before sending again. RFC 6298 2.4 asks for one second; like other systems we use less, but well
 * above the delayed acknowledgements of the other side (40 to 200 ms).
 */
const leastTimeout = 250_000;
/** Most, even after doubling. @rfc 6298 2.5 */
const mostTimeout = 60_000_000;
/** How exactly time is kept: the usual pace of `tick`. */
const granularity = 10_000;

/** What is known of the time to the other side and back, in microseconds. */
export interface RoundTrip {
  /** Smoothed time and its variation; negative before the first measurement. */
  smoothed: number;
  variation: number;
  /** How often the timeout was doubled since something new was acknowledged. */
  doubled: number;
}

/** Nothing measured yet. */
export function freshRoundTrip(): RoundTrip {
  return { smoothed: -1, variation: 0, doubled: 0 };
}

/** Takes a measurement of a segment that was sent only once. @rfc 6298 2.2 2.3 3 */
export function measured(trip: RoundTrip, time: number): void {
  if (trip.smoothed < 0) {
    trip.smoothed = time;
    trip.variation = time / 2;
    return;
  }
  trip.variation = 0.75 * trip.variation + 0.25 * Math.abs(trip.smoothed - time);
  trip.smoothed = 0.875 * trip.smoothed + 0.125 * time;
}

/** Time until an unanswered segment is sent again. @rfc 6298 2.3 5.5 */
export function timeoutOf(trip: RoundTrip): number {
  const plain = trip.smoothed < 0 ? firstGuess : trip.smoothed + Math.max(granularity, 4 * trip.variation);
  // 2^16 times the least timeout is beyond the most already.
  return Math.min(mostTimeout, Math.max(leastTimeout, plain) * 2 ** Math.min(trip.doubled, 16));
}
