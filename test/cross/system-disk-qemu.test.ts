// The system disk that the page serves must be an ordinary disk: QEMU boots the very same VHD.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureImages } from "../../images/build.mjs";

const patience = 180_000;
const qemu = "qemu-system-i386";
const prompt = /tabvisor:~# $/;
const folder = mkdtempSync(join(tmpdir(), "tabvisor-vhd-"));
const disk = join(folder, "system-disk.vhd");

beforeAll(async () => {
  if (spawnSync(qemu, ["--version"]).status !== 0) {
    throw new Error(
      `${qemu} is missing; install it: apt-get install --no-install-recommends qemu-system-x86`,
    );
  }
  const images = await ensureImages({ only: ["system-disk"] });
  if (images.kind === "missing") throw new Error(`${images.what.join(" ")} ${images.wayOut}`);
  const packed = new URL("../../public/images/system-disk.vhd.gz", import.meta.url);
  writeFileSync(disk, gunzipSync(readFileSync(packed)));
}, patience);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("QEMU boots the system disk to a shell on its ext4 root", { timeout: patience }, async () => {
  const machine = startMachine();
  try {
    expect(await machine.waitFor(prompt)).toContain("SYSLINUX");
    machine.send("cat /proc/mounts");
    const mounts = await machine.waitFor(prompt);
    expect(mounts).toMatch(/^\/dev\/sda2 \/ ext4 rw/m);
    machine.send("ls /lib/modules/*/kernel/drivers/hv");
    expect(await machine.waitFor(prompt)).toContain("hv_vmbus.ko");
    machine.send("poweroff");
    expect(await machine.ended).toBe(0);
  } finally {
    machine.kill();
  }
});

/** A QEMU machine with the disk on its first IDE channel; nothing is written to the file. */
function startMachine() {
  const drive = `file=${disk},format=vpc,snapshot=on,if=ide`;
  const child = spawn(
    qemu,
    [
      ...["-accel", "tcg", "-m", "256", "-display", "none", "-serial", "stdio", "-monitor", "none"],
      ...["-nic", "none", "-no-reboot", "-drive", drive],
    ],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  let unread = "";
  let complaint = "";
  let look = () => {};
  child.stdout.on("data", (chunk: Buffer) => {
    unread += chunk.toString("latin1").replaceAll("\r", "");
    look();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  child.stdin.on("error", () => {});
  const ended = new Promise<number | null>((resolve) => {
    child.on("exit", (code) => {
      resolve(code);
      look();
    });
  });
  return {
    ended,
    kill: () => child.kill("SIGKILL"),
    send: (line: string) => child.stdin.write(`${line}\n`),
    /** Everything written since the last wait, once it ends in the pattern. */
    waitFor: (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        look = () => {
          if (pattern.test(unread)) {
            look = () => {};
            resolve(unread);
            unread = "";
          } else if (child.exitCode !== null || child.signalCode !== null) {
            reject(new Error(`QEMU ended early. ${complaint} Console: ${unread.slice(-500)}`));
          }
        };
        look();
      }),
  };
}
