import { afterAll, beforeAll, expect, test } from "vitest";
import { type IntegrationService, integrationServices } from "../../src/hvdef/index.ts";
import { ramDisk } from "../../src/storage/index.ts";
import { micros } from "../../src/support/index.ts";
import { catalogue, type IntegrationServices, openIntegrationServices } from "../../src/vmms/index.ts";
import { type IcDone, type IcOutcome, netvsp } from "../../src/vsp/index.ts";
import { attachedDisk, deviceOf, emptyDvd } from "../lab/attached.ts";
import { type GuestLab, openGuestLab, prompt } from "../lab/guest.ts";
import { stuckDriver } from "../lab/stuck-driver.ts";
import { mac } from "../lab/switch.ts";

/** The unmodified hv_utils and its daemons in the stock guest. */
const boots = 240_000;
/** The guest loads what is not urgent long after its prompt when the processor is busy. */
const patience = { timeout: 150_000, interval: 250 };
const bootLimit = 360_000;

/** Microseconds by which all clocks but the test's own are ahead: so long did something take. */
let turned = 0;
const wallClock = () => Date.now() + turned / 1000;

const open = () =>
  openIntegrationServices({
    clock: { now: () => micros(performance.now() * 1000 + turned) },
    wallClock,
    facts: [{ key: "VirtualMachineName", value: "debian" }],
    items: [{ key: "role", value: "web" }],
    changed() {},
    thawedLate() {},
  });
const stock = catalogue.find(({ name }) => name === "debian");
const disk = ramDisk(16 << 20);
/** What the host gives the guest to read. */
const pocket = ramDisk(1 << 20);
/** On no network: the guest gives it its address itself. */
const adapter = netvsp({ mac: mac("00-15-5D-01-0B-01") });
const services = open();
const { integration } = services;
const status = (service: IntegrationService) => integration.report(service).status;
const asked = (begin: (done: IcDone) => void) => new Promise<IcOutcome>((resolve) => begin(resolve));

/** Boots the stock machine with these services and its disk. */
async function boot(utilities: IntegrationServices): Promise<GuestLab> {
  if (stock === undefined) throw new Error("the catalogue has no machine debian");
  const drives = [emptyDvd, attachedDisk("SCSI", 0, disk), attachedDisk("SCSI", 1, pocket)];
  const lab = await openGuestLab({
    vm: stock,
    drives,
    integration: utilities,
    adapter,
    turned: () => turned,
  });
  utilities.integration.goOn();
  timers.push(setInterval(() => utilities.integration.tick(), 1000));
  await lab.waitFor(prompt, boots);
  return lab;
}

let guest: GuestLab;
const timers: ReturnType<typeof setInterval>[] = [];

beforeAll(async () => {
  guest = await boot(services);
}, bootLimit);

afterAll(async () => {
  for (const timer of timers) clearInterval(timer);
  await guest?.end();
});

test("every service is negotiated in its best version", async () => {
  await expect.poll(() => integrationServices.map(status), patience).toEqual(Array(5).fill("ok"));
  const log = await guest.shell("dmesg");
  for (const line of [
    "Heartbeat IC version 3.0",
    "Shutdown IC version 3.2",
    "TimeSync IC version 4.0",
    "KVP IC version 4.0",
    "VSS IC version 5.0",
  ])
    expect(log).toContain(line);
});

test("the guest says what it is, and gets what the host says", async () => {
  await expect.poll(() => integration.pairs().intrinsic.length, patience).toBeGreaterThanOrEqual(10);
  const intrinsic = new Map(integration.pairs().intrinsic.map(({ key, value }) => [key, value]));
  expect(intrinsic.get("OSBuildNumber")).toBe(await guest.shell("uname -r"));
  expect(intrinsic.get("OSName")).toContain("Debian");
  expect(intrinsic.get("FullyQualifiedDomainName")).toBe("tabvisor");
  await expect.poll(() => integration.pairs().delivered, patience).toBe(true);
  expect(await pool(0)).toEqual([["role", "web"]]);
  expect(await pool(3)).toEqual([["VirtualMachineName", "debian"]]);
  integration.setItems([
    { key: "zone", value: "süd" },
    { key: "role", value: "db" },
  ]);
  await expect.poll(() => integration.pairs().delivered, patience).toBe(true);
  expect(await pool(0)).toEqual([
    ["role", "db"],
    ["zone", "süd"],
  ]);
});

