import { describe, expect, test } from "vitest";
import { checkMac } from "../../../src/ui/mac-text.ts";
import { serverProblem } from "../../../src/ui/server-address.ts";
import {
  checkVlan,
  checkVlanList,
  vlanColour,
  vlanColours,
  vlanListText,
  vlanMark,
  vlanWords,
} from "../../../src/ui/vlan-text.ts";

describe("a MAC address", () => {
  test.each(["00-15-5D-01-0A-03", "00:15:5d:01:0a:03", "0015.5d01.0a03", " 00155d010a03 "])(
    "%j is taken",
    (typed) => expect(checkMac(typed)).toEqual({ kind: "mac", mac: "00-15-5D-01-0A-03" }),
  );

  test.each([
    ["", "Give it"],
    ["00-15-5D-01-0A", "this has 10"],
    ["00-15-5D-01-0A-0G", "0 to 9"],
    ["00-00-00-00-00-00", "zeros"],
    ["01-15-5D-01-0A-03", "group"],
    ["FF-FF-FF-FF-FF-FF", "group"],
  ])("%j is refused", (typed, word) => {
    const check = checkMac(typed);
    expect(check.kind === "wrong" ? check.reason : "").toContain(word);
  });
});

describe("VLANs", () => {
  test("go from 1 to 4094", () => {
    expect(checkVlan("1")).toEqual({ kind: "vlan", vlan: 1 });
    expect(checkVlan(" 4094 ")).toEqual({ kind: "vlan", vlan: 4094 });
    for (const typed of ["", "0", "4095", "-1", "1.5", "x", "1e3"])
      expect(checkVlan(typed).kind).toBe("wrong");
  });

  test("a list is numbers and ranges, sorted, each once", () => {
    expect(checkVlanList("200, 1-3,2, 3 - 4")).toEqual({ kind: "list", list: [1, 2, 3, 4, 200] });
    expect(checkVlanList("1-4094")).toMatchObject({ kind: "list" });
  });

  test.each([
    ["", "Say which"],
    ["1,,2", "is no number"],
    ["20-10", "ends before"],
    ["0-5", "1 to 4094"],
    ["4095", "1 to 4094"],
    ["99999", "is no number"],
    ["a", "is no number"],
  ])("%j is no list", (typed, word) => {
    const check = checkVlanList(typed);
    expect(check.kind === "wrong" ? check.reason : "").toContain(word);
  });

  test("a list is told with ranges, and read back", () => {
    expect(vlanListText([20, 10, 11, 12, 10])).toBe("10-12, 20");
    expect(checkVlanList(vlanListText([1, 2, 5]))).toEqual({ kind: "list", list: [1, 2, 5] });
  });

  test("words, marks and colours", () => {
    const trunk = { kind: "trunk", native: 7, allowed: [10, 11] } as const;
    const all = {
      kind: "trunk",
      native: 0,
      allowed: Array.from({ length: 4094 }, (_, id) => id + 1),
    } as const;
    expect(vlanWords({ kind: "untagged" })).toBe("untagged");
    expect(vlanWords({ kind: "access", id: 10 })).toBe("VLAN 10");
    expect(vlanWords(trunk)).toBe("trunk 10-11, native 7");
    expect(vlanWords(all)).toBe("trunk of all VLANs");
    expect([vlanMark({ kind: "untagged" }), vlanMark({ kind: "access", id: 10 }), vlanMark(trunk)]).toEqual([
      null,
      "10",
      "trunk",
    ]);
    expect(vlanColour({ kind: "untagged" })).toBe(0);
    expect(vlanColour({ kind: "access", id: 0 })).toBe(0);
    expect(vlanColour(trunk)).toBe("trunk");
    const colours = [10, 20, 30, 40].map((id) => vlanColour({ kind: "access", id }));
    expect(new Set(colours).size).toBe(4);
    for (let id = 1; id <= 4094; id += 1) {
      const colour = Number(vlanColour({ kind: "access", id }));
      expect(colour >= 1 && colour <= vlanColours).toBe(true);
    }
  });
});

describe("the address of a server", () => {
  const plain = { isSecure: false };
  const secure = { isSecure: true };

  test("is a WebSocket's", () => {
    expect(serverProblem("wss://relay.example/x?y=1", "relay", secure)).toBeNull();
    expect(serverProblem("ws://relay.example:8080", "relay", plain)).toBeNull();
    expect(serverProblem("wisps://wisp.example/", "wisp", secure)).toBeNull();
    expect(serverProblem("ws://127.0.0.1:6001/", "wisp", secure)).toBeNull();
    expect(serverProblem("ws://localhost:6001/", "relay", secure)).toBeNull();
  });

  test.each([
    ["", "missing"],
    ["relay.example", "start with ws"],
    ["https://relay.example", "start with ws"],
    ["wisp://relay.example", "start with ws"],
    ["wss://", "not complete"],
    ["wss://relay example/", "not complete"],
    ["wss://relay.example/#x", "after #"],
    ["wss://me:secret@relay.example/", "password"],
    ["ws://relay.example/", "secure connection"],
    [`wss://relay.example/${"x".repeat(1100)}`, "longer"],
  ])("%j cannot be a relay's", (typed, word) =>
    expect(serverProblem(typed, "relay", secure)).toContain(word),
  );

  test("a Wisp server's ends with a slash", () => {
    expect(serverProblem("wss://wisp.example/room", "wisp", plain)).toContain("end with /");
  });
});
