import { relative } from "node:path";
import { expect, test } from "vitest";
import { ensureOtherKernel, otherKernels } from "../../images/other-kernels/build.mjs";
import { integrationServices } from "../../src/hvdef/index.ts";
import { ramDisk } from "../../src/storage/index.ts";
import { micros } from "../../src/support/index.ts";
import { catalogue, openAdapterServices, openIntegrationServices } from "../../src/vmms/index.ts";
import { attachedDisk, emptyDvd } from "../lab/attached.ts";
import { openGuestLab, prompt } from "../lab/guest.ts";
import { homeAddress, openHomeNetwork } from "../lab/home-network.ts";
import { mac } from "../lab/switch.ts";

/** Other kernels of Debian, unchanged: each loads its own drivers, and they work. */
const boots = 180_000;
const stock = catalogue.find(({ name }) => name === "debian");

const utilities = () =>
  openIntegrationServices({
    clock: { now: () => micros(performance.now() * 1000) },
    wallClock: () => Date.now(),
    facts: [],
    items: [],
    changed() {},
    thawedLate() {},
  });

/** Builds a kernel's machine and boots it to its shell. */
async function boot(files: { readonly kernel: string; readonly initrd: string }) {
  if (stock?.boot.kind !== "linux") throw new Error("the catalogue has no machine debian");
  const network = openHomeNetwork();
  const [adapter] = stock.adapters;
  if (adapter === undefined) throw new Error("the machine debian has no network adapter");
  const adapters = openAdapterServices([{ adapter, mac: mac("00-15-5D-01-0E-01") }]);
  network.plugIn(adapters);
  const services = utilities();
  // Built files are named from the site's folder.
  const fromSite = (path: string) => relative("public", path);
  const lab = await openGuestLab({
    vm: { ...stock, boot: { ...stock.boot, kernel: fromSite(files.kernel), initrd: fromSite(files.initrd) } },
    drives: [emptyDvd, attachedDisk("SCSI", 0, ramDisk(32 << 20))],
    adapters,
    integration: services,
  });
  services.integration.goOn();
  const timer = setInterval(() => services.integration.tick(), 1000);
  await lab.waitFor(prompt, boots);
  return {
    lab,
    services,
    async end() {
      clearInterval(timer);
      await lab.end();
      network.end();
    },
  };
}

test.each(Object.keys(otherKernels))(
  "%s",
  async (name) => {
    if (name !== "pae" && name !== "older") throw new Error(name);
    const built = await ensureOtherKernel(name);
    if (built.kind === "missing") throw new Error(built.text);
    const { lab, services, end } = await boot(built);
    try {
      expect(await lab.shell("uname -r")).toBe(built.release);
      await lab.shell("until ip addr show eth0 2>/dev/null | grep -q 'inet '; do usleep 200000; done");
      const modules = await lab.shell("cut -d' ' -f1 /proc/modules");
      expect(modules.split("\n")).toEqual(
        expect.arrayContaining(["hv_vmbus", "hv_storvsc", "hv_netvsc", "hv_utils"]),
      );
      expect(await lab.shell(`ping -c 2 ${homeAddress}`)).toContain(" 0% packet loss");
      await lab.shell("dd if=/dev/urandom of=/tmp/a bs=64k count=16 2>/dev/null");
      await lab.shell("[ -b /dev/sda ] && dd if=/tmp/a of=/dev/sda bs=64k conv=fsync 2>/dev/null");
      await lab.shell("echo 3 >/proc/sys/vm/drop_caches");
      const read = await lab.shell("dd if=/dev/sda bs=64k count=16 2>/dev/null | sha256sum");
      expect(read).toBe(await lab.shell("sha256sum </tmp/a"));
      await expect
        .poll(() => integrationServices.map((service) => services.integration.report(service).status), {
          timeout: 60_000,
        })
        .toEqual(Array(integrationServices.length).fill("ok"));
      expect(await lab.shell("dmesg | grep -iE 'hv_[a-z]+.*(fail|error)' || echo none")).toBe("none");
    } finally {
      await end();
    }
  },
  2 * boots,
);
