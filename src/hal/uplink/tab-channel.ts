import type { JoinChannel } from "../../network/index.ts";

/** Joins a channel that every tab and worker of the origin hears, except the one that posts. */
export const joinTabChannel: JoinChannel = (name, heard) => {
  const channel = new BroadcastChannel(name);
  let open = true;
  channel.onmessage = (event: MessageEvent<unknown>) => {
    if (open) heard(event.data);
  };
  // A message that could not be read back: as good as any other that is not ours.
  channel.onmessageerror = () => {
    if (open) heard(null);
  };
  return {
    post: (message) => channel.postMessage(message),
    [Symbol.dispose]() {
      open = false;
      channel.close();
    },
  };
};

/** Runs an action when the current task is over, before anything else runs. */
export function afterThisTask(action: () => void): void {
  queueMicrotask(action);
}
