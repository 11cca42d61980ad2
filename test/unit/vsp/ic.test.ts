import { describe, expect, test } from "vitest";
import {
  IcHeader,
  IcShutdown,
  IcTime,
  type IntegrationService,
  integrationServices,
} from "../../../src/hvdef/index.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import { type IcOutcome, icOffer, openIntegration, restoreIntegration } from "../../../src/vsp/index.ts";
import { bodyOf, headOf, labUtilities, labUtility } from "../../lab/integration.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The services of a machine that runs, over a clock turned by hand. */
function services(items = [{ key: "role", value: "web" }]) {
  const clock = manualClock(micros(1_000_000));
  const told: string[] = [];
  let wall = Date.UTC(2026, 0, 1);
  const options = {
    clock,
    wallClock: () => wall,
    facts: [{ key: "VirtualMachineName", value: "web01" }],
    items,
    changed: () => {},
    thawedLate: () => void told.push("thawed late"),
  };
  const integration = openIntegration(options);
  integration.goOn();
  return {
    integration,
    options,
    told,
    status: (service: IntegrationService) => integration.report(service).status,
    setWall(next: number) {
      wall = next;
    },
    pass(seconds: number, each: () => unknown = () => {}) {
      for (let second = 0; second < seconds; second++) {
        clock.advance(micros(1_000_000));
        wall += 1000;
        integration.tick();
        each();
      }
    },
  };
}

describe("negotiation", () => {
  test("of heartbeat is byte for byte what the reference has", () => {
    const { integration } = services();
    const utility = labUtility(integration.owner("heartbeat"));
    const [packet = new Uint8Array(0)] = utility.requests();
    expect(hex(packet)).toBe(
      "010000002c000000030000000000030000001800000000000103000002000200000000000300000001000000" +
        "0300000001000000",
    );
  });

  test("comes anew with every opening", () => {
    const { integration, status } = services();
    const utility = labUtility(integration.owner("shutdown"));
    utility.negotiate();
    expect(status("shutdown")).toBe("ok");
    utility.lab.close();
    expect(status("shutdown")).toBe("lostCommunication");
    utility.lab.open();
    expect(utility.requests().map((packet) => headOf(packet).messageType)).toEqual([0]);
    utility.negotiate([3, 0]);
    expect(integration.report("shutdown")).toEqual({ status: "degraded", version: "3.0" });
  });

  test.each([
    ["a version we have not named", [9, 9]],
    ["no version at all", [0, 0]],
  ] as const)("with %s is a mismatch, and nothing more is asked", (_what, version) => {
    const { integration, status, pass } = services();
    const utility = labUtility(integration.owner("timeSync"));
    utility.negotiate(version);
    pass(30);
    expect(status("timeSync")).toBe("mismatch");
    expect(utility.requests()).toEqual([]);
  });

  test("that is never answered is no contact, and is not asked again", () => {
    const { integration, status, pass } = services();
    const utility = labUtility(integration.owner("keyValuePair"));
    pass(120);
    expect(status("keyValuePair")).toBe("noContact");
    expect(utility.lab.sent.length).toBe(1);
  });

  test("each service has a device of its own", () => {
    const offers = integrationServices.map((service, place) => icOffer(service, (40 + place) as never));
    expect(new Set(offers.map(({ instance }) => instance)).size).toBe(5);
    expect(new Set(offers.map(({ interfaceType }) => interfaceType)).size).toBe(5);
  });
});

describe("heartbeat", () => {
  test("is OK while the guest counts on, and lost when it does not any more", () => {
    const { integration, status, pass } = services();
    const guest = labUtilities(integration.owner);
    expect(status("heartbeat")).toBe("noContact");
    guest.run();
    expect(status("heartbeat")).toBe("ok");
    pass(20, guest.run);
    // One every two seconds, after the first.
    expect(guest.at.heartbeat.lab.sent.length).toBe(12);
    pass(10);
    expect(status("heartbeat")).toBe("ok");
    pass(3);
    expect(status("heartbeat")).toBe("lostCommunication");
    guest.run();
    expect(status("heartbeat")).toBe("ok");
  });

  test("a paused guest is not silent", () => {
    const { integration, status, pass } = services();
    const guest = labUtilities(integration.owner);
    guest.run();
    pass(3);
    integration.hold();
    pass(300);
    expect(status("heartbeat")).toBe("ok");
    integration.goOn();
    pass(11);
    expect(status("heartbeat")).toBe("lostCommunication");
  });

  test("an answer that does not count is none", () => {
    const { integration, status } = services();
    const { lab, negotiate, answer } = labUtility(integration.owner("heartbeat"));
    negotiate();
    answer((body) => void body.fill(0xff));
    expect(status("heartbeat")).toBe("noContact");
    lab.close();
  });
});

