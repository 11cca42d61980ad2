import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sharedFileBytes } from "../../../src/hvdef/index.ts";
import { readPath } from "../../../src/network/stack/http/path.ts";
import { HvError } from "../../../src/support/index.ts";
import { labFiles } from "../../../src/vmms/networks/lab-files.ts";
import { openSharedFiles } from "../../../src/vmms/networks/shared-files.ts";

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

function open() {
  const memory = { used: 0 };
  const files = openSharedFiles(memory);
  const source = labFiles({ "readme.txt": () => "hello" }, files);
  return { memory, files, source };
}
function codeOf(work: () => void): string {
  try {
    work();
    return "none";
  } catch (failure) {
    return failure instanceof HvError ? failure.code : String(failure);
  }
}

describe("files shared with guests", () => {
  test("are listed under /files/ and read from anywhere in them", () => {
    const { files, source } = open();
    files.share("b.bin", bytes(1, 2, 3, 4));
    files.share("a.txt", bytes());
    expect(source.folder("/files/")).toEqual([
      { name: "a.txt", length: 0 },
      { name: "b.bin", length: 4 },
    ]);
    expect(source.folder("/")).toEqual([
      { name: "files", length: null },
      { name: "readme.txt", length: 5 },
    ]);
    const file = source.file("/files/b.bin");
    const into = new Uint8Array(2);
    expect([file?.length, file?.read(1, into), [...into]]).toEqual([4, 2, [2, 3]]);
    expect(file?.read(3, into)).toBe(1);
    for (const path of ["/b.bin", "/files/b", "/files/", "/files/x/b.bin", "/toString", "/files/toString"])
      expect(source.file(path)).toBe(null);
    expect(source.folder("/files/b.bin/")).toBe(null);
  });

  test("one that is replaced or not shared any more is sent to its end as it was", () => {
    const { files, source, memory } = open();
    files.share("a", bytes(1, 1));
    const old = source.file("/files/a");
    files.share("a", bytes(2, 2, 2));
    const into = new Uint8Array(2);
    old?.read(0, into);
    expect([...into]).toEqual([1, 1]);
    expect([files.list(), memory.used]).toEqual([[{ name: "a", bytes: 3 }], 3]);
    files.unshare("a");
    expect(codeOf(() => files.unshare("a"))).toBe("network.shareGone");
    expect([source.file("/files/a"), memory.used]).toEqual([null, 0]);
  });

  test("of all networks have one limit together, and give their room back", () => {
    const { files, memory } = open();
    const others = openSharedFiles(memory);
    const most = new Uint8Array(sharedFileBytes - 10);
    others.share("large", most);
    files.share("ten", new Uint8Array(10));
    expect(codeOf(() => files.share("one", bytes(1)))).toBe("network.shareRoom");
    expect(codeOf(() => files.share("ten", new Uint8Array(11)))).toBe("network.shareRoom");
    files.share("ten", new Uint8Array(9));
    files.share("one", bytes(1));
    expect(files.list().length).toBe(2);
    others[Symbol.dispose]();
    expect(memory.used).toBe(10);
    for (let count = files.list().length; count < 1000; count++) files.share(`file ${count}`, bytes());
    expect(codeOf(() => files.share("one more", bytes()))).toBe("network.shareFull");
    files.share("one", bytes(1, 2));
  });

  test("have names that guests can ask for, or are refused", () => {
    const { files } = open();
    const wrong = [
      "",
      "  ",
      ".",
      "..",
      "a/b",
      "..\\x",
      "a\nb",
      "\0",
      "\ud800",
      "a\u202etxt",
      "x".repeat(201),
      "\ufffd",
    ];
    for (const name of wrong)
      expect([name, codeOf(() => files.share(name, bytes()))]).toEqual([name, "network.shareName"]);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 12 }), (name) => {
        const { files: fresh, source } = open();
        if (codeOf(() => fresh.share(name, bytes(7))) !== "none") return;
        const [shared] = fresh.list();
        const path = readPath(`/files/${encodeURIComponent(shared?.name ?? "")}`);
        expect(source.file(path ?? "")?.length).toBe(1);
      }),
    );
  });
});
