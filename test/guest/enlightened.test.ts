import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ramDisk } from "../../src/storage/index.ts";
import { catalogue } from "../../src/vmms/index.ts";
import { attachedDisk, emptyDvd } from "../lab/attached.ts";
import { endSockets, type GuestLab, openGuestLab, prompt, unload } from "../lab/guest.ts";

/** One boot of the stock machine: an unmodified kernel with its own drivers, and everything it finds. */
const megabyte = 2 ** 20;
const scratch = ramDisk(64 * megabyte);
const second = ramDisk(16 * megabyte);
let lab: GuestLab;

beforeAll(async () => {
  const vm = catalogue.find((stock) => stock.name === "debian");
  if (vm === undefined) throw new Error("the catalogue has no machine debian");
  const disks = [scratch, second].map((disk, lun) => attachedDisk("SCSI", lun, disk));
  lab = await openGuestLab({ vm, drives: [emptyDvd, ...disks] });
  await lab.waitFor(prompt, 150_000);
  await lab.shell(`${blockName}; ${bothDisks}`);
}, 170_000);

afterAll(async () => {
  await lab?.end();
});

/** The kernel names disks in the order in which their probes end: only the LUN tells them apart. */
const blockName = "d() { ls /sys/bus/vmbus/devices/*/host*/target*/?:0:0:$1/block; }";
/** Waits until both disks have been probed. */
const bothDisks = "while [ ! -b /dev/sda -o ! -b /dev/sdb ]; do usleep 100000; done";

/** Numbers of one line of /proc/interrupts. */
async function interrupts(name: "HYP" | "HVS"): Promise<number> {
  const line = await lab.shell(`grep ${name}: /proc/interrupts`);
  return Number(/:\s*(\d+)/.exec(line)?.[1]);
}

describe("what the kernel finds", () => {
  test("the hypervisor, by its leaves", async () => {
    const log = await lab.shell("dmesg | grep -iE 'hyper|hv_|clocks'");
    expect(log).toContain("Hypervisor detected: Microsoft Hyper-V");
    expect(log).toContain("privilege flags low 0xa6e, high 0x30, hints 0x220, misc 0x80500");
    expect(log).toContain("Host Build 6.1.7601.17514");
    expect(log).toContain("LAPIC Timer Frequency: 0x3d0900");
    expect(log).toContain("Marking TSC unstable due to running on Hyper-V");
    expect(log).toContain("enabling crash_kexec_post_notifiers");
    expect(log).toContain("Switched to clocksource hyperv_clocksource_tsc_page");
    expect(log).toContain("hv_vmbus: Vmbus version:5.3");
  });

  test("nothing to complain about", async () => {
    const log = await lab.shell("dmesg | grep -E 'unchecked MSR|BUG:|Oops|WARNING:|Call Trace' || true");
    expect(log).toBe("");
  });

  test("our clock source and our clock events", async () => {
    const clocks = "/sys/devices/system";
    expect(await lab.shell(`cat ${clocks}/clocksource/clocksource0/current_clocksource`)).toBe(
      "hyperv_clocksource_tsc_page",
    );
    expect(await lab.shell(`cat ${clocks}/clockevents/clockevent0/current_device`)).toBe(
      "Hyper-V clockevent",
    );
  });

  test("our ACPI and SMBIOS tables", async () => {
    expect(await lab.shell("cat /sys/bus/acpi/devices/VMBUS:00/path")).toBe("\\_SB_.VMOD.VMBS");
    expect(await lab.shell("cat /sys/bus/vmbus/hibernation")).toBe("0");
    const dmi = await lab.shell("cd /sys/class/dmi/id; cat sys_vendor product_name bios_version; cd /");
    expect(dmi.split("\n").map((line) => line.trim())).toEqual([
      "Microsoft Corporation",
      "Virtual Machine",
      "090004",
    ]);
    // Before SMBIOS 2.6 a guest takes the first three groups for big-endian, as on the real product.
    expect(await lab.shell("cat /sys/class/dmi/id/product_uuid")).toBe(
      "0e9d0b3f-516a-6e4d-9d0c-7a0a50000001",
    );
  });

  test("the SCSI controller with its disks at their sizes", async () => {
    expect(await lab.shell("cat /sys/bus/vmbus/devices/*/class_id")).toBe(
      "{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}",
    );
    expect(await lab.shell("cat /sys/block/$(d 0)/size /sys/block/$(d 1)/size")).toBe(
      `${scratch.byteLength / 512}\n${second.byteLength / 512}`,
    );
    const model = await lab.shell("cat /sys/block/sda/device/vendor /sys/block/sda/device/model");
    expect(model).toMatch(/^Msft\s*\nVirtual Disk/);
  });
});

