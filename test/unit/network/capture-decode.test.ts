import { describe, expect, test } from "vitest";
import { type DecodedFrame, type Field, openDissector } from "../../../src/network/index.ts";
import { conversation } from "../../lab/conversation.ts";
import {
  arp,
  ascii,
  clientIp,
  clientMac,
  dhcp,
  dns,
  dnsName,
  ethernet,
  flag,
  ip,
  ipv4,
  joined,
  serverMac,
  tcp,
  u16,
  udp,
} from "../../lab/wire.ts";

function decode(bytes: Uint8Array, length = bytes.length): DecodedFrame {
  return openDissector().decode({ bytes, length, port: "web01" });
}

function allFields(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => [field, ...allFields(field.children ?? [])]);
}

function value(frame: DecodedFrame, name: string): string | undefined {
  return allFields(frame.layers).find((field) => field.name === name)?.value;
}

describe("a guest's life in lines", () => {
  const dissector = openDissector();
  const frames = conversation().map((bytes) =>
    dissector.decode({ bytes, length: bytes.length, port: "web01" }),
  );

  test("the summaries", () => {
    expect(frames.map(({ protocol, summary }) => `${protocol}: ${summary}`)).toMatchInlineSnapshot(`
      [
        "DHCP: Discover, transaction 0xdeadbeef, host web01",
        "DHCP: Offer of 10.0.0.5, transaction 0xdeadbeef",
        "DHCP: Request, transaction 0xdeadbeef, wants 10.0.0.5, host web01",
        "DHCP: ACK of 10.0.0.5, transaction 0xdeadbeef",
        "ARP: Who has 10.0.0.1? Tell 10.0.0.5",
        "ARP: 10.0.0.1 is at 00-15-5D-01-0A-01",
        "ARP: 10.0.0.5 is announced at 00-15-5D-01-0A-03",
        "ICMP: Echo request, id 7, sequence 1, 32 bytes",
        "ICMP: Echo reply, id 7, sequence 1, 32 bytes",
        "ICMP: Destination unreachable: port",
        "ICMP: Echo request, id 7, sequence 1, 32 bytes",
        "ICMP: Echo request, id 7, sequence 1, 32 bytes",
        "ARP: Who has 10.0.0.1? Tell 10.0.0.5",
        "NTP: Version 4, client, stratum 2",
        "NTP: Version 4, server, stratum 2",
        "UDP: 40001 → 9999, 21 bytes",
        "IPv4: Fragment of ICMP at 0, 16 bytes",
        "GRE: Protocol 47, 8 bytes",
        "0x88b5: Type 0x88b5, 46 bytes",
        "DNS: Query for A db01.lab",
        "DNS: Answer for A db01.lab: CNAME real.lab, A 10.0.0.9",
        "DNS: Query for AAAA db01.lab",
        "DNS: Answer for AAAA db01.lab: AAAA fd00::7",
        "DNS: Query for PTR 5.0.0.10.in-addr.arpa",
        "DNS: Answer for PTR 5.0.0.10.in-addr.arpa: PTR web01.lab",
        "DNS: Query for A nobody.lab",
        "DNS: Answer for A nobody.lab: no such name",
        "DNS: Query for TXT lab",
        "DNS: Answer for TXT lab: TXT "hello" "hi", MX lab",
        "TCP: 50000 → 80 [SYN] Seq=0 Win=64240 Len=0",
        "TCP: 80 → 50000 [SYN, ACK] Seq=0 Ack=1 Win=64240 Len=0",
        "TCP: 50000 → 80 [ACK] Seq=1 Ack=1 Win=64240 Len=0",
        "HTTP: GET /index.html HTTP/1.1",
        "HTTP: HTTP/1.1 200 OK",
        "TCP: 80 → 50000 [FIN, ACK] Seq=77 Ack=59 Win=64240 Len=0",
        "TCP: 50000 → 80 [FIN, ACK] Seq=59 Ack=78 Win=64240 Len=0",
        "TCP: 80 → 50000 [ACK] Seq=78 Ack=60 Win=64240 Len=0",
      ]
    `);
  });

  test("nothing is malformed or cut, and every field lies in its frame and its layer", () => {
    for (const [place, bytes] of conversation().entries()) {
      const frame = frames[place];
      expect(frame).toMatchObject({ malformed: null, cut: false });
      const covered = new Uint8Array(bytes.length);
      for (const layer of frame?.layers ?? []) {
        expect(layer.at + layer.length).toBeLessThanOrEqual(bytes.length);
        covered.fill(1, layer.at, layer.at + layer.length);
        for (const field of allFields(layer.children ?? [])) {
          expect(field.at).toBeGreaterThanOrEqual(layer.at);
          expect(field.at + field.length).toBeLessThanOrEqual(layer.at + layer.length);
        }
      }
      expect(covered.indexOf(0)).toBe(-1);
    }
  });

  test("checksums made elsewhere are called correct", () => {
    for (const frame of frames) {
      if (frame.summary.startsWith("Fragment") || frame.protocol === "GRE") continue;
      for (const field of allFields(frame.layers)) {
        if (field.label === "Checksum") expect(field.value).toMatch(/correct/);
      }
    }
  });

  test("facts for filters", () => {
    const tagged = frames.find((frame) => frame.facts.vlanIds.length === 2);
    expect(tagged?.facts).toEqual({
      protocols: new Set(["eth", "vlan", "ip", "icmp"]),
      ethSource: clientMac,
      ethTarget: serverMac,
      vlanIds: [5, 17],
      ipSource: clientIp,
      ipTarget: "10.0.0.1",
      tcpPorts: [],
      udpPorts: [],
      port: "web01",
    });
  });
});