test("the guest says which addresses it has", async () => {
  await guest.shell("until [ -e /sys/class/net/eth0 ]; do usleep 100000; done", 60_000);
  await guest.shell(
    "ip addr add 192.168.77.9/24 dev eth0; ip addr add fd00::9/64 dev eth0; ip link set eth0 up",
  );
  const addresses = (key: string) =>
    integration.pairs().intrinsic.find((pair) => pair.key === `NetworkAddress${key}`)?.value ?? "";
  await expect.poll(() => addresses("IPv4"), patience).toContain("192.168.77.9");
  await expect.poll(() => addresses("IPv6"), patience).toContain("fd00::9");
});

test("programs of the guest publish pairs of their own", async () => {
  const zeros = (count: number) => `head -c ${count} /dev/zero`;
  await guest.shell(`(printf load; ${zeros(508)}; printf 3; ${zeros(2047)}) >>/var/lib/hyperv/.kvp_pool_1`);
  await expect.poll(() => integration.pairs().guest, patience).toEqual([{ key: "load", value: "3" }]);
});

test("a freeze holds a write and a thaw lets it through", async () => {
  await guest.shell(
    `mkfs.ext4 -q -F ${deviceOf(disk)}; mkdir -p /mnt/frozen; mount -t ext4 ${deviceOf(disk)} /mnt/frozen`,
  );
  expect(await asked(integration.freeze)).toEqual({ kind: "done" });
  await guest.shell(
    "{ (echo new >/mnt/frozen/file; echo done >/tmp/written) & }; sleep 2; [ ! -e /tmp/written ]",
  );
  expect(integration.freezing()).toBe("frozen");
  expect(await asked(integration.thaw)).toEqual({ kind: "done" });
  await guest.shell(
    "for i in 1 2 3 4 5 6 7 8 9; do [ -e /tmp/written ] && break; sleep 1; done; [ -e /tmp/written ]",
  );
  expect(await guest.shell("cat /mnt/frozen/file")).toBe("new");
});

/** Seconds between the guest's clock and ours. */
const apart = async () => Math.abs(Number(await guest.shell("echo $EPOCHREALTIME")) - wallClock() / 1000);
const uptime = async () => Number((await guest.shell("cat /proc/uptime")).split(" ")[0]);
const fiveMinutes = 300_000_000;

test("after five minutes of pause the guest's clock is right, and its uptime knows of none", async () => {
  await expect.poll(apart, patience).toBeLessThan(1);
  const before = await uptime();
  await guest.api.pause();
  integration.hold();
  turned += fiveMinutes;
  await guest.api.resume();
  integration.goOn();
  await expect.poll(apart, { timeout: 10_000, interval: 250 }).toBeLessThan(1);
  expect((await uptime()) - before).toBeLessThan(60);
  expect(status("heartbeat")).toBe("ok");
});

test("a wrong clock is right again after a pause", async () => {
  await guest.shell("date -s '2001-01-01 00:00:00' >/dev/null; [ $(date +%Y) = 2001 ]");
  await guest.api.pause();
  integration.hold();
  await guest.api.resume();
  integration.goOn();
  await expect.poll(apart, patience).toBeLessThan(1);
});

/** Waits for it while all clocks but ours run fivefold: a guest that answers at all answers in time even so. */
const soon = (look: () => unknown) =>
  expect.poll(() => {
    turned += 1_000_000;
    return look();
  }, patience);

