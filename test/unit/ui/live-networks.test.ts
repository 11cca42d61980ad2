import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NetworkSession, NetworkSummary } from "../../../src/hvdef/index.ts";
import { openLiveNetworks } from "../../../src/ui/live-networks.ts";
import { network, networkId } from "./networks.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const unused = () => Promise.reject(new Error("not asked for here"));

function open(more: Partial<NetworkSession> = {}) {
  const state = { asked: 0, visible: true, list: [network("Lab")] as readonly NetworkSummary[] };
  const saved: { name: string; contents: Blob }[] = [];
  let told = (): void => {};
  const session: NetworkSession = {
    listNetworks: async () => {
      state.asked += 1;
      return state.list;
    },
    createNetwork: unused,
    changeNetwork: unused,
    removeNetwork: unused,
    connectUplink: unused,
    disconnectUplink: unused,
    networkTables: unused,
    ping: unused,
    startCapture: unused,
    stopCapture: unused,
    readCapture: unused,
    saveCapture: unused,
    shareFile: unused,
    unshareFile: unused,
    addAdapter: unused,
    removeAdapter: unused,
    changeAdapter: unused,
    ...more,
  };
  const host = openLiveNetworks(Promise.resolve(session), {
    save: (name, contents) => saved.push({ name, contents }),
    sight: {
      visible: () => state.visible,
      onChange(handler) {
        told = handler;
        return () => {};
      },
    },
  });
  return {
    host,
    state,
    saved,
    show(visible: boolean) {
      state.visible = visible;
      told();
    },
  };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const names = (host: ReturnType<typeof open>["host"]) =>
  host.networks.value?.networks.map(({ name }) => name) ?? null;

describe("networks are asked for", () => {
  test("once at the beginning, then only while somebody watches", async () => {
    const { host, state } = open();
    expect(host.networks.value).toBeNull();
    await pass(5000);
    expect([state.asked, names(host)]).toEqual([1, ["Lab"]]);
    const stop = host.watch();
    const other = host.watch();
    await pass(2000);
    expect(state.asked).toBe(6);
    stop();
    stop();
    await pass(1000);
    expect(state.asked).toBe(8);
    other();
    await pass(5000);
    expect(state.asked).toBe(8);
  });

  test("not while the page cannot be seen", async () => {
    const { host, state, show } = open();
    await pass(0);
    host.watch();
    await pass(0);
    show(false);
    const before = state.asked;
    await pass(5000);
    expect(state.asked).toBe(before);
    show(true);
    await pass(0);
    expect(state.asked).toBe(before + 1);
  });

  test("after each change, whether it was made or not", async () => {
    const { host, state } = open({
      createNetwork: async () => {
        state.list = [network("Lab"), network("New")];
        return networkId("New");
      },
    });
    const { id: _, uplinkState: _state, ports: _ports, ...wanted } = network("New");
    expect(await host.create(wanted)).toBe("New");
    expect(names(host)).toEqual(["Lab", "New"]);
    state.list = [];
    await expect(host.remove(networkId("Lab"))).rejects.toThrow("not asked for");
    expect(names(host)).toEqual([]);
  });

  test("why it cannot be asked is told until it can", async () => {
    const { host, state } = open();
    await pass(0);
    const failing = vi.fn(() => Promise.reject(new Error("the service is gone")));
    const broken = open({ listNetworks: failing });
    broken.host.watch();
    await pass(600);
    expect(broken.host.trouble.value).toBe("The service is gone.");
    host.watch();
    await pass(600);
    expect([host.trouble.value, state.asked > 1]).toEqual([null, true]);
  });
});

test("an answer to a question from before is no news", async () => {
  const answers: ((list: readonly NetworkSummary[]) => void)[] = [];
  const { host } = open({
    listNetworks: () => new Promise((resolve) => answers.push(resolve)),
    connectUplink: () => Promise.resolve(),
  });
  await pass(0);
  const connected = host.connectUplink(networkId("Lab"));
  await pass(0);
  answers[1]?.([network("After")]);
  await connected;
  answers[0]?.([network("Before")]);
  await pass(0);
  expect(names(host)).toEqual(["After"]);
});

test("a capture goes to the downloads", async () => {
  const { host, saved } = open({ saveCapture: async () => new Uint8Array([10, 13, 13, 10]) });
  await host.saveCapture(networkId("Lab"), "Lab.pcapng");
  expect([saved[0]?.name, saved[0]?.contents.size, saved[0]?.contents.type]).toEqual([
    "Lab.pcapng",
    4,
    "application/x-pcapng",
  ]);
});

describe("sharing a file", () => {
  test("hands over just its bytes, and refuses what memory is too small for", async () => {
    const given: { name: string; bytes: number[]; buffer: number }[] = [];
    const { host } = open({
      async shareFile(_, name, bytes) {
        given.push({ name, bytes: [...bytes], buffer: bytes.buffer.byteLength });
      },
    });
    const lab = networkId("Lab");
    await host.share(lab, "part", new Uint8Array(1000).fill(7).subarray(10, 12));
    await host.share(lab, "blob", new Blob(["ab"]));
    expect(given).toEqual([
      { name: "part", bytes: [7, 7], buffer: 2 },
      { name: "blob", bytes: [97, 98], buffer: 2 },
    ]);
    const large = new Blob([new Uint8Array(2 ** 26), "x"]);
    await expect(host.share(lab, "large", large)).rejects.toThrow("large is larger than 64 MiB");
    expect(given).toHaveLength(2);
  });
});