describe("fields", () => {
  test("a tag's parts", () => {
    const frame = decode(ethernet(0x0800, new Uint8Array(0), { vlan: [0xb005] }));
    expect(value(frame, "vlan.id")).toBe("5");
    expect(value(frame, "vlan.priority")).toBe("5");
    expect(value(frame, "vlan.dei")).toBe("yes");
  });

  test("a checksum that does not fit is said, and is no malformed frame", () => {
    const bytes = ethernet(0x0800, udp(1, 2, joined(ascii("x"))));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    const frame = decode(bytes);
    expect(value(frame, "udp.checksum")).toMatch(/does not match/);
    expect(frame.malformed).toBeNull();
  });

  test("what guests say is made printable and bounded", () => {
    const frame = decode(
      ethernet(0x0800, udp(68, 67, dhcp(1, [53, 1, 1, 12, 6, 7, 60, 10, 92, 0xff, 65, 255]))),
    );
    expect(value(frame, "dhcp.option.12")).toBe("\\x07<\\x0a\\\\\\xffA");
    const long = decode(
      ethernet(
        0x0800,
        tcp({
          source: 1,
          target: 2,
          sequence: 1,
          flags: flag.ack,
          payload: joined(ascii(`GET /${"a".repeat(4000)}`)),
        }),
      ),
    );
    expect(long.protocol).toBe("HTTP");
    expect(long.summary.length).toBeLessThan(300);
  });

  test("header lines of HTTP up to the empty one, then content", () => {
    const payload = joined(ascii("HTTP/1.0 404 Not Found\r\nServer: lab\nX\r\n\r\nbody"));
    const frame = decode(
      ethernet(0x0800, tcp({ source: 8000, target: 2, sequence: 1, flags: flag.ack, payload })),
    );
    const layer = frame.layers.find(({ name }) => name === "http");
    expect(layer?.children?.map(({ label, value: text }) => [label, text])).toEqual([
      ["First line", "HTTP/1.0 404 Not Found"],
      ["Server", "lab"],
      ["Line", "X"],
    ]);
    expect(frame.layers.at(-1)).toMatchObject({
      name: "data",
      label: "Content",
      length: 4,
      value: "62 6f 64 79",
    });
  });

  test("DNS over TCP in one segment", () => {
    const message = dns(0x0100, [...dnsName("a.lab"), 0, 1, 0, 1]);
    const payload = joined(u16(message.length), message);
    const frame = decode(
      ethernet(0x0800, tcp({ source: 4000, target: 53, sequence: 1, flags: flag.ack, payload })),
    );
    expect(frame).toMatchObject({ protocol: "DNS", summary: "Query for A a.lab" });
    expect(frame.facts.protocols.has("tcp")).toBe(true);
  });

  test("a length of zero in a large segment means all of it", () => {
    const packet = tcp({ source: 1, target: 2, sequence: 1, flags: flag.ack, payload: new Uint8Array(3000) });
    packet.set([0, 0], 2);
    expect(decode(ethernet(0x0800, packet))).toMatchObject({
      malformed: null,
      summary: expect.stringContaining("Len=3000"),
    });
  });

  test("numbers of TCP without its beginning count from 1, and a new SYN begins anew", () => {
    const dissector = openDissector();
    const line = (sequence: number, flags: number, acknowledged = 0) => {
      const bytes = ethernet(0x0800, tcp({ source: 1, target: 2, sequence, acknowledged, flags }));
      return dissector.decode({ bytes, length: bytes.length, port: "" }).summary;
    };
    expect(line(5000, flag.ack, 900)).toContain("Seq=1 Ack=1 ");
    expect(line(5010, flag.ack, 950)).toContain("Seq=11 Ack=51 ");
    expect(line(77, flag.syn)).toContain("Seq=0 ");
    expect(line(78, flag.ack, 950)).toContain("Seq=1 Ack=51 ");
  });
});

