import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import type { JobId, JobSummary, ReceivedFile, SocketId, VmGuid } from "../../../src/hvdef/index.ts";
import { automationSockets } from "../../../src/ui/automation-sockets.ts";
import { copyFile, placeOf } from "../../../src/ui/guest-copy.ts";
import {
  filesInWords,
  folderProblem,
  guestFilesInShort,
  looksLikeDisk,
  questionAbout,
  receivedFrom,
} from "../../../src/ui/guest-files-words.ts";
import type { SocketHost } from "../../../src/ui/host.ts";
import { quietGuestFiles, quietSockets } from "../../lab/quiet-sockets.ts";
import { quietDisks } from "./library.ts";

const vm = "id of a" as VmGuid;
const machine = { name: "a", state: "running" } as const;

describe("words about files", () => {
  it("tell disk images from other files by their names", () => {
    for (const name of ["a.vhd", "B.ISO", "x.img.gz", "d.vfd", "c.raw.zst"])
      expect(looksLikeDisk(name)).toBe(true);
    for (const name of ["a.txt", "vhd", "iso.pdf", "a.gz", "a.tar.gz"])
      expect(looksLikeDisk(name)).toBe(false);
  });

  it("count", () => {
    expect(filesInWords([{ name: "a.txt" }])).toBe("a.txt");
    expect(filesInWords([{ name: "a" }, { name: "b" }])).toBe("2 files");
    expect(questionAbout([{ name: "a.iso" }])).toBe("What is a.iso for?");
    expect(questionAbout([{ name: "a.iso" }, { name: "b" }])).toBe("What are these files for?");
    const file: ReceivedFile = { id: 1, vm, vmName: "a", name: "f", byteLength: 1, at: 0 };
    const other = { ...file, vm: "id of b" as VmGuid };
    expect(guestFilesInShort(machine, receivedFrom([file, other], vm))).toBe("1 file from the guest");
    expect(guestFilesInShort(machine, [])).toContain("Drop a file");
    expect(guestFilesInShort({ ...machine, state: "paused" }, [])).toBe("a must run to take a file.");
    expect(folderProblem("/")).toBeNull();
    expect(folderProblem("root")).not.toBeNull();
  });

  it("find folder and name in a path", () => {
    expect(placeOf("", "f")).toEqual({ folder: "/root", name: "f" });
    expect(placeOf("/tmp/", "f")).toEqual({ folder: "/tmp", name: "f" });
    expect(placeOf("/tmp/g", "f")).toEqual({ folder: "/tmp", name: "g" });
    expect(placeOf("/g", "f")).toEqual({ folder: "/", name: "g" });
    expect(placeOf("g", "f")).toEqual({ folder: "/root", name: "g" });
  });
});

describe("a copy by script", () => {
  it("settles when its job is over, well or not", async () => {
    const job: JobSummary = {
      id: 1 as JobId,
      title: "",
      state: "running",
      percent: 0,
      startedAt: 0,
      lines: [],
    };
    for (const state of ["completed", "failed"] as const) {
      const jobs = signal<readonly JobSummary[]>([job]);
      const host = { disks: { ...quietDisks(), jobs }, guestFiles: quietGuestFiles() };
      const copied = copyFile(host, { vm, file: new File([], "f"), path: "" }).then(
        () => "there",
        (failure: Error) => failure.message,
      );
      await Promise.resolve();
      jobs.value = [{ ...job, state, lines: ["It is full."] }];
      expect(await copied).toBe(state === "completed" ? "there" : "It is full.");
    }
  });
});

describe("sockets for scripts", () => {
  /** A host that plays these pieces and writes down what it is told. */
  function play(pieces: readonly Uint8Array<ArrayBuffer>[]) {
    const log: string[] = [];
    const left = [...pieces];
    const host: SocketHost = {
      ...quietSockets,
      async readSocket() {
        log.push("read");
        return left.shift() ?? null;
      },
      writeSocket: async (_socket, bytes) => void log.push(`write ${bytes.length}`),
      endSocket: async () => void log.push("end"),
      abortSocket: async () => void log.push("forget"),
    };
    return { log, host };
  }

  it("are streams that ask only when they are read, and are forgotten when both ways are through", async () => {
    const { log, host } = play([Uint8Array.of(1, 2)]);
    const socket = await automationSockets(host, vm).connect(6000);
    await Promise.resolve();
    expect(log).toEqual([]);
    const reader = socket.readable.getReader();
    expect((await reader.read()).value).toEqual(Uint8Array.of(1, 2));
    expect((await reader.read()).done).toBe(true);
    const writer = socket.writable.getWriter();
    await writer.write(new Uint8Array((1 << 20) + 5));
    await writer.close();
    expect(log).toEqual(["read", "read", `write ${1 << 20}`, "write 5", "end", "forget"]);
  });

  it("are handed to a listener one by one until its port is closed", async () => {
    const { host, log } = play([]);
    const peers = [5, 6].map((at) => ({ socket: at as SocketId, guestPort: at, hostPort: 5000 }));
    const seen: number[] = [];
    const accepting = { ...host, acceptSocket: async () => peers.shift() ?? null };
    const stop = await automationSockets(accepting, vm).listen(5000, ({ guestPort, close }) => {
      seen.push(guestPort);
      void close();
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(seen).toEqual([5, 6]);
    expect(log).toEqual(["forget", "forget"]);
    await stop();
  });
});
