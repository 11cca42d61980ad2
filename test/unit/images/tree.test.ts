import { expect, test } from "vitest";
import { put, type Tree, toCpio } from "../../../images/workshop/tree.mjs";

test("a tree becomes a newc archive, whatever the order of insertion", () => {
  const first: Tree = new Map();
  put(first, "etc/hostname", { kind: "file", mode: 0o644, bytes: Buffer.from("tabvisor\n") });
  put(first, "bin/sh", { kind: "link", target: "busybox" });
  put(first, "dev/console", { kind: "device", mode: 0o600, major: 5, minor: 1 });
  const second: Tree = new Map([...first].reverse());
  const archive = toCpio(first);
  expect(toCpio(second).equals(archive)).toBe(true);
  expect(archive.length % 512).toBe(0);
  expect(records(archive)).toEqual([
    { name: ".", mode: 0o040755, content: "", device: "0:0" },
    { name: "bin", mode: 0o040755, content: "", device: "0:0" },
    { name: "bin/sh", mode: 0o120777, content: "busybox", device: "0:0" },
    { name: "dev", mode: 0o040755, content: "", device: "0:0" },
    { name: "dev/console", mode: 0o020600, content: "", device: "5:1" },
    { name: "etc", mode: 0o040755, content: "", device: "0:0" },
    { name: "etc/hostname", mode: 0o100644, content: "tabvisor\n", device: "0:0" },
  ]);
});

/** A reader of its own, so that the writer is not measured by itself. */
function records(archive: Buffer) {
  const found = [];
  for (let at = 0; at < archive.length; ) {
    const header = archive.toString("latin1", at, at + 110);
    expect(header.slice(0, 6)).toBe("070701");
    const fields = (header.slice(6).match(/.{8}/g) ?? []).map((text) => Number.parseInt(text, 16));
    const [, mode = 0, owner, group, , time, size = 0, , , major, minor, nameSize = 0] = fields;
    expect([owner, group, time]).toEqual([0, 0, 0]);
    const name = archive.toString("latin1", at + 110, at + 110 + nameSize - 1);
    if (name === "TRAILER!!!") return found;
    const start = (at + 110 + nameSize + 3) & ~3;
    const content = archive.toString("latin1", start, start + size);
    found.push({ name, mode, content, device: `${major}:${minor}` });
    at = (start + size + 3) & ~3;
  }
  throw new Error("the archive has no end record");
}
