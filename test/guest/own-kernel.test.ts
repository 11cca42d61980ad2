import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeInitramfs, judgeKernel, virtualProcessor } from "../../src/hvdef/index.ts";
import { type GuestLab, openGuestLab, prompt } from "../lab/guest.ts";

/** A kernel as Debian packages it and an archive it unpacks itself, as a visitor would pick them. */
const boots = 180_000;
let lab: GuestLab;

const picked = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(`public/images/${name}`));

beforeAll(async () => {
  const bootFiles = { kernel: picked("vmlinuz"), initrd: picked("initramfs.cpio.gz") };
  lab = await openGuestLab({
    vm: {
      id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000077",
      memoryBytes: 128 * 2 ** 20,
      boot: {
        kind: "linux",
        from: "visitor",
        kernel: "vmlinuz",
        initrd: "initramfs.cpio.gz",
        commandLine: "console=ttyS0 loglevel=4 tabvisor.own=1",
      },
      scsiControllers: 1,
    },
    bootFiles,
  });
  await lab.waitFor(prompt, boots);
}, boots);

afterAll(async () => {
  await lab?.end();
});

test("the recognisers know both files", () => {
  const kernel = picked("vmlinuz");
  const verdict = judgeKernel(kernel.slice(0, 0x8000), kernel.length);
  expect(verdict).toMatchObject({ kind: "kernel", head: { kind: "bzImage", protocol: 0x20f } });
  expect(verdict.kind === "kernel" && verdict.head.kind === "bzImage" && verdict.head.version).toMatch(
    /^6\.1\..*686$/,
  );
  expect(judgeInitramfs(picked("initramfs.cpio.gz"))).toEqual({ kind: "initramfs", packing: "gzip" });
});

test("the kernel that has unpacked itself has our command line, memory, tables and bus", async () => {
  expect(await lab.shell("cat /proc/cmdline")).toBe("console=ttyS0 loglevel=4 tabvisor.own=1");
  const total = Number(/\d+/.exec(await lab.shell("grep MemTotal /proc/meminfo"))?.[0]);
  expect(total).toBeGreaterThan(80 * 1024);
  expect(await lab.shell("dmesg | grep -c 'Hypervisor detected: Microsoft Hyper-V'")).toBe("1");
  expect(await lab.shell("cat /sys/class/dmi/id/sys_vendor")).toBe("Microsoft Corporation");
  await lab.shell("ls /sys/bus/vmbus/devices | grep -q .");
});

test("the processor is what the form says of it", async () => {
  const flags = (await lab.shell("grep -m1 flags /proc/cpuinfo")).split(/\s+/);
  console.log(flags.join(" "));
  const has = (flag: string): boolean => flags.includes(flag);
  expect(has("lm")).toBe(virtualProcessor.bits !== 32);
  expect(has("pae")).toBe(virtualProcessor.pae);
  expect([has("sse"), has("sse2"), has("pni"), has("ssse3")]).toEqual([true, true, true, false]);
  expect(await lab.shell("grep -c ^processor /proc/cpuinfo")).toBe(String(virtualProcessor.count));
});
