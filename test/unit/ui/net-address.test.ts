import { describe, expect, test } from "vitest";
import {
  addressText,
  freeAddress,
  hostProblem,
  networkOf,
  overlap,
  ownAddressProblem,
  parseAddress,
  suggestedRange,
} from "../../../src/ui/net-address.ts";

const at = (text: string): number => parseAddress(text) ?? -1;

describe("addresses", () => {
  test("are four numbers, and come back as they were", () => {
    for (const text of ["0.0.0.0", "10.0.1.1", "192.168.100.254", "255.255.255.255"])
      expect(addressText(at(text))).toBe(text);
    expect(parseAddress(" 10.0.0.1 ")).toBe(at("10.0.0.1"));
  });

  test.each([
    "",
    "10.0.0",
    "10.0.0.1.2",
    "10.0.0.256",
    "10.0.0.01",
    "10.0.0.-1",
    "ten",
    "10.0.0.1/24",
    "1e1.0.0.1",
  ])("%j is none", (text) => expect(parseAddress(text)).toBeNull());

  test("the ends of a network stand for no host", () => {
    expect(networkOf(at("10.0.1.77"), 24)).toEqual({ first: at("10.0.1.0"), last: at("10.0.1.255") });
    expect(networkOf(at("200.1.2.3"), 8)).toEqual({ first: at("200.0.0.0"), last: at("200.255.255.255") });
    expect(ownAddressProblem("10.0.1.77", 24, "It")).toBeNull();
    expect(ownAddressProblem("10.0.1.0", 24, "It")).toBe(
      "10.0.1.0/24 is the network itself: choose an address in it.",
    );
    expect(ownAddressProblem("10.0.1.255", 24, "It")).toContain("broadcast");
    expect(ownAddressProblem("10.0.1.255", 16, "It")).toBeNull();
  });

  test("what cannot be a host says why", () => {
    expect(hostProblem("192.168.1.1", "It")).toBeNull();
    for (const [text, word] of [
      ["", "missing"],
      ["10.0.0", "no IPv4"],
      ["0.1.2.3", "begin with 0"],
      ["127.0.0.1", "127"],
      ["224.0.0.1", "below 224"],
      ["255.255.255.255", "below 224"],
    ] as const)
      expect(hostProblem(text, "It")).toContain(word);
  });
});

describe("a range to give away", () => {
  const range = (address: string, prefix: number) => suggestedRange(at(address), prefix);

  test("is a hundred of the network, without the address itself", () => {
    expect(range("10.0.1.1", 24)).toEqual({ from: "10.0.1.100", to: "10.0.1.199" });
    expect(range("10.0.1.120", 24)).toEqual({ from: "10.0.1.121", to: "10.0.1.199" });
    expect(range("10.0.1.190", 24)).toEqual({ from: "10.0.1.100", to: "10.0.1.189" });
  });

  test("fits small networks, to the smallest", () => {
    expect(range("10.0.1.1", 29)).toEqual({ from: "10.0.1.4", to: "10.0.1.6" });
    expect(range("10.0.1.1", 30)).toEqual({ from: "10.0.1.2", to: "10.0.1.2" });
    expect(range("10.0.1.2", 30)).toBeNull();
  });

  test("always lies between the ends of its network", () => {
    for (let prefix = 8; prefix <= 30; prefix += 1) {
      for (const host of ["10.20.30.41", "10.20.30.42", "10.20.30.254"]) {
        const found = range(host, prefix);
        if (found === null) continue;
        const { first, last } = networkOf(at(host), prefix);
        expect(at(found.from)).toBeGreaterThan(first);
        expect(at(found.to)).toBeLessThan(last);
        expect(at(found.from)).toBeLessThanOrEqual(at(found.to));
        expect(at(host) < at(found.from) || at(host) > at(found.to)).toBe(true);
      }
    }
  });
});

test("networks overlap when the smaller lies in the larger", () => {
  const wide = { address: "10.0.0.1", prefix: 16 };
  expect(overlap(wide, { address: "10.0.200.1", prefix: 24 })).toBe(true);
  expect(overlap({ address: "10.1.0.1", prefix: 24 }, wide)).toBe(false);
  expect(overlap(wide, { address: "half typed", prefix: 24 })).toBe(false);
});

test("a new network gets addresses that no other has", () => {
  expect(freeAddress([])).toEqual({ address: "10.0.1.1", prefix: 24 });
  expect(freeAddress([{ address: "10.0.1.9", prefix: 24 }])).toEqual({ address: "10.0.2.1", prefix: 24 });
  expect(freeAddress([{ address: "10.0.0.1", prefix: 8 }])).toEqual({ address: "192.168.100.1", prefix: 24 });
});
