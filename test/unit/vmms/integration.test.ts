import { describe, expect, test } from "vitest";
import type { IntegrationService } from "../../../src/hvdef/index.ts";
import {
  parseIntegration,
  usualIntegration,
  withItem,
  withoutItem,
} from "../../../src/vmms/integration/rules.ts";
import { labUtilities } from "../../lab/integration.ts";
import {
  codeOf,
  labVm,
  type MemoryHostOptions,
  openMemoryHost,
  textOf,
  web01,
} from "../../lab/memory-host.ts";
import { labStore } from "../../lab/memory-store.ts";

const file = `${web01}.integration.json`;
const all: readonly IntegrationService[] = ["shutdown", "timeSync", "keyValuePair", "heartbeat", "backup"];

/** A machine that runs, and its guest, which has loaded hv_utils and answers whenever `run` is called. */
async function running(options: MemoryHostOptions = {}) {
  const host = await openMemoryHost({ machines: [labVm({ drives: [], firstDisks: [] })], ...options });
  await host.session.start(web01);
  const guest = labUtilities(host.utilities().integration.owner);
  guest.run();
  const statusOf = async (service: IntegrationService) =>
    (await host.summary()).integration.find((one) => one.service === service)?.status;
  return { host, guest, statusOf };
}

describe("a machine's integration services", () => {
  test("are all enabled, off while it is off, and say how they do while it runs", async () => {
    const { host, statusOf } = await running();
    const { integration } = await host.summary();
    expect(integration.map(({ service }) => service)).toEqual(all);
    expect(integration.map(({ status }) => status)).toEqual(all.map(() => "ok"));
    expect(integration.find(({ service }) => service === "heartbeat")?.version).toBe("3.0");
    await host.live(15);
    expect(await statusOf("heartbeat")).toBe("lostCommunication");
    expect(host.events()).toContain("warning: The guest of web01 does not answer its heartbeat any more.");
    await host.session.turnOff(web01);
    expect((await host.summary()).integration.map(({ status }) => status)).toEqual(all.map(() => "off"));
  });

  test("are offered when enabled, at the start, live and after a reload", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept, machines: [labVm({ drives: [], firstDisks: [] })] });
    await host.session.setIntegrationService(web01, "backup", false);
    await host.session.start(web01);
    const channels = () => host.configurations.at(-1)?.offers.map(({ channel }) => channel);
    expect(channels()).toEqual([1, 57, 58, 56, 48, 49, 50, 51]);
    await host.session.setIntegrationService(web01, "heartbeat", false);
    await host.session.setIntegrationService(web01, "backup", true);
    expect(host.offered).toEqual([
      [1, 57, 58, 56, 48, 49, 50],
      [1, 57, 58, 56, 48, 49, 50, 52],
    ]);
    await host.session.turnOff(web01);
    const again = await openMemoryHost({ kept, machines: [labVm({ drives: [], firstDisks: [] })] });
    const enabled = (await again.summary()).integration.filter(({ enabled }) => enabled);
    expect(enabled.map(({ service }) => service)).toEqual(["shutdown", "timeSync", "keyValuePair", "backup"]);
  });

  test("a disabled one has no contact to lose", async () => {
    const { host, guest, statusOf } = await running();
    await host.session.setIntegrationService(web01, "heartbeat", false);
    guest.at.heartbeat.lab.close();
    expect(await statusOf("heartbeat")).toBe("off");
    await host.session.setIntegrationService(web01, "heartbeat", true);
    expect(await statusOf("heartbeat")).toBe("noContact");
  });

  test("a service nobody knows is refused", async () => {
    const { host } = await running();
    expect(await codeOf(host.session.setIntegrationService(web01, "dance" as never, true))).toBe(
      "ic.unknown",
    );
  });

  test("a guest that restarts starts anew with all of them", async () => {
    const { host, guest, statusOf } = await running();
    const { partition } = await host.summary();
    if (partition === null) throw new Error("it does not run");
    for (const service of all) guest.at[service].lab.close();
    expect(await statusOf("heartbeat")).toBe("lostCommunication");
    await host.session.partitionRestarted(partition);
    expect(await statusOf("heartbeat")).toBe("noContact");
    expect(host.events()).toContain("info: The guest of web01 restarted the machine.");
  });

  test("a paused machine's guest is not silent", async () => {
    const { host, statusOf } = await running();
    await host.session.pause(web01);
    await host.live(300);
    expect(await statusOf("heartbeat")).toBe("ok");
    await host.session.resume(web01);
    await host.live(15);
    expect(await statusOf("heartbeat")).toBe("lostCommunication");
  });
});

