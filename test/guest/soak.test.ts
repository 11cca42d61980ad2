import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChannelId, integrationServices } from "../../src/hvdef/index.ts";
import { openSwitch } from "../../src/network/index.ts";
import { ramDisk } from "../../src/storage/index.ts";
import { micros } from "../../src/support/index.ts";
import { catalogue, openIntegrationServices, openServices } from "../../src/vmms/index.ts";
import { netOffer, netvsp } from "../../src/vsp/index.ts";
import { attachedDisk, deviceOf } from "../lab/attached.ts";
import { type Footprint, footprintOf, heapBytes } from "../lab/footprint.ts";
import { endSockets, unload } from "../lab/guest.ts";
import { kexecProgram } from "../lab/kexec.ts";
import { mac } from "../lab/switch.ts";
import { builtFile, type GuestLab, openWorkerLab, prompt } from "../lab/worker.ts";

/**
 * One machine that is born again and again, and must not grow by it. `TABVISOR_SOAK_ROUNDS=50` is the whole of it;
 * what runs with the other tests is the beginning.
 */
const wanted = process.env["TABVISOR_SOAK_ROUNDS"];
const rounds = (few: number): number => (wanted === undefined ? few : Number(wanted));
const boots = 180_000;
const roundLimit = boots + 60_000;
const patience = { timeout: 60_000, interval: 100 };
/** What one more round may leave behind. Reason: a lost machine is 256 MB, a lost channel's rings 24 KB. */
const growth = { perRound: 16 << 10, noise: 6 << 20 };

const id = "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000041";
/** The next kernel lies in memory twice before it starts. */
const memoryBytes = 256 << 20;
const clock = { now: () => micros(performance.now() * 1000) };
const adapterChannel = 16 as ChannelId;
const kernelDisk = ramDisk(64 << 20);
const services = openIntegrationServices({
  clock,
  wallClock: () => Date.now(),
  facts: [],
  items: [],
  changed() {},
  thawedLate() {},
});
const adapter = netvsp({ mac: mac("00-15-5D-01-0D-01") });
const ticking = setInterval(() => services.integration.tick(), 1000);
let lab: GuestLab;
let first: Footprint | null = null;

beforeAll(async () => {
  const boot = catalogue.find(({ name }) => name === "debian")?.boot;
  if (boot?.kind !== "linux" || boot.initrd === null) throw new Error("the catalogue has no machine debian");
  const { commandLine } = boot;
  const program = {
    kernel: builtFile(boot.kernel),
    initrd: builtFile(boot.initrd),
    commandLine,
    memoryBytes,
  };
  kernelDisk.write(0, kexecProgram(program));
  const network = openSwitch({ name: "lab", kind: "private", clock });
  adapter.connect(network.connect({ name: "guest", mac: mac("00-15-5D-01-0D-01") }, adapter));
  const attached = [ramDisk(16 << 20), kernelDisk].map((disk, place) => attachedDisk("SCSI", place, disk));
  const drives = attached.map(({ drive }) => drive);
  const disks = openServices({ vm: id, drives, scsiControllers: 1, onStalled() {} });
  for (const { drive, medium } of attached) disks.place(drive.slot, medium?.disk ?? null);
  const offers = [...disks.offers, netOffer(0, adapterChannel), ...services.offers(integrationServices)];
  lab = await openWorkerLab({
    id,
    configuration: { memoryBytes, boot, drives: [], offers },
    owners: [...disks.owners, { channel: adapterChannel, owner: adapter }, ...services.owners],
  });
  services.integration.goOn();
  await comesUp();
}, roundLimit);

afterAll(async () => {
  clearInterval(ticking);
  await lab?.end();
});

const devices =
  "until [ -b /dev/sdb ] && [ -e /sys/class/net/eth0 ] && [ -e /dev/vmbus/hv_vss ]; do usleep 50000; done";
const drivers = "hv_storvsc hv_netvsc hv_utils";
/** Those of `/etc/late`, which may be at it at the same time. */
const daemons = ["hv_kvp_daemon", "hv_vss_daemon"]
  .map((name) => `pidof ${name} >/dev/null || ${name}`)
  .join("; ");
const noDaemons =
  "killall -q hv_kvp_daemon hv_vss_daemon; while pidof hv_kvp_daemon hv_vss_daemon >/dev/null; do usleep 50000; done";
