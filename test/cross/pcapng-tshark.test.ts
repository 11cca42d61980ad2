// Our files must be everyone's files, and our words must be true: tshark reads what we write and what we decode.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CaptureChoice,
  type DecodedFrame,
  type Field,
  openCapture,
  openDissector,
  pcapngPieces,
} from "../../src/network/index.ts";
import { manualClock, micros } from "../../src/support/index.ts";
import { conversation } from "../lab/conversation.ts";
import { joined } from "../lab/wire.ts";

const folder = mkdtempSync(join(tmpdir(), "tabvisor-tshark-"));

beforeAll(() => {
  if (spawnSync("tshark", ["--version"]).status === 0) return;
  throw new Error("tshark is missing; install it: apt-get install --no-install-recommends tshark");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What tshark finds in a file, one row a frame; several values of a field are joined with a comma. */
function tshark(path: string, fields: readonly string[], ...more: string[]): Record<string, string>[] {
  const wanted = fields.flatMap((field) => ["-e", field]);
  // Names from the machine's own tables stay out, and checksums are looked at.
  const checks = ["ip", "udp", "tcp"].flatMap((layer) => ["-o", `${layer}.check_checksum:TRUE`]);
  // A frame seen again at another port is a repeat to tshark, which it would not look into.
  checks.push("-o", "tcp.no_subdissector_on_error:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE");
  const way = ["-n", "-r", path, ...checks, "-T", "fields", "-E", "separator=/t", ...wanted, ...more];
  const { status, stdout, stderr } = spawnSync("tshark", way, {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
  if (status !== 0) throw new Error(`tshark ${way.join(" ")}: ${stderr}`);
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const values = line.split("\t");
      return Object.fromEntries(fields.map((field, place) => [field, values[place] ?? ""]));
    });
}

const ports = [
  { port: 7, name: "web01", description: "web01, Network Adapter", comment: "VLAN 5" },
  { port: 9, name: 'db "01" ñ', description: "db01" },
];
const startedAt = 1_790_000_000_123;
/** Times the conversation goes by: again with the same ports and numbers, as a guest that was set back would. */
const rounds = 2;

/** The conversation as a switch shows it: in at one port, out at the other. */
function captured(choice?: CaptureChoice) {
  const clock = manualClock();
  const capture = openCapture({ clock, wallClock: () => startedAt, limitBytes: 1 << 20 });
  capture.start(choice);
  for (let round = 0; round < rounds; round++) {
    for (const bytes of conversation()) {
      clock.advance(micros(1_000_003));
      capture.tap(bytes, 0, bytes.length, "in", 7);
      capture.tap(bytes, 0, bytes.length, "out", 9);
    }
  }
  const words = { application: "Tabvisor", comment: "every protocol", ports };
  const path = join(folder, `capture-${choice?.snapLength ?? "whole"}.pcapng`);
  writeFileSync(path, joined(...pcapngPieces(capture, words)));
  const dissector = openDissector();
  const { frames } = capture.since(1, 1000);
  const nameOf = (wanted: number) => ports.find(({ port }) => port === wanted)?.name ?? "";
  const decoded = frames.map((frame) => dissector.decode({ ...frame, port: nameOf(frame.port) }));
  return { capture, path, frames, decoded };
}

function fieldsOf(frame: DecodedFrame): Field[] {
  const within = (field: Field): Field[] => [field, ...(field.children ?? []).flatMap(within)];
  return frame.layers.flatMap(within);
}

/** Our values of a field, in the form tshark has them: the first word, several with a comma. */
function ours(frame: DecodedFrame, name: string): string {
  return fieldsOf(frame)
    .filter((field) => field.name === name)
    .map(({ value }) => value.split(" ")[0] ?? "")
    .join(",");
}

describe("a capture with every protocol", () => {
  const { capture, path, frames, decoded } = captured();

  test("opens without a malformed frame, and the counts agree", () => {
    expect(tshark(path, ["frame.number"], "-Y", "_ws.malformed || _ws.short")).toEqual([]);
    const rows = tshark(path, ["frame.interface_name"]);
    const count = (name: string) => rows.filter((row) => row["frame.interface_name"] === name).length;
    expect(rows).toHaveLength(frames.length);
    for (const { port, name } of ports) {
      const { in: into, out, dropped } = capture.count(port);
      expect(count(name)).toBe(into + out - dropped);
    }
  });

  test("port, direction, time and length of each frame", () => {
    const rows = tshark(path, [
      "frame.interface_name",
      "frame.interface_description",
      "frame.packet_flags_direction",
      "frame.time_epoch",
      "frame.len",
      "frame.cap_len",
    ]);
    const wanted = frames.map(({ port, direction, at, length }) => {
      const words = ports.find((one) => one.port === port);
      return {
        "frame.interface_name": words?.name,
        "frame.interface_description": words?.description,
        "frame.packet_flags_direction": direction === "in" ? "0x00000001" : "0x00000002",
        "frame.time_epoch": `${Math.floor(at / 1e6)}.${`${at % 1e6}`.padStart(6, "0")}000`,
        "frame.len": `${length}`,
        "frame.cap_len": `${length}`,
      };
    });
    expect(rows).toEqual(wanted);
  });

  test("addresses, ports, VLANs, names and numbers are what tshark finds", () => {
    const same = [
      "vlan.id",
      "arp.src.proto_ipv4",
      "arp.dst.proto_ipv4",
      "ip.ttl",
      "ip.id",
      "icmp.ident",
      "icmp.seq",
      "udp.srcport",
      "udp.dstport",
      "udp.length",
      "tcp.srcport",
      "tcp.dstport",
      "tcp.seq",
      "tcp.ack",
      "tcp.hdr_len",
      "tcp.window_size_value",
      "tcp.options.mss_val",
      "dhcp.id",
      "dhcp.ip.your",
      "dns.id",
      "dns.qry.name",
      "dns.resp.name",
      "ntp.stratum",
    ];
    const rows = tshark(path, [...same, "icmp.type", "ip.src", "ip.dst", "eth.src", "eth.dst"]);
    for (const [place, row] of rows.entries()) {
      const frame = decoded[place];
      if (frame === undefined) throw new Error(`frame ${place + 1} is missing`);
      // A complaint quotes a packet, whose fields tshark lists behind those of its own.
      const own = (name: string) => (row["icmp.type"] === "3" ? row[name]?.split(",")[0] : row[name]);
      const quoted = row["icmp.type"] === "3" ? ["udp.srcport", "udp.dstport", "udp.length"] : [];
      const found = Object.fromEntries(same.map((name) => [name, ours(frame, name)]));
      const wanted = same.map((name) => [name, quoted.includes(name) ? "" : own(name)]);
      expect(found).toEqual(Object.fromEntries(wanted));
      expect(frame.facts.ipSource ?? "").toBe(own("ip.src"));
      expect(frame.facts.ipTarget ?? "").toBe(own("ip.dst"));
      expect(frame.facts.ethSource).toBe(row["eth.src"]?.toUpperCase().replaceAll(":", "-"));
      expect(frame.facts.ethTarget).toBe(row["eth.dst"]?.toUpperCase().replaceAll(":", "-"));
    }
    for (const name of same) {
      expect([name, rows.some((row) => row[name] !== "")]).toEqual([name, true]);
    }
  });

  test("DHCP's kinds of message, DNS's answers, HTTP's first lines", () => {
    const kinds = ["", "Discover", "Offer", "Request", "Decline", "ACK", "NAK", "Release", "Inform"];
    const names = [
      "dhcp.option.dhcp",
      "dhcp.option.hostname",
      "dns.a",
      "dns.aaaa",
      "dns.cname",
      "dns.ptr.domain_name",
    ];
    const http = ["http.request.method", "http.request.uri", "http.response.code", "http.host"];
    const rows = tshark(path, [...names, ...http]);
    for (const [place, row] of rows.entries()) {
      const frame = decoded[place];
      if (frame === undefined) throw new Error(`frame ${place + 1} is missing`);
      expect(ours(frame, "dhcp.option.53")).toBe(kinds[Number(row["dhcp.option.dhcp"])] ?? "");
      expect(ours(frame, "dhcp.option.12")).toBe(row["dhcp.option.hostname"]);
      const values = fieldsOf(frame).filter(({ name }) => name === "dns.resp");
      const answers = (type: string) =>
        values
          .map(({ value }) => value.split(": ").at(-1)?.split(" ") ?? [])
          .flatMap(([kind, value]) => (kind === type ? [value] : []))
          .join(",");
      expect(answers("A")).toBe(row["dns.a"]);
      expect(answers("AAAA")).toBe(row["dns.aaaa"]);
      expect(answers("CNAME")).toBe(row["dns.cname"]);
      expect(answers("PTR")).toBe(row["dns.ptr.domain_name"]);
      const line =
        fieldsOf(frame)
          .find(({ name }) => name === "http.line")
          ?.value.split(" ") ?? [];
      const isAnswer = line[0]?.startsWith("HTTP/") ?? false;
      expect((isAnswer ? "" : line[0]) ?? "").toBe(row["http.request.method"]);
      expect((isAnswer ? "" : line[1]) ?? "").toBe(row["http.request.uri"]);
      expect((isAnswer ? line[1] : "") ?? "").toBe(row["http.response.code"]);
      expect(fieldsOf(frame).find(({ label }) => label === "Host")?.value ?? "").toBe(row["http.host"]);
    }
  });

  test("both call the same checksums correct", () => {
    const layers = ["ip", "udp", "tcp", "icmp"];
    const rows = tshark(
      path,
      layers.map((layer) => `${layer}.checksum.status`),
    );
    for (const [place, row] of rows.entries()) {
      const frame = decoded[place];
      if (frame === undefined) throw new Error(`frame ${place + 1} is missing`);
      for (const layer of layers) {
        const field = fieldsOf(frame).find(({ name }) => name === `${layer}.checksum`);
        const theirs = row[`${layer}.checksum.status`]?.split(",")[0];
        if (field !== undefined) expect([layer, theirs]).toEqual([layer, "1"]);
        if (field !== undefined) expect(field.value).toContain("(correct)");
      }
    }
  });
});

test("a capture with a short snap length opens too, and both call its frames cut", () => {
  const { path, frames, decoded } = captured({ snapLength: 60 });
  const rows = tshark(path, ["frame.len", "frame.cap_len", "ip.src", "_ws.malformed"]);
  expect(rows).toHaveLength(frames.length);
  for (const [place, row] of rows.entries()) {
    const frame = frames[place];
    expect(row["frame.len"]).toBe(`${frame?.length}`);
    expect(row["frame.cap_len"]).toBe(`${frame?.bytes.length}`);
    expect(row["_ws.malformed"]).toBe("");
    expect(decoded[place]).toMatchObject({ malformed: null, cut: (frame?.length ?? 0) > 60 });
    expect(decoded[place]?.facts.ipSource ?? "").toBe(row["ip.src"]?.split(",")[0]);
  }
});
