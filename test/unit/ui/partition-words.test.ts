import { expect, test } from "vitest";
import type { PartitionId } from "../../../src/hvdef/index.ts";
import { wordsOfChange } from "../../../src/ui/partition-words.ts";

const partition = 1 as PartitionId;

test("a guest's last words reach the page; without words, the figures it left", () => {
  const text = "Kernel panic - not syncing: sysrq triggered crash";
  expect(wordsOfChange({ kind: "guestCrashed", partition, text, parameters: ["0x1"] }, "web01")).toEqual({
    level: "error",
    text: `The guest of web01 crashed: ${text}`,
  });
  const parameters = ["0x1", "0xdead"];
  expect(wordsOfChange({ kind: "guestCrashed", partition, text: "", parameters }, "web01")?.text).toBe(
    "The guest of web01 crashed: 0x1 0xdead",
  );
});

test("a machine that hangs is named, and what the management service tells is not told twice", () => {
  expect(wordsOfChange({ kind: "notResponding", partition }, "web01")?.level).toBe("warning");
  expect(wordsOfChange({ kind: "restarted", partition }, "web01")).toBeNull();
  expect(wordsOfChange({ kind: "gone", partition, end: { kind: "poweredOff" } }, "web01")).toBeNull();
});