describe("shutdown", () => {
  function asked(answer: "yes" | "no" | "nothing" | "goes") {
    const { integration, pass } = services();
    const utility = labUtility(integration.owner("shutdown"));
    const outcomes: IcOutcome[] = [];
    utility.negotiate();
    integration.shutDown("Power cut at six", (outcome) => void outcomes.push(outcome));
    const [packet = new Uint8Array(0)] = utility.requests();
    if (answer === "yes") utility.answer();
    if (answer === "no") utility.answer(() => 0x80004005);
    if (answer === "goes") utility.lab.close();
    pass(60);
    return { outcomes, packet, utility, integration };
  }
  test("asks in the whole message, with the text", () => {
    const { packet } = asked("yes");
    expect(packet.length).toBe(2088);
    const body = bodyOf(packet);
    const { flags, text } = IcShutdown.read(new DataView(body.buffer, body.byteOffset));
    expect(flags).toBe(0);
    expect(new TextDecoder("utf-16le").decode(text.subarray(0, 32))).toBe("Power cut at six");
  });
  test.each([
    ["yes", { kind: "done" }],
    ["no", { kind: "refused", status: 0x80004005 }],
    ["nothing", { kind: "silent" }],
    ["goes", { kind: "gone" }],
  ] as const)("a guest that answers %s", (answer, outcome) => {
    expect(asked(answer).outcomes).toEqual([outcome]);
  });
  test("an answer that comes too late is not the next one's", () => {
    const { utility, integration, outcomes } = asked("nothing");
    integration.shutDown("again", (outcome) => void outcomes.push(outcome));
    utility.answer(() => 0x80004005);
    expect(outcomes).toEqual([{ kind: "silent" }]);
    utility.answer();
    expect(outcomes).toEqual([{ kind: "silent" }, { kind: "done" }]);
  });
  test("of a guest that does not listen", () => {
    const outcomes: IcOutcome[] = [];
    services().integration.shutDown("", (outcome) => void outcomes.push(outcome));
    expect(outcomes).toEqual([{ kind: "gone" }]);
  });
});

describe("time synchronization", () => {
  const times = (packets: readonly Uint8Array<ArrayBuffer>[]) =>
    packets.map((packet) => IcTime.read(new DataView(packet.buffer, packet.byteOffset + IcHeader.size)));

  test("sets the clock once, then gives samples every five seconds", () => {
    const { integration, pass } = services();
    const { lab, negotiate, answer, requests } = labUtility(integration.owner("timeSync"));
    negotiate();
    answer();
    pass(11, () => requests().length > 0 && answer());
    const [first, ...others] = times(lab.sent.slice(1));
    expect(first?.parentTime).toBe(0x01dc7ab192810000n);
    expect(first?.flags).toBe(1);
    expect(others.map(({ flags }) => flags)).toEqual([2, 2]);
  });

  test("sets it again when the guest goes on, and when the host's clock is set", () => {
    const { integration, pass, setWall } = services();
    const { lab, negotiate, answer } = labUtility(integration.owner("timeSync"));
    negotiate();
    answer();
    integration.hold();
    pass(300);
    integration.goOn();
    expect(times(lab.sent.slice(2)).map(({ flags }) => flags)).toEqual([1]);
    answer();
    setWall(Date.UTC(2027, 0, 1));
    pass(1);
    expect(times(lab.sent.slice(3)).map(({ flags }) => flags)).toEqual([1]);
  });

  test("speaks the older message with an older guest", () => {
    const { integration } = services();
    const { lab, negotiate } = labUtility(integration.owner("timeSync"));
    negotiate([3, 0]);
    expect(lab.sent[1]?.length).toBe(28 + 25);
    expect(lab.sent[1]?.[28 + 24]).toBe(1);
    expect(integration.report("timeSync").status).toBe("degraded");
  });
});

