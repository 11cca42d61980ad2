/** Time of an echo, `0.84 ms`; `null`: it did not come. */
export function echoWords(micros: number | null): string {
  if (micros === null) return "no answer";
  if (micros < 1000) return `${Math.round(micros)} µs`;
  const millis = micros / 1000;
  return `${millis < 10 ? millis.toFixed(2) : millis.toFixed(millis < 100 ? 1 : 0)} ms`;
}

/** What a row of echoes amounts to. */
export function pingSentence(echoes: readonly (number | null)[]): string {
  const came = echoes.filter((echo) => echo !== null);
  if (came.length === 0) return `None of ${echoes.length} echoes was answered.`;
  const sum = came.reduce((total, echo) => total + echo, 0);
  const [least, mean, most] = [Math.min(...came), sum / came.length, Math.max(...came)].map(echoWords);
  const lost = echoes.length - came.length;
  const told = lost === 0 ? "All" : `${came.length}`;
  return `${told} of ${echoes.length} echoes answered: ${least} at least, ${mean} on average, ${most} at most.`;
}
