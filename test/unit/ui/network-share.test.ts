import { describe, expect, test } from "vitest";
import type { Offered } from "../../../src/ui/file-intake.ts";
import { shareAddress, shareAll, shareLimit, sharePlace } from "../../../src/ui/network-share.ts";
import { noticeParts, uplinkTrouble } from "../../../src/ui/network-words.ts";
import { network, networkId } from "./networks.ts";

const lab = networkId("Lab");
const services = { dhcp: null, domain: "tabvisor", http: true, ntp: true };
const management = { address: { address: "10.0.1.1", prefix: 24 }, vlan: 0, services };
const file = (name: string): Offered => ({ kind: "file", file: new File(["x"], name) });

describe("sharing files with guests", () => {
  test("is where the management OS serves them, and says why not", () => {
    expect(sharePlace(network("Lab", { management }))).toEqual({
      kind: "at",
      address: "http://10.0.1.1/files/",
    });
    expect(sharePlace(network("Lab"))).toBeNull();
    const off = { ...management, services: { ...services, http: false } };
    expect(sharePlace(network("Lab", { management: off }))).toMatchObject({ kind: "off" });
  });

  test("gives addresses that mean the file in a shell and nothing else", () => {
    const all = shareAddress("http://10.0.1.1/files/", 'a b\'s $(rm) & "é" *?#%.txt');
    expect(all).toMatch(/^[\w./:%-]*$/);
    expect(decodeURIComponent(all.slice("http://10.0.1.1/files/".length))).toBe(
      'a b\'s $(rm) & "é" *?#%.txt',
    );
  });

  test("goes on after one that was refused, and says which", async () => {
    const shared: string[] = [];
    const host = {
      async share(_: unknown, name: string) {
        if (name === "large") throw new Error("large is too large");
        shared.push(name);
      },
    };
    const offered: readonly Offered[] = [
      file("a"),
      { kind: "folder", name: "dir" },
      file("large"),
      file("b"),
    ];
    expect(await shareAll(host, lab, offered)).toEqual(
      ["dir is a folder. Put it into an archive, or drop the files inside.", "Large is too large."].map(
        (text) => expect.stringMatching(new RegExp(text.slice(1, -1))),
      ),
    );
    expect(shared).toEqual(["a", "b"]);
    expect(await shareAll(host, lab, [])).toEqual(["What was dropped is no file."]);
    const many = Array.from({ length: shareLimit + 1 }, (_, place) => file(`${place}`));
    expect((await shareAll(host, lab, many)).join()).toContain("at once");
    expect(shared).toHaveLength(2);
  });
});

test("a notice is told apart from how often it was seen", () => {
  expect(noticeParts("Another DHCP server answers (3 times)")).toEqual({
    text: "Another DHCP server answers",
    times: "3 times",
  });
  expect(noticeParts("Once (here)")).toEqual({ text: "Once (here)", times: "" });
});

test("an uplink is loud when it was lost or cannot be, and quiet when it is closed", () => {
  expect(uplinkTrouble({ kind: "lost", text: "The relay hung up." })).toContain("gone away");
  expect(uplinkTrouble({ kind: "closed", text: "Not connected: The address is wrong." })).toContain("cannot");
  for (const quiet of ["none", "closed", "connecting", "up"] as const)
    expect(uplinkTrouble({ kind: quiet, text: quiet === "closed" ? "Not connected." : "" })).toBeNull();
});
