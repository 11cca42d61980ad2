import { signal } from "@preact/signals";
import { type NetworkSession, sharedFileBytes } from "../hvdef/index.ts";
import { reasonSentence } from "./format.ts";
import type { NetworkHost } from "./host.ts";
import type { NetworksSample } from "./network-rates.ts";
import { openPoll } from "./poll.ts";
import type { Sight } from "./sight.ts";

/** What the page itself does for networks. */
export interface NetworkGate {
  /** Hands a file to the browser's downloads. */
  save(name: string, contents: Blob): void;
  readonly sight: Sight;
}

const askEveryMs = 500;

/**
 * Opens the networks' face. They are asked for while somebody watches and the page can be seen, and after each
 * change.
 *
 * @param session  settles when the parent answers; actions wait for it
 */
export function openLiveNetworks(session: Promise<NetworkSession>, gate: NetworkGate): NetworkHost {
  const networks = signal<NetworksSample | null>(null);
  const trouble = signal<string | null>(null);
  let watchers = 0;
  // Answers to questions asked before a change was made are stale when they come after it.
  let lastTold = 0;
  let asked = 0;

  async function refresh(): Promise<void> {
    asked += 1;
    const mine = asked;
    const found = await (await session).listNetworks();
    if (mine < lastTold) return;
    lastTold = mine;
    networks.value = { at: Date.now(), networks: found };
    trouble.value = null;
  }
  const poll = openPoll({
    ask: refresh,
    everyMs: askEveryMs,
    onAnswer() {},
    onFailure(reason) {
      trouble.value = reasonSentence(reason);
    },
  });
  const follow = (): void => (watchers > 0 && gate.sight.visible() ? poll.start() : poll.stop());
  gate.sight.onChange(follow);
  // Machines say which networks they are on: the names are wanted before anybody watches.
  refresh().catch(() => {});

  /** Makes a change and asks how things are after it, whether it was made or not. */
  async function changed<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      await refresh().catch(() => {});
    }
  }
  const to = <T>(make: (host: NetworkSession) => Promise<T>): Promise<T> => changed(session.then(make));

  return {
    networks,
    trouble,
    watch() {
      let watching = true;
      watchers += 1;
      follow();
      return () => {
        if (watching) watchers -= 1;
        watching = false;
        follow();
      };
    },
    create: (wanted) => to((host) => host.createNetwork(wanted)),
    change: (network) => to((host) => host.changeNetwork(network)),
    remove: (network) => to((host) => host.removeNetwork(network)),
    connectUplink: (network) => to((host) => host.connectUplink(network)),
    disconnectUplink: (network) => to((host) => host.disconnectUplink(network)),
    tables: async (network) => (await session).networkTables(network),
    ping: async (network, address, count) => (await session).ping(network, address, count),
    startCapture: (network, port) => to((host) => host.startCapture(network, port)),
    stopCapture: (network) => to((host) => host.stopCapture(network)),
    readCapture: async (network, wanted) => (await session).readCapture(network, wanted),
    async saveCapture(network, fileName) {
      const bytes = await (await session).saveCapture(network);
      gate.save(fileName, new Blob([bytes], { type: "application/x-pcapng" }));
    },
    async share(network, name, contents) {
      const size = contents instanceof Blob ? contents.size : contents.byteLength;
      if (size > sharedFileBytes) throw new Error(tooLarge(name));
      // A copy of just these bytes: a message takes the whole buffer, of which they may be a small part.
      const bytes =
        contents instanceof Blob ? new Uint8Array(await contents.arrayBuffer()) : contents.slice();
      await (await session).shareFile(network, name, bytes);
    },
    unshare: async (network, name) => (await session).unshareFile(network, name),
    addAdapter: (vm, adapter) => to((host) => host.addAdapter(vm, adapter)),
    removeAdapter: (vm, type, index) => to((host) => host.removeAdapter(vm, type, index)),
    changeAdapter: (vm, adapter) => to((host) => host.changeAdapter(vm, adapter)),
  };
}

function tooLarge(name: string): string {
  return `${name} is larger than ${sharedFileBytes / 2 ** 20} MiB, and shared files are kept in memory. Give it to a guest on a disk instead: import it into the disk library.`;
}
