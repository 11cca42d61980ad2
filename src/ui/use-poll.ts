import { useEffect } from "preact/hooks";
import { openPoll, type PollOptions } from "./poll.ts";
import { sightOf } from "./sight.ts";

/**
 * Asks again and again while the view is there and the page can be seen.
 * @param about  what is asked about; when it is another thing, the asking begins anew with the options of then
 */
export function usePoll<T>(about: readonly unknown[], options: () => PollOptions<T>): void {
  useEffect(() => {
    const poll = openPoll(options());
    const sight = sightOf(document);
    const follow = (): void => (sight.visible() ? poll.start() : poll.stop());
    const stop = sight.onChange(follow);
    follow();
    return () => {
      stop();
      poll.stop();
    };
  }, about);
}
