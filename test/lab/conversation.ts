// A short life of a guest on a network: every protocol we tell apart, as frames in order.
import {
  arp,
  ascii,
  clientIp,
  clientMac,
  dhcp,
  dns,
  dnsAnswer,
  dnsName,
  ethernet,
  flag,
  icmp,
  ip,
  ipv4,
  joined,
  ntp,
  serverIp,
  serverMac,
  tcp,
  u16,
  udp,
} from "./wire.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const everybody = "FF-FF-FF-FF-FF-FF";
const nobody = "00-00-00-00-00-00";
const server = [54, 4, ...ip(serverIp)];
const settings = [
  1,
  4,
  ...ip("255.255.255.0"),
  3,
  4,
  ...ip(serverIp),
  6,
  4,
  ...ip(serverIp),
  51,
  4,
  0,
  0,
  14,
  16,
];

function dhcpFrames(): Bytes[] {
  const host = [12, 5, ...ascii("web01")];
  const wish = [50, 4, ...ip(clientIp)];
  const asked = (options: number[]) =>
    ethernet(0x0800, udp(68, 67, dhcp(1, [...options, 255]), { from: "0.0.0.0", to: "255.255.255.255" }), {
      to: everybody,
    });
  const answered = (options: number[]) =>
    ethernet(
      0x0800,
      udp(67, 68, dhcp(2, [...options, 255], clientIp), { from: serverIp, to: "255.255.255.255" }),
      {
        from: serverMac,
        to: everybody,
      },
    );
  return [
    asked([53, 1, 1, 61, 7, 1, 0, 0x15, 0x5d, 1, 0x0a, 3, 55, 3, 1, 3, 6, ...host]),
    answered([53, 1, 2, ...server, ...settings]),
    asked([53, 1, 3, ...wish, ...server, ...host]),
    answered([53, 1, 5, ...server, ...settings]),
  ];
}

const toClient = { from: serverIp, to: clientIp };
const frameToClient = { from: serverMac, to: clientMac };

function nameFrames(): Bytes[] {
  const question = (name: string, type: number) => [...dnsName(name), ...u16(type), 0, 1];
  const ask = (name: string, type: number) =>
    ethernet(0x0800, udp(40000, 53, dns(0x0100, question(name, type))));
  const answer = (name: string, type: number, answers: number[][], flags = 0x8180) =>
    ethernet(0x0800, udp(53, 40000, dns(flags, question(name, type), answers), toClient), frameToClient);
  const six = [0xfd, 0, ...Array.from({ length: 13 }, () => 0), 7];
  return [
    ask("db01.lab", 1),
    answer("db01.lab", 1, [dnsAnswer(5, dnsName("real.lab")), dnsAnswer(1, ip("10.0.0.9"))]),
    ask("db01.lab", 28),
    answer("db01.lab", 28, [dnsAnswer(28, six)]),
    ask("5.0.0.10.in-addr.arpa", 12),
    answer("5.0.0.10.in-addr.arpa", 12, [dnsAnswer(12, [5, ...ascii("web01"), 3, ...ascii("lab"), 0])]),
    ask("nobody.lab", 1),
    answer("nobody.lab", 1, [], 0x8183),
    ask("lab", 16),
    answer("lab", 16, [
      dnsAnswer(16, [5, ...ascii("hello"), 2, ...ascii("hi")]),
      dnsAnswer(15, [0, 10, 0xc0, 12]),
    ]),
  ];
}

function httpFrames(): Bytes[] {
  const ports = { source: 50000, target: 80 };
  const back = { source: 80, target: 50000, ...toClient };
  const request = joined(ascii("GET /index.html HTTP/1.1\r\nHost: files.lab\r\nAccept: */*\r\n\r\n"));
  const body = ascii("<p>hello</p>");
  const reply = joined(
    ascii(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  );
  // Near the end of the numbers, so that they wrap.
  const [own, theirs] = [0xfffffff0, 7_000_000];
  const after = (own + 1 + request.length) >>> 0;
  const tcpOptions = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7];
  const times = [1, 1, 8, 10, 0, 0, 0, 2, 0, 0, 0, 1];
  const out = (bytes: Bytes) => ethernet(0x0800, bytes);
  const into = (bytes: Bytes) => ethernet(0x0800, bytes, frameToClient);
  const end = theirs + 1 + reply.length;
  return [
    out(tcp({ ...ports, sequence: own, flags: flag.syn, tcpOptions })),
    into(tcp({ ...back, sequence: theirs, acknowledged: own + 1, flags: flag.syn | flag.ack, tcpOptions })),
    out(tcp({ ...ports, sequence: own + 1, acknowledged: theirs + 1, flags: flag.ack, tcpOptions: times })),
    out(
      tcp({
        ...ports,
        sequence: own + 1,
        acknowledged: theirs + 1,
        flags: flag.psh | flag.ack,
        payload: request,
      }),
    ),
    into(
      tcp({ ...back, sequence: theirs + 1, acknowledged: after, flags: flag.psh | flag.ack, payload: reply }),
    ),
    into(tcp({ ...back, sequence: end, acknowledged: after, flags: flag.fin | flag.ack })),
    out(tcp({ ...ports, sequence: after, acknowledged: end + 1, flags: flag.fin | flag.ack })),
    into(tcp({ ...back, sequence: end + 1, acknowledged: after + 1, flags: flag.ack })),
  ];
}

function otherFrames(): Bytes[] {
  const echo = [0, 7, 0, 1, ...ascii("abcdefghijklmnopqrstuvwabcdefghi")];
  const quoted = [...udp(40001, 9, joined(ascii("anybody?")))].slice(0, 28);
  const ping = icmp(8, 0, echo);
  return [
    ethernet(0x0806, joined(arp(1, [clientMac, clientIp], [nobody, serverIp]), new Uint8Array(18)), {
      to: everybody,
    }),
    ethernet(0x0806, arp(2, [serverMac, serverIp], [clientMac, clientIp]), frameToClient),
    ethernet(0x0806, arp(1, [clientMac, clientIp], [nobody, clientIp]), { to: everybody }),
    ethernet(0x0800, ping),
    ethernet(0x0800, icmp(0, 0, echo, toClient), frameToClient),
    ethernet(0x0800, icmp(3, 3, [0, 0, 0, 0, ...quoted], toClient), frameToClient),
    ethernet(0x0800, ping, { vlan: [5] }),
    ethernet(0x0800, ping, { vlan: [5, 0x6000 | 17] }),
    ethernet(0x0806, arp(1, [clientMac, clientIp], [nobody, serverIp]), { to: everybody, vlan: [4094] }),
    ethernet(0x0800, udp(123, 123, ntp(3))),
    ethernet(0x0800, udp(123, 123, ntp(4), toClient), frameToClient),
    ethernet(0x0800, udp(40001, 9999, joined(ascii("nothing anybody knows")))),
    ethernet(0x0800, ipv4(1, new Uint8Array(16), { options: [0x94, 4, 0, 0], fragment: 0x2000 })),
    ethernet(0x0800, ipv4(47, new Uint8Array(8).fill(0))),
    ethernet(0x88b5, joined(ascii("local experiment"), new Uint8Array(30))),
  ];
}

/** All frames, in order. */
export function conversation(): Bytes[] {
  return [...dhcpFrames(), ...otherFrames(), ...nameFrames(), ...httpFrames()];
}