const question = (bytes: readonly number[]) => ethernet(0x0800, udp(9, 53, dns(0, bytes)));
const options = (bytes: readonly number[]) => ethernet(0x0800, udp(68, 67, dhcp(1, bytes)));
const segment = (bytes: readonly number[]) =>
  ethernet(0x0800, tcp({ source: 1, target: 2, sequence: 1, flags: 16, tcpOptions: bytes }));
/** A frame with bytes of its packet written over. */
function altered(packet: Uint8Array, at: number, bytes: readonly number[]): Uint8Array {
  const out = packet.slice();
  out.set(bytes, at);
  return ethernet(0x0800, out);
}
const datagram = udp(1, 2, joined(ascii("hello")));

describe("what breaks the rules is malformed, with the reason", () => {
  test.each([
    ["no bytes", new Uint8Array(0), /Ethernet header needs 14 bytes, and none are left/],
    ["half a header", new Uint8Array(13), /13 are left/],
    ["half a tag", ethernet(0x8100, new Uint8Array(2)), /VLAN tag/],
    ["an 802.3 length beyond the frame", ethernet(100, new Uint8Array(46)), /length as 100 bytes, and 46/],
    [
      "a short ARP",
      ethernet(0x0806, arp(1, [clientMac, clientIp], [clientMac, clientIp]).slice(0, 20)),
      /ARP/,
    ],
    ["a short IPv4", ethernet(0x0800, datagram.slice(0, 19)), /IPv4 header needs 20 bytes/],
    ["IP of another version", altered(datagram, 0, [0x65]), /version 6/],
    ["a header length of 16", altered(datagram, 0, [0x44]), /length as 16/],
    ["a header beyond the packet", altered(ipv4(17, new Uint8Array(8)), 0, [0x4f]), /longer than the frame/],
    ["a length less than the header", altered(datagram, 2, [0, 19]), /less than its header/],
    ["a length beyond the frame", altered(datagram, 2, [1, 0]), /length as 256 bytes, and 33/],
    ["a UDP length of 7", altered(datagram, 24, [0, 7]), /UDP datagram gives its length as 7/],
    ["a UDP length beyond its packet", altered(datagram, 24, [0, 14]), /as 14 bytes, and 13/],
    ["a short ICMP", ethernet(0x0800, ipv4(1, new Uint8Array(7))), /ICMP message needs 8/],
    ["a short TCP", ethernet(0x0800, ipv4(6, new Uint8Array(19))), /TCP header needs 20/],
    [
      "a TCP header of 16",
      altered(tcp({ source: 1, target: 2, sequence: 1, flags: 2 }), 32, [0x40]),
      /as 16 bytes/,
    ],
    [
      "a TCP header beyond",
      altered(tcp({ source: 1, target: 2, sequence: 1, flags: 2 }), 32, [0x60]),
      /as 24 bytes/,
    ],
    ["a TCP option of length 0", segment([9, 0, 0, 0]), /option 9 gives its length as 0/],
    ["a TCP option beyond", segment([9, 5, 0, 0]), /option 9/],
    ["a segment size of 3 bytes", segment([2, 3, 0, 0]), /option 2/],
    ["a TCP option without length", segment([1, 1, 1, 9]), /option 9/],
    ["DHCP without an end", options([53, 1, 1]), /no end/],
    ["a DHCP option beyond", options([53, 9, 1]), /longer than the message/],
    ["a short DHCP", ethernet(0x0800, udp(68, 67, new Uint8Array(235))), /DHCP message needs 236/],
    ["a DNS question that breaks off", question([1, 97, 0, 0, 1, 0]), /question breaks off/],
    ["a DNS name behind its message", question([9, 97]), /goes on behind/],
    ["a DNS name at itself", question([0xc0, 12, 0, 1, 0, 1]), /points forward or at itself/],
    ["a DNS name in a circle", question([1, 97, 0xc0, 12, 0, 1, 0, 1]), /points forward or at itself/],
    ["a DNS label of another kind", question([0x40, 0, 0, 1, 0, 1]), /unknown kind/],
    [
      "a DNS name of 256 bytes",
      question(dnsName(Array.from({ length: 4 }, () => "a".repeat(63)).join("."))),
      /255/,
    ],
    ["a short NTP", ethernet(0x0800, udp(123, 123, Uint8Array.of(0x23, 0))), /NTP packet needs 48/],
  ])("%s", (_, bytes, reason) => {
    expect(decode(bytes).malformed).toMatch(reason);
  });

  test.each([
    ["an address of 3 bytes", [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 3, 1, 2, 3], /4 bytes/],
    ["an IPv6 address of 4 bytes", [0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4], /16 bytes/],
    ["a text beyond its record", [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, 4, 1, 97, 2, 98], /text is longer/],
    ["a record beyond its message", [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4], /longer than/],
    [
      "a name beyond its record",
      [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 0, 0, 2, 5, 97, 97, 97, 97, 97, 0],
      /behind/,
    ],
  ])("a DNS answer with %s", (_, answer, reason) => {
    const bytes = dns(0x8000, [...dnsName("a"), 0, 1, 0, 1], [answer]);
    expect(decode(ethernet(0x0800, udp(53, 9, bytes))).malformed).toMatch(reason);
  });

  test("the longest name is no mistake", () => {
    const name = [63, 63, 63, 61].map((length) => "a".repeat(length)).join(".");
    expect(decode(question([...dnsName(name), 0, 1, 0, 1])).malformed).toBeNull();
  });
});

describe("what the capture did not keep is cut, and nobody's fault", () => {
  test("at every length", () => {
    for (const bytes of conversation()) {
      for (let kept = 0; kept < bytes.length; kept++) {
        const frame = decode(bytes.slice(0, kept), bytes.length);
        expect(frame.malformed).toBeNull();
        expect(frame.cut).toBe(true);
      }
    }
  });

  test("the addresses are still there", () => {
    const [bytes = new Uint8Array(0)] = conversation().slice(-1);
    expect(decode(bytes.slice(0, 40), bytes.length)).toMatchObject({
      protocol: "TCP",
      source: "10.0.0.1",
      target: clientIp,
    });
    expect(ip(clientIp)).toHaveLength(4);
  });
});
