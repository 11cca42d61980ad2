import { describe, expect, it } from "vitest";
import { readRelayAddress, readWispAddress } from "../../../src/network/index.ts";

const plain = { pageIsSecure: false, subject: "The relay's address" };
const secure = { ...plain, pageIsSecure: true };

describe("a relay's address", () => {
  it.each([
    ["ws://localhost:8080", "ws://localhost:8080"],
    ["  wss://relay.example/  ", "wss://relay.example/"],
    ["WSS://Relay.Example:443/path?room=1", "wss://Relay.Example:443/path?room=1"],
    ["ws://192.168.1.20:22/", "ws://192.168.1.20:22/"],
    ["ws://[::1]:9/x", "ws://[::1]:9/x"],
    ["ws://my_host/", "ws://my_host/"],
  ])("%s is usable", (typed, address) => {
    expect(readRelayAddress(typed, plain)).toEqual({ kind: "usable", address });
  });

  it.each([
    ["", "is missing"],
    ["relay.example", "must start with ws:// or wss://, as in"],
    ["http://relay.example/", "not with http://"],
    ["javascript://x", "not with javascript://"],
    ["ws:///path", "no server name"],
    ["ws://", "no server name"],
    ["ws://:80/", "no server name"],
    ["ws://host:0/", "port"],
    ["ws://host:65536/", "port"],
    ["ws://host:/", "port"],
    ["ws://host:80:80/", "port"],
    ["ws://user:secret@host/", "must not hold a name or a password"],
    ["ws://host/#top", "after #"],
    ["ws://ho st/", "a space or a letter"],
    ["ws://höst/", "a space or a letter"],
    ["ws://host\n/", "a space or a letter"],
    ["ws://1.2.3/", "cannot be: 1.2.3"],
    ["ws://1.2.3.256/", "cannot be"],
    ["ws://-host/", "cannot be"],
    ["ws://a..b/", "cannot be"],
    [`ws://${"a".repeat(2000)}/`, "longer than 1024"],
  ])("%s is refused with a sentence", (typed, part) => {
    const read = readRelayAddress(typed, plain);
    expect(read).toMatchObject({ kind: "refused" });
    if (read.kind !== "refused") return;
    expect(read.why).toContain(part);
    expect(read.why.startsWith("The relay's address ")).toBe(true);
  });

  it("on a secure page, only this computer may be called without encryption", () => {
    for (const near of ["ws://localhost/", "ws://127.0.0.1:80/", "ws://[::1]/", "ws://lab.localhost:1/"]) {
      expect(readRelayAddress(near, secure).kind).toBe("usable");
    }
    for (const far of ["ws://relay.example/", "ws://127.evil.example/", "ws://localhost.evil.example/"]) {
      const read = readRelayAddress(far, secure);
      expect(read).toMatchObject({ kind: "refused" });
      expect(JSON.stringify(read)).toContain("wss://");
    }
    expect(readRelayAddress("wss://relay.example/", secure).kind).toBe("usable");
  });
});

describe("a Wisp server's address", () => {
  const options = { ...plain, subject: "The Wisp server's address" };

  it.each([
    ["wisp://localhost:12345", "ws://localhost:12345/"],
    ["wisps://host/prefix/", "wss://host/prefix/"],
    ["ws://host/?key=1", "ws://host/?key=1"],
    ["ws://host?key=1", "ws://host/?key=1"],
  ])("%s is usable", (typed, address) => {
    expect(readWispAddress(typed, options)).toEqual({ kind: "usable", address });
  });

  it("must end with a slash, or the server takes it for another service", () => {
    expect(readWispAddress("ws://host/host:80", options)).toEqual({
      kind: "refused",
      why: "The Wisp server's address must end with /, as in ws://host/host:80/",
    });
    expect(readWispAddress("http://host/", options)).toMatchObject({ kind: "refused" });
  });
});
