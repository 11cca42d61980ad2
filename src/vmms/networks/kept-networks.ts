import type { NetworkConfiguration, NetworkId } from "../../hvdef/index.ts";
import { assemble, HvError, openTurns, reasonOf } from "../../support/index.ts";
import type { FileStore } from "../file-store.ts";
import { loadText, saveText } from "../kept-text.ts";
import { checkNetwork, parseNetworks } from "./rules.ts";

const keptName = "networks.json";
const damagedName = `${keptName}.damaged`;
/** Held while the file is read, changed and written: another tab waits for it. */
const lockName = `${keptName}.lock`;

const textOf = (networks: readonly NetworkConfiguration[]): string => JSON.stringify({ format: 1, networks });
const byId = (networks: readonly NetworkConfiguration[]): Map<NetworkId, NetworkConfiguration> =>
  new Map(networks.map((network) => [network.id, network]));
const isSame = (one: NetworkConfiguration | undefined, other: NetworkConfiguration | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** The file of the networks, which all tabs of this site have in common. */
export interface KeptNetworks {
  /** What the file holds; `null`: there is none, or it was no use and lies beside now. */
  load(): Promise<readonly NetworkConfiguration[] | null>;
  /** Keeps networks that cannot be opened beside the file, so that its next change does not lose them. */
  putAside(networks: readonly NetworkConfiguration[]): Promise<void>;
  /**
   * Brings what changed here since the last time into the file; all else in it stays as other tabs left it. Calls
   * wait for each other.
   *
   * @param now  the networks of this tab when its turn comes
   * @throws HvError when another tab's network is in the way, or whatever the store refuses with; the file stays
   */
  save(now: () => readonly NetworkConfiguration[]): Promise<void>;
}

/** What keeping needs. */
export interface KeepingSurroundings {
  readonly store: FileStore;
  tell(level: "info" | "warning" | "error", text: string): void;
}

/** Opens the file of the networks. */
export function openKeptNetworks({ store, tell }: KeepingSurroundings): KeptNetworks {
  /** As the networks of this tab were when they last agreed with the file. */
  let settled = new Map<NetworkId, NetworkConfiguration>();
  const turns = openTurns();

  async function read(): Promise<readonly NetworkConfiguration[] | null> {
    try {
      const text = await loadText(store, keptName);
      return text === null ? null : parseNetworks(text);
    } catch (failure) {
      // Kept beside, so that nothing is lost. A file that another tab holds stays where it is.
      await store.rename(keptName, damagedName).catch(() => {});
      tell("warning", `The networks kept here cannot be used (${reasonOf(failure)}). They are put aside.`);
      return null;
    }
  }
  async function lock(): Promise<Disposable> {
    try {
      return await store.open(lockName, { access: "write", holder: "the management service" });
    } catch (failure) {
      if (!(failure instanceof HvError) || failure.code !== "storage.inUse") throw failure;
      const text =
        "Another tab of this browser changes its networks at this moment. Nothing was changed here: try again.";
      throw new HvError("network.busy", text, { hresult: 0x80070020, cause: failure });
    }
  }
  async function bring(mine: readonly NetworkConfiguration[]): Promise<void> {
    const found = await read();
    // Without a file all of them are new to it.
    const { merged, overruled } = mergeNetworks(found === null ? new Map() : settled, mine, found ?? []);
    await saveText(store, keptName, textOf(merged));
    settled = byId(mine);
    for (const name of overruled)
      tell("warning", `The network ${name} was changed in another tab too. What was saved here holds now.`);
  }
  return {
    async load() {
      const found = await read();
      settled = byId(found ?? []);
      return found;
    },
    putAside: (networks) => saveText(store, damagedName, textOf(networks)),
    save: (now) =>
      turns.take(() =>
        assemble(async (scope) => {
          scope.own(await lock());
          await bring(now());
        }),
      ),
  };
}

/**
 * Joins what this tab changed with what the file holds. A network that did not change here is as the file says, and
 * gone when it is gone there; one that did, is as it is here.
 *
 * @param settled  as this tab's networks were when they last agreed with the file
 * @throws HvError `network.*` when a network of this tab and one of another tab cannot both be
 */
function mergeNetworks(
  settled: ReadonlyMap<NetworkId, NetworkConfiguration>,
  mine: readonly NetworkConfiguration[],
  theirs: readonly NetworkConfiguration[],
): { readonly merged: readonly NetworkConfiguration[]; readonly overruled: readonly string[] } {
  const changed = mine.filter((network) => !isSame(network, settled.get(network.id)));
  const changedIds = byId(changed);
  const here = byId(mine);
  const removed = (id: NetworkId): boolean => settled.has(id) && !here.has(id);
  const rest = theirs.filter(({ id }) => !changedIds.has(id) && !removed(id));
  for (const network of changed) {
    try {
      checkNetwork(network, rest);
    } catch (failure) {
      if (!(failure instanceof HvError)) throw failure;
      const text = `${failure.message} It was made in another tab of this browser: reload this page to see it.`;
      throw new HvError(failure.code, text, { hresult: 0x80070057 });
    }
  }
  const overruled = changed
    .filter(({ id }) => settled.has(id))
    .filter(
      ({ id }) =>
        !isSame(
          theirs.find((one) => one.id === id),
          settled.get(id),
        ),
    )
    .map(({ name }) => name);
  const inPlace = theirs
    .filter(({ id }) => !removed(id))
    .map((network) => changedIds.get(network.id) ?? network);
  const added = changed.filter(({ id }) => !inPlace.some((one) => one.id === id));
  return { merged: [...inPlace, ...added], overruled };
}