describe("what happens while it runs", () => {
  test("timer and channel interrupts are counted where the kernel looks for them", async () => {
    const before = { timer: await interrupts("HVS"), channel: await interrupts("HYP") };
    await lab.shell("dd if=/dev/sda of=/dev/null bs=64k count=16 iflag=direct 2>&1; sleep 1");
    expect(await interrupts("HVS")).toBeGreaterThan(before.timer);
    expect(await interrupts("HYP")).toBeGreaterThanOrEqual(before.channel + 16);
  });

  test("guest time goes as fast as ours", async () => {
    const start = performance.now();
    const output = await lab.shell("cat /proc/uptime; sleep 3; cat /proc/uptime");
    const wall = (performance.now() - start) / 1000;
    const [from = 0, to = 0] = output.split("\n").map((line) => Number(line.split(" ")[0]));
    // The guest's stretch lies inside ours, which has the shell's own work on top.
    expect(to - from).toBeGreaterThanOrEqual(3);
    expect(to - from).toBeLessThanOrEqual(wall + 0.02);
    expect(wall).toBeLessThan(2 * (to - from) + 2);
  });

  test("an ext4 file system keeps what it was given, byte for byte in the parent", async () => {
    await lab.shell("modprobe ext4; mkfs.ext4 -qF /dev/$(d 0) 2>&1", 120_000);
    await lab.shell("mount /dev/$(d 0) /mnt/data");
    await lab.shell("dd if=/dev/urandom of=/mnt/data/a bs=64k count=48 2>&1; sync", 120_000);
    const sum = await lab.shell("cd /mnt/data && md5sum a; cd /");
    await lab.shell("umount /mnt/data && echo 3 >/proc/sys/vm/drop_caches; mount /dev/$(d 0) /mnt/data");
    expect(await lab.shell("cd /mnt/data && md5sum a; cd /")).toBe(sum);
    await lab.shell("umount /mnt/data");
    const magic = new Uint8Array(512);
    expect(scratch.read(1024, magic)).toBe("ok");
    expect([magic[0x38], magic[0x39]]).toEqual([0x53, 0xef]);
  });

  test("what the guest writes is what the parent holds, and the other way round", async () => {
    await lab.shell("yes tabvisor | dd of=/dev/$(d 1) bs=4k count=3 seek=5 iflag=fullblock conv=fsync 2>&1");
    const held = new Uint8Array(12_288);
    expect(second.read(5 * 4096, held)).toBe("ok");
    expect(new TextDecoder().decode(held) === "tabvisor\n".repeat(1400).slice(0, 12_288)).toBe(true);
    const block = new Uint8Array(4096).fill(0x41);
    expect(second.write(4 * megabyte, block)).toBe("ok");
    const read = await lab.shell(
      "dd if=/dev/$(d 1) bs=4k skip=1024 count=1 iflag=direct 2>/dev/null | md5sum",
    );
    expect(read.split(" ")[0]).toBe(createHash("md5").update(block).digest("hex"));
  });

  test("discarded blocks read as zeros", async () => {
    await lab.shell("blkdiscard -o 4194304 -l 65536 /dev/$(d 1)");
    const held = new Uint8Array(4096).fill(1);
    expect(second.read(4 * megabyte, held)).toBe("ok");
    expect(held.every((byte) => byte === 0)).toBe(true);
  });
});

describe("what comes and goes", () => {
  test("a disk that is taken out is found again", async () => {
    await lab.shell("n=$(d 1); echo 1 >/sys/block/$n/device/delete; [ ! -e /sys/block/$n ]");
    await lab.shell("for h in /sys/class/scsi_host/host*; do echo '- - -' >$h/scan; done");
    await lab.shell(bothDisks);
    expect(await lab.shell("cat /sys/block/sd?/size | sort -n")).toBe(
      `${second.byteLength / 512}\n${scratch.byteLength / 512}`,
    );
  });

  /** Disks by size, which their names do not tell after a new scan. */
  const firstBlocks =
    "for d in /dev/sd?; do dd if=$d bs=4k count=1 iflag=direct 2>/dev/null | md5sum; done | sort";

  /**
   * The clock events of hv_vmbus's timer outlive nobody: with timers in direct mode the module takes them away
   * without a successor, on any host. So the local APIC's timer takes over first.
   */
  test("the local APIC's timer takes over", async () => {
    const events = "/sys/devices/system/clockevents/clockevent0";
    await lab.shell(`echo Hyper-V clockevent >${events}/unbind_device`);
    expect(await lab.shell(`cat ${events}/current_device`)).toBe("lapic");
    const ours = performance.now();
    await lab.shell("sleep 1");
    expect(performance.now() - ours).toBeGreaterThan(900);
  });

  test.each([
    { option: "", version: "5.3" },
    { option: "max_version=0x40000", version: "4.0" },
    { option: "max_version=0x20004", version: "2.4" },
  ])("the drivers leave and come back, speaking $version", async ({ option, version }) => {
    const sums = await lab.shell(firstBlocks);
    await lab.shell(endSockets);
    await lab.shell(`${unload("hv_storvsc")}; rmmod hv_vmbus && [ ! -e /sys/block/sda ]`);
    await lab.shell("dmesg -c >/dev/null");
    await lab.shell(`modprobe hv_vmbus ${option} && modprobe hv_storvsc`);
    await lab.shell(bothDisks);
    expect(await lab.shell("dmesg | grep 'Vmbus version'")).toContain(`Vmbus version:${version}`);
    expect(await lab.shell(firstBlocks)).toBe(sums);
  });
});
