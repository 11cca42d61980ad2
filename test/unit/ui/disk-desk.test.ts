import { signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import type { DiskFileSummary, JobId } from "../../../src/hvdef/index.ts";
import { openDiskDesk } from "../../../src/ui/disk-desk.ts";
import { file, quietDisks } from "./library.ts";

const settled = () => new Promise((done) => setTimeout(done));

function openLibrary(first: readonly DiskFileSummary[], refusal: string | null = null) {
  const files = signal(first);
  const asked: string[] = [];
  const call = async (what: string) => {
    asked.push(what);
    if (refusal !== null) throw new Error(refusal);
  };
  const host = {
    ...quietDisks(),
    files,
    begin: async (request: { readonly kind: string }) => {
      await call(request.kind);
      return 1 as JobId;
    },
    rename: (from: string, to: string) => call(`${from} to ${to}`),
    remove: (name: string) => call(`remove ${name}`),
    download: (name: string) => call(`download ${name}`),
  };
  return { desk: openDiskDesk(host), files, asked };
}

describe("selection", () => {
  test("is the first file until another is chosen, and again when that one is gone", () => {
    const { desk, files } = openLibrary([file("b.vhd"), file("a.vhd")]);
    expect(desk.selected.value?.name).toBe("a.vhd");
    desk.select("b.vhd");
    expect(desk.selected.value?.name).toBe("b.vhd");
    files.value = [file("a.vhd")];
    expect(desk.selected.value?.name).toBe("a.vhd");
    files.value = [];
    expect(desk.selected.value).toBeNull();
  });

  test("goes to a new file when it appears, unless the visitor has chosen meanwhile", async () => {
    const { desk, files } = openLibrary([file("a.vhd"), file("b.vhd")]);
    const request = { kind: "create", name: "new.vhd", type: "dynamic", byteLength: 512 } as const;
    await desk.begin(request);
    expect(desk.selected.value?.name).toBe("a.vhd");
    files.value = [...files.value, file("new.vhd")];
    expect(desk.selected.value?.name).toBe("new.vhd");
    await desk.begin({ ...request, name: "newer.vhd" });
    desk.select("b.vhd");
    files.value = [...files.value, file("newer.vhd")];
    expect(desk.selected.value?.name).toBe("b.vhd");
  });

  test("follows a rename", async () => {
    const { desk, files, asked } = openLibrary([file("a.vhd"), file("b.vhd")]);
    desk.select("b.vhd");
    expect(await desk.rename("b.vhd", "c.vhd")).toEqual({ kind: "done" });
    expect(asked).toEqual(["b.vhd to c.vhd"]);
    files.value = [file("a.vhd"), file("c.vhd")];
    expect(desk.selected.value?.name).toBe("c.vhd");
  });
});

test("a removed file leaves the row below it selected, or the one above", async () => {
  const { desk, files } = openLibrary([file("a.vhd"), file("b.vhd"), file("c.vhd")]);
  desk.select("b.vhd");
  files.value = [file("a.vhd"), file("b.vhd"), file("c.vhd")];
  await desk.remove("b.vhd");
  files.value = [file("a.vhd"), file("c.vhd")];
  expect(desk.selected.value?.name).toBe("c.vhd");
  desk.select("c.vhd");
  await desk.remove("c.vhd");
  files.value = [file("a.vhd")];
  expect(desk.selected.value?.name).toBe("a.vhd");
});

describe("actions", () => {
  test("open a dialog, and removing happens only there", () => {
    const { desk, asked } = openLibrary([file("a.vhd")]);
    desk.ask("remove", "a.vhd");
    expect(desk.dialog.value).toEqual({ kind: "remove", name: "a.vhd" });
    expect(asked).toEqual([]);
    desk.close();
    expect(desk.dialog.value).toBeNull();
  });

  test("a stale view cannot ask for what the file now forbids", () => {
    const { desk, files } = openLibrary([file("a.vhd")]);
    files.value = [file("a.vhd", { inUse: true })];
    desk.ask("remove", "a.vhd");
    desk.ask("edit", "gone.vhd");
    expect(desk.dialog.value).toBeNull();
  });

  test("a download that fails says why beside its file, and can be asked for again", async () => {
    const { desk, asked } = openLibrary([file("a.vhd")], "no room on the device");
    desk.ask("download", "a.vhd");
    desk.ask("download", "a.vhd");
    expect(desk.saving.value).toBe("a.vhd");
    await settled();
    expect(asked).toEqual(["download a.vhd"]);
    expect(desk.saving.value).toBeNull();
    expect(desk.problem.value).toEqual({ name: "a.vhd", text: "No room on the device." });
    desk.ask("download", "a.vhd");
    expect(desk.problem.value).toBeNull();
  });

  test("a refusal is an answer, not an exception", async () => {
    const { desk } = openLibrary([file("a.vhd")], "the library is locked");
    const refused = { kind: "refused", reason: "The library is locked." };
    expect(await desk.remove("a.vhd")).toEqual(refused);
    expect(await desk.rename("a.vhd", "b.vhd")).toEqual(refused);
    expect(await desk.begin({ kind: "compact", name: "a.vhd" })).toEqual(refused);
  });
});
