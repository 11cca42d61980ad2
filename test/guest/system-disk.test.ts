import { afterAll, beforeAll, expect, test } from "vitest";
import { openImage, ramDisk, ramFile } from "../../src/storage/index.ts";
import { catalogue } from "../../src/vmms/index.ts";
import { builtFile, type GuestLab, openGuestLab, prompt } from "../lab/guest.ts";

/** A fixed VHD from the BIOS to the shell: boot sector, boot loader, kernel and root through emulated IDE. */
const boots = 240_000;
const data = ramDisk(8 * 2 ** 20);
let lab: GuestLab;

beforeAll(async () => {
  const vm = catalogue.find((stock) => stock.name === "debian-disk");
  const [system, second] = vm?.disks ?? [];
  if (vm === undefined || system?.source.kind !== "image" || second === undefined)
    throw new Error("the catalogue has no machine debian-disk with two disks");
  const image = openImage(ramFile({ contents: builtFile(system.source.path) }), { format: "vhd" });
  if (image.kind !== "disk") throw new Error(image.text);
  lab = await openGuestLab({
    vm,
    disks: [
      { disk: image.disk, kept: "memory", writeBack() {}, stock: system },
      { disk: data, kept: "memory", writeBack() {}, stock: second },
    ],
  });
  await lab.waitFor(prompt, boots);
}, boots);

afterAll(async () => {
  await lab?.end();
});

test("the root file system is ext4 on the IDE disk, and it can be written", async () => {
  const root = await lab.shell("grep ' / ext4' /proc/mounts");
  const device = /^\/dev\/(sd[a-z])\d? /.exec(root)?.[1] ?? root;
  expect(await lab.shell(`readlink -f /sys/block/${device}/device/../../..`)).toMatch(/\/ata\d$/);
  await lab.shell("echo kept >/root/mark && sync && echo 3 >/proc/sys/vm/drop_caches");
  expect(await lab.shell("cat /root/mark")).toBe("kept");
});

test("the BIOS took our tables", async () => {
  expect(await lab.shell("cat /sys/class/dmi/id/sys_vendor")).toBe("Microsoft Corporation");
  expect(await lab.shell("cat /sys/bus/acpi/devices/VMBUS:00/path")).toBe("\\_SB_.VMOD.VMBS");
  expect(await lab.shell("dmesg | grep -c 'Hypervisor detected: Microsoft Hyper-V'")).toBe("1");
});

test("the synthetic disk is there too", async () => {
  const disks = "/sys/bus/vmbus/devices/*/host*/target*/*/block/*/size";
  await lab.shell(`while ! ls ${disks} >/dev/null 2>&1; do usleep 200000; done`);
  expect(await lab.shell(`cat ${disks}`)).toBe(String(data.byteLength / 512));
});