describe("data exchange", () => {
  test("reads what the guest says and brings it what the host says", () => {
    const { integration } = services();
    const guest = labUtilities(integration.owner);
    guest.pools.set(0, new Map([["old", "gone"]]));
    guest.pools.set(1, new Map([["load", "3"]]));
    guest.run();
    expect(integration.pairs()).toEqual({
      intrinsic: [{ key: "OSName", value: "Debian" }],
      guest: [{ key: "load", value: "3" }],
      host: [{ key: "role", value: "web" }],
      delivered: true,
    });
    expect([...(guest.pools.get(0) ?? [])]).toEqual([["role", "web"]]);
    expect([...(guest.pools.get(3) ?? [])]).toEqual([["VirtualMachineName", "web01"]]);
    for (const packet of guest.at.keyValuePair.lab.sent.slice(1)) expect(packet.length).toBe(7460);
  });

  test("a change is brought at once, news of the guest with the next look", () => {
    const { integration, pass } = services();
    const guest = labUtilities(integration.owner);
    guest.run();
    guest.pools.get(2)?.set("NetworkAddressIPv4", "10.0.0.5");
    integration.setItems([
      { key: "role", value: "db" },
      { key: "zone", value: "2" },
    ]);
    expect(integration.pairs().delivered).toBe(false);
    guest.run();
    expect([...(guest.pools.get(0) ?? [])]).toEqual([
      ["role", "db"],
      ["zone", "2"],
    ]);
    expect(integration.pairs().delivered).toBe(true);
    expect(integration.pairs().intrinsic.length).toBe(1);
    pass(6, guest.run);
    expect(integration.pairs().intrinsic.length).toBe(1);
    pass(60, guest.run);
    expect(integration.pairs().intrinsic.length).toBe(2);
    guest.pools.get(2)?.delete("NetworkAddressIPv4");
    pass(5, () => {
      integration.pairs();
      guest.run();
    });
    expect(integration.pairs().intrinsic.length).toBe(1);
  });

  test("a change in the middle of a look is not forgotten", () => {
    const { integration } = services();
    const guest = labUtilities(integration.owner);
    guest.at.keyValuePair.negotiate();
    integration.setItems([]);
    guest.run();
    expect([...(guest.pools.get(0) ?? [])]).toEqual([]);
    expect(integration.pairs().delivered).toBe(true);
  });

  test("a guest whose list never ends, or that takes nothing, is not asked for ever", () => {
    const { integration } = services();
    const { lab, negotiate, answer, requests } = labUtility(integration.owner("keyValuePair"));
    negotiate();
    while (requests().length > 0) {
      answer((body) => {
        if (body[0] !== 3) return 0x80004005;
        body.set([1, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0x61], 8);
        return undefined;
      });
    }
    expect(lab.sent.length).toBeLessThan(3000);
    expect(integration.pairs().guest.length).toBeLessThanOrEqual(256);
    expect(integration.pairs().delivered).toBe(false);
  });

  test("a daemon that fails leaves what was known as it was", () => {
    const { integration, pass } = services();
    const guest = labUtilities(integration.owner);
    guest.run();
    pass(61);
    const { answer, requests } = guest.at.keyValuePair;
    while (requests().length > 0) answer(() => 0x80004005);
    expect(integration.pairs().intrinsic).toEqual([{ key: "OSName", value: "Debian" }]);
  });
});

