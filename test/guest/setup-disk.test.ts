import { afterAll, beforeAll, expect, test } from "vitest";
import { openImage, ramFile } from "../../src/storage/index.ts";
import { catalogue, openAdapterServices } from "../../src/vmms/index.ts";
import { attachedDisc, attachedDisk } from "../lab/attached.ts";
import { builtDisk } from "../lab/built-disk.ts";
import { type GuestLab, openGuestLab, prompt } from "../lab/guest.ts";
import { homeAddress, openHomeNetwork } from "../lab/home-network.ts";
import { mac } from "../lab/switch.ts";

/** The Integration Services Setup Disk in a system that came without them: its own script, run by its own shell. */
const boots = 240_000;
const network = openHomeNetwork();
let lab: GuestLab;

function imageOf(folder: string, format: "vhd" | "iso") {
  const image = openImage(ramFile({ contents: builtDisk(folder) }), { format });
  if (image.kind !== "disk") throw new Error(image.text);
  return image.disk;
}

beforeAll(async () => {
  const vm = catalogue.find(({ name }) => name === "debian-legacy");
  if (vm === undefined) throw new Error("the catalogue has no machine debian-legacy");
  const macs = [mac("00-15-5D-01-0D-02"), mac("00-15-5D-01-0D-03")] as const;
  const adapters = openAdapterServices(
    vm.adapters.map((adapter) => ({ adapter, mac: macs[adapter.type === "legacy" ? 0 : 1] })),
  );
  network.plugIn(adapters);
  lab = await openGuestLab({
    vm,
    drives: [
      attachedDisk("IDE", 0, imageOf("legacy-disk", "vhd")),
      attachedDisc(imageOf("setup-disk", "iso")),
    ],
    adapters,
  });
  await lab.waitFor(prompt, boots);
}, boots);

afterAll(async () => {
  await lab?.end();
  network.end();
});

const withAddress = (device: string) =>
  lab.shell(`until ip addr show ${device} 2>/dev/null | grep -q 'inet '; do usleep 200000; done`);
/** The address of a device, without its prefix. */
const addressOf = (device: string) =>
  lab.shell(`ip -4 -o addr show ${device} | sed 's/.* inet \\([0-9.]*\\).*/\\1/' | tail -n 1`);
const driverOf = (device: string) => lab.shell(`basename $(readlink /sys/class/net/${device}/device/driver)`);
const filesOf =
  "find / -xdev -name '*hv_*' -o -xdev -name '*hyperv*' -o -xdev -name integration-services | sort";
const rootDisk = async () => {
  const device = /^\/dev\/(sd[a-z])/.exec(await lab.shell("grep ' / ' /proc/mounts"))?.[1];
  return lab.shell(`readlink -f /sys/block/${device}/device`);
};

async function restart(): Promise<void> {
  lab.send("sync; reboot\n");
  await lab.waitFor(/SYSLINUX/, 60_000);
  await lab.waitFor(prompt, boots);
  await withAddress("eth0");
}

test("the system has nothing of Hyper-V, and runs on emulated devices", async () => {
  await withAddress("eth0");
  expect(await lab.shell(filesOf)).toBe("");
  expect(await lab.shell("ls /sys/bus; cat /proc/modules")).not.toMatch(/vmbus|hv_/);
  expect(await rootDisk()).toMatch(/\/ata1\//);
  expect(await driverOf("eth0")).toBe("ne2k-pci");
  expect(await lab.shell(`ping -c 1 ${homeAddress}`)).toContain(" 0% packet loss");
});

test("the disc says so when the kernel is another", async () => {
  await lab.shell("mount /dev/sr0 /mnt/cdrom");
  // As if the system ran another one.
  const change = "s|^release=.*|release=5.10.0-1-686|; s|^disc=.*|disc=/mnt/cdrom|";
  await lab.shell(`sed '${change}' /mnt/cdrom/install.sh >/tmp/install.sh`);
  expect(await lab.shell("sh /tmp/install.sh || echo refused")).toMatch(
    /is for the kernel 6\.\S+-686, and this system runs 5\.10\.0-1-686\. Nothing was changed\.[\s\S]*refused/,
  );
  expect(await lab.shell(filesOf)).toBe("");
});

test("its script installs the services: the network changes over at once and keeps its address", async () => {
  await lab.shell("echo written on the emulated disk >/root/note");
  const leased = await addressOf("eth0");
  await lab.shell("ip addr add 10.0.0.3/24 dev eth0");
  expect(await lab.shell("sh /mnt/cdrom/install.sh", 120_000)).toContain("installed.");
  await lab.shell(`until ip addr show eth1 | grep -q '${leased}/24'; do usleep 200000; done`);
  expect(await lab.shell("ip addr show eth1")).toContain("10.0.0.3/24");
  expect(await lab.shell("ip addr show eth0")).not.toContain("inet ");
  expect(await driverOf("eth1")).toBe("hv_netvsc");
  expect(await lab.shell(`ping -c 2 ${homeAddress}`)).toContain(" 0% packet loss");
  // Two drivers must never hold one disk.
  expect(await lab.shell("ls -d /sys/block/sd* | wc -l")).toBe("1");
  expect(await lab.shell("sh /mnt/cdrom/install.sh")).toContain("installed already");
});

test(
  "after a restart the same disk is the synthetic one",
  async () => {
    await restart();
    expect(await rootDisk()).toMatch(/\/VMBUS:\d+\//);
    expect(await lab.shell("cat /root/note")).toBe("written on the emulated disk");
    expect(await lab.shell("ls -d /sys/block/sd* | wc -l")).toBe("1");
    expect(await lab.shell("cat /proc/modules")).not.toContain("ne2k");
    expect(await driverOf("eth0")).toBe("hv_netvsc");
    expect(await lab.shell(`ping -c 2 ${homeAddress}`)).toContain(" 0% packet loss");
    await lab.shell("echo written on the synthetic disk >>/root/note");
  },
  boots,
);

test(
  "taken out again, they leave nothing behind",
  async () => {
    await lab.shell("mount /mnt/cdrom");
    expect(await lab.shell("sh /mnt/cdrom/install.sh --remove", 120_000)).toContain("removed.");
    await lab.shell(
      "until readlink /sys/class/net/eth*/device/driver | grep -q ne2k; do usleep 200000; done",
    );
    expect(await lab.shell(filesOf)).toBe("");
    await restart();
    expect(await lab.shell("ls /sys/bus; cat /proc/modules")).not.toMatch(/vmbus|hv_/);
    expect(await rootDisk()).toMatch(/\/ata1\//);
    expect(await driverOf("eth0")).toBe("ne2k-pci");
    expect(await lab.shell("cat /root/note")).toContain("on the synthetic disk");
    expect(await lab.shell("mount /boot; ls /boot; umount /boot")).not.toContain("services");
  },
  boots,
);
