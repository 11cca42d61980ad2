import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openImage, ramDisk, ramFile } from "../../src/storage/index.ts";
import { catalogue } from "../../src/vmms/index.ts";
import { attachedDisk, emptyDvd } from "../lab/attached.ts";
import { builtFile, type GuestLab, openGuestLab, prompt } from "../lab/guest.ts";

/** A fixed VHD from the BIOS to the shell: boot sector, boot loader and kernel through emulated IDE. */
const boots = 240_000;

/** On Hyper-V the kernel's own drivers take the IDE disks from the VMBus, and the DVD drive from the controller. */
describe.each([
  { bus: "offers the IDE disk", offersIde: true, root: /\/VMBUS:\d+\// },
  { bus: "knows nothing of the IDE disk", offersIde: false, root: /\/ata1\// },
])("when the bus $bus", ({ offersIde, root }) => {
  const data = ramDisk(8 * 2 ** 20);
  let lab: GuestLab;

  beforeAll(async () => {
    const vm = catalogue.find((stock) => stock.name === "debian-disk");
    if (vm === undefined) throw new Error("the catalogue has no machine debian-disk");
    const image = openImage(ramFile({ contents: builtFile("images/system-disk.vhd.gz") }), { format: "vhd" });
    if (image.kind !== "disk") throw new Error(image.text);
    lab = await openGuestLab({
      vm,
      drives: [attachedDisk("IDE", 0, image.disk), emptyDvd, attachedDisk("SCSI", 0, data)],
      offersIde,
    });
    await lab.waitFor(prompt, boots);
  }, boots);

  afterAll(async () => {
    await lab?.end();
  });

  test("the root file system is ext4 on that disk, and it can be written", async () => {
    const mounted = await lab.shell("grep ' / ext4' /proc/mounts");
    const device = /^\/dev\/(sd[a-z])\d? /.exec(mounted)?.[1] ?? mounted;
    expect(await lab.shell(`readlink -f /sys/block/${device}/device`)).toMatch(root);
    await lab.shell("echo kept >/root/mark && sync && echo 3 >/proc/sys/vm/drop_caches");
    expect(await lab.shell("cat /root/mark")).toBe("kept");
  });

  test("each disk is there once, the DVD drive is the emulated one", async () => {
    const disks = "ls /sys/block | grep -c ^sd";
    await lab.shell(`while [ $(${disks}) -lt 2 ] || [ ! -b /dev/sr0 ]; do usleep 200000; done`);
    await lab.shell("sleep 1");
    expect(await lab.shell(disks)).toBe("2");
    expect(await lab.shell("readlink -f /sys/block/sr0/device")).toMatch(/\/ata2\//);
    const sizes = "cat /sys/bus/vmbus/devices/*/host*/target*/*/block/*/size";
    expect((await lab.shell(sizes)).split("\n")).toContain(String(data.byteLength / 512));
  });

  test("the BIOS took our tables", async () => {
    expect(await lab.shell("cat /sys/class/dmi/id/sys_vendor")).toBe("Microsoft Corporation");
    expect(await lab.shell("cat /sys/bus/acpi/devices/VMBUS:00/path")).toBe("\\_SB_.VMOD.VMBS");
    expect(await lab.shell("dmesg | grep -c 'Hypervisor detected: Microsoft Hyper-V'")).toBe("1");
  });
});