const load = `modprobe -a ${drivers}; ${devices}; ${daemons}`;

/** After a boot: loads what `/etc/late` would load by and by. */
async function comesUp(): Promise<void> {
  await lab.waitFor(prompt, boots);
  await lab.shell(load, boots);
}
/** Waits until everything is in use and at rest. */
async function settled(): Promise<Footprint> {
  const status = () => integrationServices.map((service) => services.integration.report(service).status);
  await expect.poll(status, patience).toEqual(Array(5).fill("ok"));
  await expect.poll(footprint, patience).toMatchObject({ open: 7, served: 7, underWay: 0 });
  return footprint();
}
const footprint = (): Footprint => footprintOf(lab.inspect(), lab.inspectEnds());

/** Does it again and again; the machine holds the same after each time. */
async function endure(what: string, times: number, round: () => Promise<void>): Promise<void> {
  first ??= await settled();
  const heap: number[] = [];
  for (let done = 0; done < times; done++) {
    await round();
    await settled();
    await expect.poll(footprint, patience).toEqual(first);
    heap.push(await heapBytes());
  }
  expect(lab.messages.filter(({ kind }) => kind === "ended" || kind === "guestCrash")).toEqual([]);
  const megabytes = heap.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(" ");
  console.log(`${what}, ${times} times; MB after each: ${megabytes}`);
  // The engine's compiled code comes and goes: the least of the second half tells more than the last.
  const half = heap.length >> 1;
  const before = Math.min(...heap.slice(0, half));
  const after = Math.min(...heap.slice(half));
  expect(after - before).toBeLessThan(growth.noise + half * growth.perRound);
}

test("everything that the bus offers is in use", async () => {
  first = await settled();
  expect(first).toMatchObject({ channels: 7, unfinishedGpadls: 0 });
});

test("channels that a guest opens and closes leave nothing behind", async () => {
  const again = `for n in $(seq ${rounds(5)}); do for d in *-*-*-*-*; do echo $d >unbind; echo $d >bind; done; done`;
  await endure("opened and closed", 2, async () => {
    await lab.shell(noDaemons);
    for (const driver of ["hv_utils", "hv_netvsc"])
      await lab.shell(`cd /sys/bus/vmbus/drivers/${driver} && ${again}; cd`, 600_000);
    await lab.shell(`${devices}; ${daemons}`);
  });
}, 1_300_000);

/** See `enlightened.test.ts`: the module takes its clock events away without a successor. */
const otherTimer =
  "cd /sys/devices/system/clockevents/clockevent0; ! grep -q Hyper <current_device || echo Hyper-V clockevent >unbind_device; cd";

test(
  "drivers that leave and come back leave nothing behind",
  async () => {
    const timers = () => lab.shell(`killall -q udhcpc; ${otherTimer}`);
    await lab.shell(endSockets);
    await timers();
    await endure("drivers reloaded", rounds(2), async () => {
      await lab.shell(`${noDaemons}; rmmod hv_utils hv_netvsc; ${unload("hv_storvsc")}`);
      await timers();
      await lab.shell("rmmod hv_vmbus");
      await lab.shell(load);
    });
  },
  50 * roundLimit,
);

test(
  "kernels that a guest starts in its own place leave nothing behind",
  async () => {
    await endure("kexec", rounds(1), async () => {
      const since = Date.now();
      lab.send(
        `dd if=${deviceOf(kernelDisk)} of=/tmp/next bs=1M 2>/dev/null; chmod +x /tmp/next; sync; /tmp/next\n`,
      );
      await comesUp();
      expect(Number(await lab.shell("cut -d. -f1 /proc/uptime"))).toBeLessThanOrEqual(
        (Date.now() - since) / 1000,
      );
    });
    expect(lab.messages.filter(({ kind }) => kind === "restarted")).toEqual([]);
  },
  50 * roundLimit,
);

/** Another boot that tells little more: `lifecycle.test.ts` has a guest that restarts. */
test.runIf(wanted !== undefined)(
  "a machine that its guest resets leaves nothing behind",
  async () => {
    const times = rounds(1);
    await endure("restarted", times, async () => {
      lab.send("reboot -f\n");
      await comesUp();
    });
    expect(lab.messages.filter(({ kind }) => kind === "restarted")).toHaveLength(times);
  },
  50 * roundLimit,
);