describe("backup", () => {
  function frozen() {
    const lab = services();
    const guest = labUtilities(lab.integration.owner);
    const outcomes: IcOutcome[] = [];
    const done = (outcome: IcOutcome) => void outcomes.push(outcome);
    guest.run();
    lab.integration.freeze(done);
    return { ...lab, guest, outcomes, done };
  }
  test("checks, freezes, thaws and says that it is over", () => {
    const { integration, guest, outcomes, done } = frozen();
    expect(integration.freezing()).toBe("freezing");
    guest.run();
    expect(integration.freezing()).toBe("frozen");
    integration.thaw(done);
    guest.run();
    expect(integration.freezing()).toBe("thawed");
    expect(outcomes).toEqual([{ kind: "done" }, { kind: "done" }]);
    expect(guest.backup).toEqual([2, 5, 6, 4]);
  });
  test("thaws of itself after a minute", () => {
    const { integration, guest, told, pass } = frozen();
    guest.run();
    pass(60);
    expect(integration.freezing()).toBe("frozen");
    pass(2, guest.run);
    expect(integration.freezing()).toBe("thawed");
    expect(told).toEqual(["thawed late"]);
  });
  test("a thaw that comes before the freeze follows it", () => {
    const { integration, guest, outcomes, done } = frozen();
    guest.at.backup.answer();
    integration.thaw(done);
    guest.run();
    expect(integration.freezing()).toBe("thawed");
    expect(outcomes).toEqual([{ kind: "done" }, { kind: "done" }]);
    expect(guest.backup).toEqual([5, 6, 4]);
  });
  test("a thaw that comes before anything began ends it", () => {
    const { integration, guest, outcomes, done } = frozen();
    integration.thaw(done);
    guest.run();
    expect(integration.freezing()).toBe("thawed");
    expect(outcomes).toEqual([{ kind: "busy" }, { kind: "done" }]);
    expect(guest.backup).toEqual([2]);
  });
  test("a guest without its daemon refuses", () => {
    const { integration, guest, outcomes } = frozen();
    guest.at.backup.answer(() => 0x80004005);
    expect(outcomes).toEqual([{ kind: "refused", status: 0x80004005 }]);
    expect(integration.freezing()).toBe("thawed");
  });
  test("a guest that never says that it froze is thawed when it does", () => {
    const { integration, guest, outcomes, pass } = frozen();
    guest.at.backup.answer();
    pass(15 * 60 + 2);
    expect(outcomes).toEqual([{ kind: "silent" }]);
    guest.run();
    expect(guest.backup).toEqual([5, 6, 4]);
    expect(integration.freezing()).toBe("thawed");
  });
  test("a thaw that failed is tried again", () => {
    const { integration, guest, outcomes, done, pass } = frozen();
    guest.run();
    integration.thaw(done);
    guest.at.backup.answer(() => 0x80004005);
    expect(outcomes.at(-1)).toEqual({ kind: "refused", status: 0x80004005 });
    expect(integration.freezing()).toBe("frozen");
    pass(62, guest.run);
    expect(integration.freezing()).toBe("thawed");
  });
  test("ends with the guest", () => {
    const { integration, guest, outcomes } = frozen();
    guest.at.backup.lab.close();
    expect(outcomes).toEqual([{ kind: "gone" }]);
    expect(integration.freezing()).toBe("thawed");
  });
});

describe("a saved machine", () => {
  test("goes on: nothing is negotiated, the clock is set, a frozen guest is thawed", () => {
    const before = services();
    const guest = labUtilities(before.integration.owner);
    guest.run();
    before.integration.freeze(() => {});
    guest.run();
    const saved: unknown = JSON.parse(JSON.stringify(before.integration.save()));
    const restored = restoreIntegration(saved, before.options);
    if (restored.kind !== "restored") throw new Error(restored.text);
    const { integration } = restored;
    const after = labUtilities(integration.owner);
    integration.goOn();
    const types = integrationServices.map((service) =>
      after.at[service].requests().map((packet) => headOf(packet).messageType),
    );
    expect(types).toEqual([[], [4], [2], [1], []]);
    expect(integration.freezing()).toBe("frozen");
    integration.thaw(() => {});
    after.run();
    expect(after.backup).toEqual([6, 4]);
  });

  test("an answer to what was asked before the save frees the channel", () => {
    const before = services();
    const utility = labUtility(before.integration.owner("heartbeat"));
    utility.negotiate();
    const [asked = new Uint8Array(0)] = utility.requests();
    const restored = restoreIntegration(before.integration.save(), before.options);
    if (restored.kind !== "restored") throw new Error(restored.text);
    const after = labUtility(restored.integration.owner("heartbeat"));
    expect(after.requests()).toEqual([]);
    const reply = asked.slice();
    reply[IcHeader.at.flags] = 5;
    after.lab.request({ payload: reply, wantsCompletion: false });
    expect(after.requests().length).toBe(1);
  });

  test.each([
    ["nothing", null],
    ["another format", { format: 2 }],
    ["no lines", { format: 1, frozen: false }],
    ["a service in no state", { format: 1, frozen: false, lines: { heartbeat: { kind: "dancing" } } }],
  ])("%s is refused", (_what, saved) => {
    expect(restoreIntegration(saved, services().options).kind).toBe("refused");
  });
});
