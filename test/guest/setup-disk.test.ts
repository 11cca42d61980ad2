import { afterAll, beforeAll, expect, test } from "vitest";
import { openImage, ramFile } from "../../src/storage/index.ts";
import { catalogue, openAdapterServices } from "../../src/vmms/index.ts";
import { attachedDisk, attachedDisc } from "../lab/attached.ts";
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
    drives: [attachedDisk("IDE", 0, imageOf("legacy-disk", "vhd")), attachedDisc(imageOf("setup-disk", "iso"))],
    adapters,
  });
  await lab.waitFor(prompt, boots);
}, boots);

afterAll(async () => {
  await lab?.end();
  network.end();
});

const t0 = Date.now();
test("probe", async () => {
  console.log("prompt", Date.now() - t0);
  await lab.shell("until ip addr show eth0 2>/dev/null | grep -q 'inet '; do usleep 200000; done");
  console.log("net", Date.now() - t0);
  console.log(await lab.shell("ip -4 addr; lsmod; find / -name '*hv_*' -not -path '/proc/*' -not -path '/sys/*'; ls /sys/bus; df; free"));
  await lab.shell("modprobe isofs; mount /dev/sr0 /mnt/cdrom && ls -R /mnt/cdrom");
  const t = Date.now();
  console.log(await lab.shell("time sh /mnt/cdrom/install.sh"));
  console.log("install", Date.now() - t);
  await lab.shell("until ip addr show eth1 2>/dev/null | grep -q 'inet '; do usleep 200000; done");
  console.log(await lab.shell(`ip -4 addr; lsmod; cat /var/lib/integration-services/files; ping -c 2 ${homeAddress}; df; cat /proc/mounts; dmesg | tail -30`));
  lab.send("reboot\n");
  await lab.waitFor(/tabvisor:[^\n]*# $/, boots);
  console.log("again", Date.now() - t);
  console.log(await lab.shell("sleep 3; ip -4 addr; lsmod; readlink -f /sys/block/sd*/device; cat /proc/interrupts"));
}, boots);