describe("Shut Down", () => {
  test("asks the guest; its end is that of the machine", async () => {
    const { host, guest } = await running();
    const done = host.session.shutDown(web01, "good night");
    expect((await host.summary()).shutdown).toBe("asked");
    guest.run();
    await done;
    const { partition } = await host.summary();
    if (partition === null) throw new Error("it does not run");
    await host.session.partitionGone(partition, { kind: "poweredOff" });
    expect(await host.summary()).toMatchObject({ state: "off", shutdown: "none", trouble: null });
  });

  test("a guest that goes on running is overdue after a minute, and is not asked twice", async () => {
    const { host, guest } = await running();
    const done = host.session.shutDown(web01, "");
    guest.run();
    await done;
    await host.live(59, guest.run);
    expect((await host.summary()).shutdown).toBe("asked");
    expect(await codeOf(host.session.shutDown(web01, ""))).toBe("ic.busy");
    await host.live(2, guest.run);
    expect((await host.summary()).shutdown).toBe("overdue");
    expect(host.events()).toContain("warning: web01 was asked to shut down a minute ago and still runs.");
    const again = host.session.shutDown(web01, "");
    expect((await host.summary()).shutdown).toBe("asked");
    guest.run();
    await again;
    await host.session.reset(web01);
    expect((await host.summary()).shutdown).toBe("none");
  });

  test("a guest that restarts instead is not waited for", async () => {
    const { host, guest, statusOf } = await running();
    const done = host.session.shutDown(web01, "");
    guest.run();
    await done;
    const { partition } = await host.summary();
    if (partition === null) throw new Error("it does not run");
    for (const service of all) guest.at[service].lab.close();
    await host.session.partitionRestarted(partition);
    expect((await host.summary()).shutdown).toBe("none");
    expect(host.events()).toContain(
      "warning: The guest of web01 was asked to shut down and has restarted instead.",
    );
    expect(await statusOf("heartbeat")).toBe("noContact");
    await host.live(70);
    expect(host.events().join()).not.toContain("still runs");
  });

  test("a guest that does not answer is overdue at once", async () => {
    const { host } = await running();
    const done = codeOf(host.session.shutDown(web01, ""));
    await host.live(32);
    expect(await done).toBe("ic.noAnswer");
    expect((await host.summary()).shutdown).toBe("overdue");
  });

  test("a guest that refuses goes on as before", async () => {
    const { host, guest } = await running();
    const done = textOf(host.session.shutDown(web01, ""));
    guest.at.shutdown.answer(() => 0x80004005);
    expect(await done).toContain("refused (0x80004005)");
    expect((await host.summary()).shutdown).toBe("none");
  });

  test("says why it cannot be: off, disabled, not loaded", async () => {
    const host = await openMemoryHost({ machines: [labVm({ drives: [], firstDisks: [] })] });
    expect(await codeOf(host.session.shutDown(web01, ""))).toBe("vm.state");
    await host.session.start(web01);
    expect(await textOf(host.session.shutDown(web01, ""))).toContain("turn it off");
    expect(await codeOf(host.session.shutDown(web01, ""))).toBe("ic.noContact");
    await host.session.setIntegrationService(web01, "shutdown", false);
    expect(await codeOf(host.session.shutDown(web01, ""))).toBe("ic.disabled");
    expect((await host.summary()).shutdown).toBe("none");
  });

  test("a machine that is turned off meanwhile does not keep anybody waiting", async () => {
    const { host, guest } = await running();
    const done = codeOf(host.session.shutDown(web01, ""));
    guest.at.shutdown.lab.close();
    await host.session.turnOff(web01);
    expect(await done).toBe("ic.noContact");
  });
});

