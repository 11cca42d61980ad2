import { describe, expect, test } from "vitest";
import { filterLimit, openDissector, parseFilter } from "../../../src/network/index.ts";
import { conversation } from "../../lab/conversation.ts";

const dissector = openDissector();
const frames = conversation().map((bytes, place) =>
  dissector.decode({ bytes, length: bytes.length, port: place % 2 === 0 ? "web01" : 'a "quoted" port' }),
);
const broken = dissector.decode({ bytes: new Uint8Array(9), length: 9, port: "web01" });

/** How many frames of the conversation pass. */
function passing(text: string): number {
  const outcome = parseFilter(text);
  if (outcome.kind === "wrong") throw new Error(outcome.text);
  return frames.filter(outcome.matches).length;
}

const all = frames.length;

test.each([
  ["", all],
  ["   ", all],
  ["eth", all],
  ["arp", 4],
  ["icmp", 5],
  ["dhcp", 4],
  ["dns", 10],
  ["ntp", 2],
  ["http", 2],
  ["tcp", 8],
  ["udp", 17],
  ["vlan", 3],
  ["malformed", 0],
  ["tcp.port == 80", 8],
  ["tcp.port == 0x50", 8],
  ["tcp.port==443", 0],
  ["udp.port == 53", 10],
  ["udp.port == 80", 0],
  ["vlan.id == 5", 2],
  ["vlan.id == 17", 1],
  ["vlan.id != 5", all - 2],
  ["ip.addr == 255.255.255.255", 4],
  ["ip.src == 0.0.0.0", 2],
  ["ip.dst == 0.0.0.0", 0],
  ["eth.addr == ff-ff-ff-ff-ff-ff", 7],
  ["eth.addr == FF:ff:FF:ff:FF:ff", 7],
  ["eth.dst == FFFFFFFFFFFF", 7],
  ["eth.src == FF-FF-FF-FF-FF-FF", 0],
  ["eth.addr == 00-15-5D-01-0A-03", all - 2],
  ['port == "web01"', Math.ceil(all / 2)],
  ['port == "WEB01"', 0],
  ['port == "a \\"quoted\\" port"', Math.floor(all / 2)],
  ["tcp and not http", 6],
  ["TCP AND NOT HTTP", 6],
  ["tcp && !http", 6],
  ["arp or icmp and vlan", 6],
  ["(arp or icmp) and vlan", 3],
  ["not arp and not icmp", all - 9],
  ["not (arp || icmp)", all - 9],
  ["not not not arp", all - 4],
  ["(((arp)))", 4],
])("%s", (text, count) => {
  expect(passing(text)).toBe(count);
});

test("malformed frames can be asked for", () => {
  const outcome = parseFilter("malformed and not eth");
  expect(outcome.kind === "filter" && outcome.matches(broken)).toBe(true);
});

describe("mistakes have a place and say what was expected", () => {
  test.each([
    ["tcp.port = 80", 9, 1, '"==" or "!=" behind tcp.port'],
    ["tcp.port", 8, 0, '"==" or "!=" behind tcp.port'],
    ["tcp.port == eighty", 12, 6, "a number from 0 to 65535"],
    ["tcp.port == 65536", 12, 5, "a number from 0 to 65535"],
    ["vlan.id == 4096", 11, 4, "a number from 0 to 4095"],
    ["vlan.id ==", 10, 0, "a number from 0 to 4095"],
    ["ip.addr == 10.0.0", 11, 6, "an IPv4 address, such as 10.0.0.5"],
    ["ip.addr == 10.0.0.256", 11, 10, "an IPv4 address, such as 10.0.0.5"],
    ["ip.addr == 010.0.0.5", 11, 9, "an IPv4 address, such as 10.0.0.5"],
    ["eth.addr == 00-15-5D-01-0A", 12, 14, "a MAC address, such as 00-15-5D-01-0A-03"],
    ["port == web01", 8, 5, 'the name of a port in quotes, such as "web01"'],
    ['port == "web01', 8, 6, 'the name of a port in quotes, such as "web01"'],
    ["arp icmp", 4, 4, '"and", "or" or the end'],
    ["arp and", 7, 0, 'a protocol, a field, "not" or a parenthesis'],
    ["(arp", 4, 0, '"and", "or" or a closing parenthesis'],
    ["arp)", 3, 1, '"and", "or" or the end'],
    ["()", 1, 1, 'a protocol, a field, "not" or a parenthesis'],
    ["arp & icmp", 4, 1, '"and", "or" or the end'],
    ["and arp", 0, 3, 'a protocol, a field, "not" or a parenthesis'],
    ["80 == tcp.port", 0, 2, expect.stringContaining("one of eth, vlan, arp")],
    ["smtp", 0, 4, expect.stringContaining("tcp.port")],
  ])("%s", (text, at, length, expected) => {
    expect(parseFilter(text)).toMatchObject({ kind: "wrong", at, length, expected });
  });

  test("in a sentence", () => {
    expect(parseFilter("tcp.port == eighty")).toMatchObject({
      text: 'Expected a number from 0 to 65535 at character 13, but there is "eighty".',
    });
    expect(parseFilter("arp and")).toMatchObject({ text: expect.stringMatching(/, but the filter ends\.$/) });
    expect(parseFilter('port == "x')).toMatchObject({
      text: expect.stringMatching(/^The closing quote is missing/),
    });
    expect(parseFilter("arp § icmp")).toMatchObject({
      text: expect.stringMatching(/^"§" means nothing here/),
    });
  });

  test("long and deep ones are refused", () => {
    expect(parseFilter(" ".repeat(filterLimit + 1))).toMatchObject({ kind: "wrong", at: filterLimit });
    expect(parseFilter(`${"(".repeat(900)}arp${")".repeat(900)}`)).toMatchObject({
      kind: "wrong",
      expected: "at most 50 levels of parentheses",
    });
    expect(parseFilter(`${"not ".repeat(400)}arp`)).toMatchObject({ kind: "wrong" });
    expect(passing(Array.from({ length: 250 }, () => "arp").join(" or "))).toBe(4);
  });
});
