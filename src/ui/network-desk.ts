import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { NetworkId, NetworkSummary } from "../hvdef/index.ts";
import { type CaptureDesk, openCaptureDesk } from "./capture-desk.ts";
import type { Answer } from "./disk-desk.ts";
import { reasonSentence } from "./format.ts";
import type { NetworkHost } from "./host.ts";
import { type NetworkDraft, wantedNetwork } from "./network-draft.ts";

/** A dialog over the networks. */
export type NetworkDialog =
  | { readonly kind: "new" }
  | { readonly kind: "edit"; readonly id: NetworkId }
  | { readonly kind: "remove"; readonly id: NetworkId };

/** What the page itself knows of the networks: what is selected, asked, under way and gone wrong. */
export interface NetworkDesk {
  readonly host: NetworkHost;
  readonly networks: ReadonlySignal<readonly NetworkSummary[]>;
  readonly selected: ReadonlySignal<NetworkSummary | null>;
  readonly dialog: ReadonlySignal<NetworkDialog | null>;
  /** The network whose uplink is being connected or disconnected. */
  readonly linking: ReadonlySignal<NetworkId | null>;
  /** Why the last uplink could not be changed, and of which network. */
  readonly problem: ReadonlySignal<{ readonly id: NetworkId; readonly text: string } | null>;
  select(id: NetworkId): void;
  open(dialog: NetworkDialog): void;
  close(): void;
  dismissProblem(): void;
  /** Makes the network or changes it, whichever dialog is open. */
  save(draft: NetworkDraft, id: NetworkId | null): Promise<Answer>;
  remove(id: NetworkId): Promise<Answer>;
  /** Connects the uplink, or disconnects it where it is connected or tries to be. */
  toggleUplink(network: NetworkSummary): void;
  /** Tries a lost uplink at once, without waiting for its pause to end. */
  connectAgain(network: NetworkSummary): void;
  /** Its captures go on while other networks are looked at. */
  captureOf(id: NetworkId): CaptureDesk;
}

/** Whether Disconnect makes sense now. */
export function isLinked(network: Pick<NetworkSummary, "uplinkState">): boolean {
  const { kind } = network.uplinkState;
  return kind === "connecting" || kind === "up" || kind === "lost";
}

/** Networks in the order of the list: by name. */
function sorted(networks: readonly NetworkSummary[]): readonly NetworkSummary[] {
  return networks.toSorted((one, other) => one.name.localeCompare(other.name, "en"));
}

/** Opens the desk of the networks. */
export function openNetworkDesk(host: NetworkHost): NetworkDesk {
  const chosen = signal<NetworkId | null>(null);
  const successor = signal<NetworkId | null>(null);
  const dialog = signal<NetworkDialog | null>(null);
  const linking = signal<NetworkId | null>(null);
  const problem = signal<{ readonly id: NetworkId; readonly text: string } | null>(null);
  const captures = new Map<NetworkId, CaptureDesk>();
  const networks = computed(() => sorted(host.networks.value?.networks ?? []));
  const find = (id: NetworkId | null): NetworkSummary | undefined =>
    networks.value.find((network) => network.id === id);

  const captureIn = (id: NetworkId) => find(id)?.capture ?? null;
  host.networks.subscribe((sample) => {
    if (sample !== null) for (const [id, capture] of captures) capture.follow(captureIn(id));
  });

  async function link(network: NetworkSummary, connect: boolean): Promise<void> {
    linking.value = network.id;
    problem.value = null;
    try {
      await (connect ? host.connectUplink(network.id) : host.disconnectUplink(network.id));
    } catch (error) {
      problem.value = { id: network.id, text: reasonSentence(error) };
    } finally {
      linking.value = null;
    }
  }

  return {
    host,
    networks,
    selected: computed(() => find(chosen.value) ?? find(successor.value) ?? networks.value[0] ?? null),
    dialog,
    linking,
    problem,
    select(id) {
      chosen.value = id;
    },
    open(next) {
      dialog.value = next;
    },
    close() {
      dialog.value = null;
    },
    dismissProblem() {
      problem.value = null;
    },
    async save(draft, id) {
      try {
        const wanted = wantedNetwork(draft);
        if (id === null) chosen.value = await host.create(wanted);
        else await host.change({ ...wanted, id });
        return { kind: "done" };
      } catch (error) {
        return { kind: "refused", reason: reasonSentence(error) };
      }
    },
    async remove(id) {
      const place = networks.peek().findIndex((network) => network.id === id);
      const neighbour = networks.peek()[place + 1] ?? networks.peek()[place - 1];
      successor.value = neighbour?.id ?? null;
      try {
        await host.remove(id);
        captures.delete(id);
        return { kind: "done" };
      } catch (error) {
        return { kind: "refused", reason: reasonSentence(error) };
      }
    },
    toggleUplink(network) {
      if (linking.peek() === null && network.uplink !== null) void link(network, !isLinked(network));
    },
    connectAgain(network) {
      if (linking.peek() === null && network.uplink !== null) void link(network, true);
    },
    captureOf(id) {
      const known = captures.get(id);
      if (known !== undefined) return known;
      const fresh = openCaptureDesk(host, id);
      fresh.follow(captureIn(id));
      captures.set(id, fresh);
      return fresh;
    },
  };
}