describe("key-value pairs", () => {
  test("of the host are kept, brought to the guest and taken from it", async () => {
    const kept = labStore();
    const { host, guest } = await running({ kept });
    await host.session.setKeyValuePair(web01, { key: "role", value: "web" });
    await host.session.setKeyValuePair(web01, { key: "zone", value: "1" });
    await host.session.setKeyValuePair(web01, { key: "zone", value: "2" });
    await host.session.removeKeyValuePair(web01, "role");
    guest.run();
    expect([...(guest.pools.get(0) ?? [])]).toEqual([["zone", "2"]]);
    expect(guest.pools.get(3)?.get("VirtualMachineName")).toBe("web01");
    expect(await host.session.keyValuePairs(web01)).toEqual({
      intrinsic: [{ key: "OSName", value: "Debian" }],
      guest: [],
      host: [{ key: "zone", value: "2" }],
      delivered: true,
    });
    const again = await openMemoryHost({ kept, machines: [labVm({ drives: [], firstDisks: [] })] });
    const { host: items, delivered } = await again.session.keyValuePairs(web01);
    expect(items).toEqual([{ key: "zone", value: "2" }]);
    expect(delivered).toBe(false);
  });

  test.each([
    [{ key: "", value: "" }],
    [{ key: "a\nb", value: "" }],
    [{ key: "a".repeat(256), value: "" }],
    [{ key: "ü".repeat(255), value: "ü".repeat(1024) }],
    [{ key: "a", value: "€".repeat(700) }],
    [{ key: "a", value: "b\0c" }],
  ])("%o is refused", (pair) => {
    expect(() => withItem(usualIntegration, pair)).toThrow();
  });

  test("there are not too many, and none is removed twice", () => {
    let settings = usualIntegration;
    for (let place = 0; place < 64; place++) settings = withItem(settings, { key: `${place}`, value: "" });
    expect(() => withItem(settings, { key: "64", value: "" })).toThrow("remove one first");
    expect(withItem(settings, { key: "63", value: "x" }).items.length).toBe(64);
    expect(() => withoutItem(withoutItem(settings, "1"), "1")).toThrow("no item called 1");
  });

  test("what was kept and makes no sense is put beside", async () => {
    for (const text of ["", "{}", '{"format":1,"disabled":[],"items":[{"key":1}]}'])
      expect(() => parseIntegration(text)).toThrow();
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    await host.session.setIntegrationService(web01, "backup", false);
    const stored = await kept.open(file, { access: "write", holder: "a test" });
    stored.writeAt(0, new TextEncoder().encode("?"));
    stored[Symbol.dispose]();
    const again = await openMemoryHost({ kept });
    expect((await again.summary()).integration.every(({ enabled }) => enabled)).toBe(true);
    expect(await kept.has(`${file}.damaged`)).toBe(true);
  });
});

describe("freezing a guest", () => {
  test("and thawing it shows in its summary", async () => {
    const { host, guest } = await running();
    const frozen = host.session.freezeGuest(web01);
    expect((await host.summary()).freeze).toBe("freezing");
    expect(await codeOf(host.session.freezeGuest(web01))).toBe("ic.busy");
    guest.run();
    await frozen;
    expect((await host.summary()).freeze).toBe("frozen");
    expect(await codeOf(host.session.setIntegrationService(web01, "backup", false))).toBe("ic.busy");
    const thawed = host.session.thawGuest(web01);
    guest.run();
    await thawed;
    expect((await host.summary()).freeze).toBe("thawed");
    expect(guest.backup).toEqual([2, 5, 6, 4]);
  });

  test("that nobody thaws ends after a minute, and says so", async () => {
    const { host, guest } = await running();
    const frozen = host.session.freezeGuest(web01);
    guest.run();
    await frozen;
    await host.live(63, guest.run);
    expect((await host.summary()).freeze).toBe("thawed");
    expect(host.events()).toContain(
      "warning: The guest of web01 was frozen for a minute: its writes go on now.",
    );
  });

  test("without its daemon says which one it needs", async () => {
    const { host, guest } = await running();
    const frozen = textOf(host.session.freezeGuest(web01));
    guest.at.backup.answer(() => 0x80004005);
    expect(await frozen).toContain("hv_vss_daemon");
  });
});