test("a kernel that spins with interrupts off has lost its heartbeat, and finds it again", async () => {
  await expect.poll(() => status("heartbeat"), patience).toBe("ok");
  const module = await guest.shell("base64 </lib/modules/$(uname -r)/kernel/drivers/uio/uio.ko", 60_000);
  const driver = stuckDriver(Buffer.from(module, "base64"));
  const sectors = new Uint8Array(Math.ceil(driver.length / 512) * 512);
  sectors.set(driver);
  pocket.write(0, sectors);
  await guest.shell(`head -c ${driver.length} ${deviceOf(pocket)} >/tmp/stuck.ko`);
  guest.send("insmod /tmp/stuck.ko; echo it is ov''er\n");
  await soon(() => status("heartbeat")).toBe("lostCommunication");
  expect(guest.text()).not.toContain("it is over");
  await soon(() => status("heartbeat")).toBe("ok");
  await guest.waitFor(/it is over[\s\S]*# $/);
});

test("services come and go while the guest runs", async () => {
  const count = () => guest.shell("ls /sys/bus/vmbus/devices | wc -l");
  const before = Number(await count());
  const others = integrationServices.filter((service) => service !== "heartbeat");
  const disks = stock?.scsiControllers ?? 0;
  expect(before).toBe(disks + 1 + 5);
  const scsi = guestOffers();
  await guest.api.changeOffers([...scsi, ...services.offers(others)]);
  await expect.poll(async () => Number(await count()), patience).toBe(before - 1);
  await guest.api.changeOffers([...scsi, ...services.offers(integrationServices)]);
  await expect.poll(async () => Number(await count()), patience).toBe(before);
  await expect.poll(() => status("heartbeat"), patience).toBe("ok");
});

test("a driver that is loaded anew is negotiated with anew", async () => {
  await guest.shell("killall hv_kvp_daemon hv_vss_daemon; sleep 1; rmmod hv_utils");
  await expect.poll(() => status("heartbeat"), patience).toBe("lostCommunication");
  await guest.shell("modprobe hv_utils");
  await expect.poll(() => status("heartbeat"), patience).toBe("ok");
  expect(status("keyValuePair")).toBe("lostCommunication");
  // A guest without its daemon refuses at once.
  await expect.poll(() => status("backup"), patience).toBe("ok");
  expect((await asked(integration.freeze)).kind).toBe("refused");
});

test(
  "a guest that panics has lost its heartbeat, its last words are there, and a reset helps",
  async () => {
    await expect.poll(() => status("heartbeat"), patience).toBe("ok");
    guest.send("echo c >/proc/sysrq-trigger\n");
    await soon(() => status("heartbeat")).toBe("lostCommunication");
    expect(JSON.stringify(await guest.message("guestCrash"))).toContain("sysrq");
    integration.forget();
    await guest.api.reset();
    await expect.poll(() => status("heartbeat")).toBe("noContact");
    await guest.waitFor(prompt, boots);
    await expect.poll(() => integrationServices.map(status), patience).toEqual(Array(5).fill("ok"));
  },
  bootLimit,
);

test(
  "a guest that restarts after Shut Down is heard at once",
  async () => {
    await guest.shell(
      "rm /sbin/poweroff; printf '#!/bin/sh\\nreboot\\n' >/sbin/poweroff; chmod +x /sbin/poweroff",
    );
    expect(guest.messages.filter(({ kind }) => kind === "restarted")).toEqual([]);
    expect(await asked((done) => integration.shutDown("good night", done))).toEqual({ kind: "done" });
    await guest.message("restarted", 30_000);
    integration.forget();
    await expect.poll(() => status("shutdown")).toBe("noContact");
    await guest.waitFor(prompt, boots);
    await expect.poll(() => status("shutdown"), patience).toBe("ok");
  },
  bootLimit,
);

test("Shut Down ends in a power-off of the guest's own, and leaves its file system clean", async () => {
  await guest.shell("until [ -b /dev/sdb ]; do usleep 100000; done; modprobe ext4; mkdir -p /mnt/frozen");
  await guest.shell(`mount -t ext4 ${deviceOf(disk)} /mnt/frozen`);
  expect(journalIsNeeded()).toBe(true);
  // What is not on the disk yet.
  await guest.shell("head -c 300000 /dev/urandom >/mnt/frozen/late");
  expect(await asked((done) => integration.shutDown("good night", done))).toEqual({ kind: "done" });
  expect(await guest.message("ended", 120_000)).toEqual({ kind: "ended", end: { kind: "poweredOff" } });
  expect(journalIsNeeded()).toBe(false);
});

/** The pairs in a file of the guest's daemon: 512 bytes of name and 2048 of value each, what follows a NUL is litter. */
async function pool(number: number): Promise<readonly (readonly string[])[]> {
  const bytes = Buffer.from(await guest.shell(`base64 </var/lib/hyperv/.kvp_pool_${number}`), "base64");
  const text = (from: number, to: number) => bytes.toString("utf8", from, to).replace(/\0[\s\S]*$/, "");
  return Array.from({ length: bytes.length / 2560 }, (_, place) => {
    const at = place * 2560;
    return [text(at, at + 512), text(at + 512, at + 2560)];
  });
}

/** Whether the ext4 on the disk was left in the middle of something. */
function journalIsNeeded(): boolean {
  const superblock = new Uint8Array(1024);
  expect(disk.read(1024, superblock)).toBe("ok");
  // Magic at 0x38; bit 2 of the incompatible features at 0x60: the journal must be replayed.
  expect([superblock[0x38], superblock[0x39]]).toEqual([0x53, 0xef]);
  return ((superblock[0x60] ?? 0) & 4) !== 0;
}

/** The disks of the bus, as the lab offers them. */
function guestOffers() {
  return guest.offers.filter(({ channel }) => channel < 32);
}
