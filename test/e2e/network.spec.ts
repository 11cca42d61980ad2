import { expect, type Page } from "@playwright/test";
import type { NetworkSummary, PortSummary } from "../../src/hvdef/index.ts";
import {
  addressOf,
  legacy,
  listening,
  networkNamed,
  numberFrom,
  portOf,
  rewire,
  saveCapture,
  synthetic,
  transfer,
  tshark,
  whenQuiet,
} from "./network-steps.ts";
import { type Browser, bootToShell, openBrowser, openPage, refusedStart, shell, test } from "./page.ts";

// Three guests start once for all of this: each test goes on where the one before it ended.
test.describe.configure({ mode: "serial" });

let browser: Browser;
let page: Page;
/** The internal network when its capture began. */
let first: NetworkSummary;
let addresses: Readonly<Record<"debian" | "legacy", string>>;

test.beforeAll(async ({ baseURL }) => {
  browser = await openBrowser();
  page = browser.context.pages()[0] ?? (await browser.context.newPage());
  await openPage(page, baseURL);
});
test.afterAll(() => browser?.[Symbol.asyncDispose]());

const guests = ["debian", "debian-disk", "debian-legacy"] as const;

test("an address that is taken and a VLAN that cannot be are refused by name", async () => {
  first = await networkNamed(page, "Internal");
  await page.evaluate((id) => tabvisor.networks.startCapture(id, null), first.id);
  await page.evaluate(() => tabvisor.start("debian"));
  const mac = portOf(await networkNamed(page, "Internal"), "debian").mac;
  await rewire(page, "debian-disk", synthetic, { mac, staticMac: true });
  const taken = new RegExp(`${mac}.*debian`);
  expect(await refusedStart(page, "debian-disk")).toMatch(taken);
  const events = page.getByRole("region", { name: "Events" }).getByRole("listitem");
  await expect(events.filter({ hasText: taken }).first()).toBeVisible();
  await rewire(page, "debian-disk", synthetic, { mac: null, staticMac: false });

  expect(await rewire(page, "debian", synthetic, { vlan: { kind: "access", id: 4095 } })).toContain(
    "A VLAN has a number of 1 to 4094.",
  );
  await page.getByRole("region", { name: "Network adapters of debian" }).locator("summary").click();
  await page.getByRole("button", { name: /^Change… Network Adapter/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Virtual LAN identification").selectOption("access");
  await dialog.getByLabel("VLAN ID").fill("5000");
  await expect(dialog.getByText(/1 to 4094/)).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
});

test("guests get addresses, names and files from the management OS", async () => {
  // Its synthetic adapter is for later: there is no driver for it yet.
  await rewire(page, "debian-legacy", synthetic, { network: null });
  await Promise.all([prompted("debian"), bootToShell(page, "debian-legacy")]);
  // It takes longest, and is not needed yet.
  await page.evaluate(() => tabvisor.start("debian-disk"));
  addresses = { debian: await addressOf(page, "debian"), legacy: await addressOf(page, "debian-legacy") };
  for (const address of Object.values(addresses)) expect(address).toMatch(/^192\.168\.77\.1\d\d$/);
  expect(addresses.legacy).not.toBe(addresses.debian);
  const { leases } = await page.evaluate((id) => tabvisor.networks.tables(id), first.id);
  expect(leases.map(({ address, name }) => `${name} ${address}`)).toEqual(
    expect.arrayContaining([`debian ${addresses.debian}`, `debian-legacy ${addresses.legacy}`]),
  );
  expect(await shell(page, "debian", "readlink /sys/class/net/eth0/device/driver")).toContain("hv_netvsc");
  expect(await shell(page, "debian-legacy", "readlink /sys/class/net/eth0/device/driver")).toContain("ne2k");
  expect(await shell(page, "debian-legacy", "ls /sys/bus")).not.toContain("vmbus");
  expect(await shell(page, "debian", "dmesg | grep -i hyper-v; dmesg | grep version:")).toMatch(
    /detected: Microsoft Hyper-V.*Vmbus version:5/s,
  );
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);

  expect(await shell(page, "debian", "ping -c 2 debian-legacy")).toContain(" 0% packet loss");
  expect(await shell(page, "debian-legacy", "ping -c 2 debian")).toContain(" 0% packet loss");
  expect(await shell(page, "debian", "wget -q -O - http://host/readme.txt")).toContain("management OS");
  expect((await pings(2)).every((time) => time !== null)).toBe(true);
});

/** Waits for the shell of a machine that was started. */
function prompted(name: string): Promise<string> {
  return page.evaluate((vm) => tabvisor.console(vm).waitFor(/tabvisor:[^\n]*# /, 240_000), name);
}

/** From the management OS to the first guest. */
async function pings(count: number): Promise<readonly (number | null)[]> {
  const { id } = await networkNamed(page, "Internal");
  return page.evaluate(([network, to, times]) => tabvisor.networks.ping(network, to, times), [
    id,
    addresses.debian,
    count,
  ] as const);
}

test("a capture tells of it, in the page and in tshark, and counts as the switch does", async () => {
  await transfer(
    { from: page, to: page },
    { from: "debian", to: "debian-legacy", address: "debian-legacy", megabytes: 1 },
  );
  const before = await whenQuiet(page, "Internal");
  await page.evaluate((id) => tabvisor.networks.stopCapture(id), before.id);
  const after = await networkNamed(page, "Internal");
  const wanted = { after: 0, limit: 50 };
  const read = (filter: string) =>
    page.evaluate(
      ([id, options]) =>
        tabvisor.networks.readCapture(id, options).then(
          (frames) => frames.map(({ text }) => text).join("\n"),
          (failure: Error) => failure.message,
        ),
      [after.id, { ...wanted, filter }] as const,
    );
  expect(await read("dns")).toContain("debian-legacy");
  expect(await read("tcp.port ==")).toContain("at character");

  const file = await saveCapture(page, after, test.info());
  expect(tshark(file, "_ws.malformed", "frame.number")).toEqual([]);
  expect(tshark(file, "dhcp.option.dhcp == 5", "frame.number").length).toBeGreaterThanOrEqual(2);
  const seen = tshark(file, "frame", "frame.interface_name", "frame.packet_flags_direction", "frame.len");
  for (const port of after.ports) {
    const [start, quiet] = [first, before].map(({ ports }) => ports.find(({ id }) => id === port.id));
    const ways = { in: { frames: 0, bytes: 0 }, out: { frames: 0, bytes: 0 } };
    const name =
      port.holder.kind === "machine" ? `${port.holder.name} ${port.holder.adapter}` : "Management OS";
    for (const [where, flags, length] of seen) {
      if (where === undefined || !where.startsWith(name)) continue;
      const way = Number(flags) === 1 ? ways.in : ways.out;
      way.frames++;
      way.bytes += Number(length);
    }
    // Most are silent by now, so both bounds are the same number.
    const within = (count: number, of: (counts: PortSummary) => number): void => {
      const began = start === undefined ? 0 : of(start);
      expect(count, name).toBeGreaterThanOrEqual((quiet === undefined ? 0 : of(quiet)) - began);
      expect(count, name).toBeLessThanOrEqual(of(port) - began);
    };
    within(ways.in.frames, ({ framesIn }) => framesIn);
    within(ways.in.bytes, ({ bytesIn }) => bytesIn);
    // What came before a driver was there is seen at its port, and lost.
    within(ways.out.frames, ({ framesOut, dropped }) => framesOut + dropped);
    if (port.dropped === 0) within(ways.out.bytes, ({ bytesOut }) => bytesOut);
    else expect(ways.out.bytes, name).toBeGreaterThan((quiet?.bytesOut ?? 0) - (start?.bytesOut ?? 0));
  }
});

test("a second DHCP server is noticed", async () => {
  const internal = await networkNamed(page, "Internal");
  await page.goto("#networks");
  const notice = `Two DHCP servers answer here, 192.168.77.1 and ${addresses.legacy}`;
  expect((await page.evaluate((id) => tabvisor.networks.tables(id), internal.id)).notices).toEqual([]);
  await shell(
    page,
    "debian-legacy",
    [
      "printf 'start 192.168.77.220\\nend 192.168.77.230\\ninterface eth0\\nlease_file /tmp/leases\\n' > /tmp/udhcpd.conf",
      "touch /tmp/leases",
      "udhcpd -a 10 /tmp/udhcpd.conf",
    ].join("; "),
  );
  await shell(page, "debian", "udhcpc -i eth0 -n -q -B -t 3 -T 2 -s /bin/true");
  await shell(page, "debian-legacy", "killall udhcpd");
  await expect(page.getByText(notice).first()).toBeVisible();
  const { notices } = await page.evaluate((id) => tabvisor.networks.tables(id), internal.id);
  expect(notices.join("\n")).toContain(notice);
  await page.goto("#machines");
});

test("a machine on another VLAN is alone, and comes back while it runs", async () => {
  await rewire(page, "debian", synthetic, { vlan: { kind: "access", id: 5 } });
  expect(await pings(1)).toEqual([null]);
  expect(await shell(page, "debian", "ping -c 1 -W 2 192.168.77.1 || echo alone")).toContain("alone");
  await rewire(page, "debian", synthetic, { vlan: { kind: "untagged" } });
  await expect.poll(async () => (await pings(1))[0], { timeout: 60_000 }).not.toBeNull();
});

test("64 MiB pass unchanged between two guests of a private network", async () => {
  const network = await page.evaluate(() =>
    tabvisor.networks.create({
      name: "Back room",
      notes: "",
      kind: "private",
      uplink: null,
      management: null,
    }),
  );
  await prompted("debian-disk");
  await addressOf(page, "debian-disk");
  for (const [place, name] of guests.entries()) {
    await rewire(page, name, name === "debian-legacy" ? legacy : synthetic, { network });
    await shell(page, name, `ip addr add 10.0.0.${place + 1}/24 dev eth0`);
  }
  await rewire(page, "debian-legacy", synthetic, { network });
  expect(await shell(page, "debian", "ping -c 2 10.0.0.2")).toContain(" 0% packet loss");
  await transfer(
    { from: page, to: page },
    { from: "debian", to: "debian-disk", address: "10.0.0.2", megabytes: 64 },
  );
  expect(portOf(await networkNamed(page, "Back room"), "debian").bytesIn).toBeGreaterThan(64 << 20);
});

test("frames go past the switch, and through it while somebody captures them", async () => {
  const pastTheSwitch = async () => {
    const network = await networkNamed(page, "Back room");
    const from = portOf(network, "debian").id;
    const to = portOf(network, "debian-disk").id;
    return network.direct.find((path) => path.from === from && path.to === to)?.frames ?? 0;
  };
  const network = await networkNamed(page, "Back room");
  expect(portOf(network, "debian-disk").queue).toBe(true);
  // Those of the transfer: each of its large sends counts as the frames it stands for.
  expect(await pastTheSwitch()).toBeGreaterThan(20_000);

  await page.evaluate((id) => tabvisor.networks.startCapture(id, null), network.id);
  expect(await shell(page, "debian", "ping -c 2 10.0.0.2")).toContain(" 0% packet loss");
  const before = await pastTheSwitch();
  expect(await shell(page, "debian", "ping -c 3 10.0.0.2")).toContain(" 0% packet loss");
  expect(await pastTheSwitch()).toBe(before);
  const echoes = await page.evaluate(
    (id) => tabvisor.networks.readCapture(id, { after: 0, limit: 50, filter: "icmp" }),
    network.id,
  );
  expect(echoes.length).toBeGreaterThanOrEqual(10);
  await page.evaluate((id) => tabvisor.networks.stopCapture(id), network.id);

  expect(await shell(page, "debian", "ping -c 3 10.0.0.2")).toContain(" 0% packet loss");
  await expect.poll(pastTheSwitch).toBeGreaterThan(before);
});

/** Broadcasts from one guest, nine of them. */
const shout = "for i in 1 2 3; do arping -b -q -c 3 -w 1 10.0.0.9; done";
const rx = "cat /sys/class/net/eth0/statistics/rx_packets";

test("a third on another VLAN hears nothing, a trunk hears tags", async () => {
  await rewire(page, "debian-disk", synthetic, { vlan: { kind: "access", id: 5 } });
  const [before, silent] = [await numberFrom(page, "debian-disk", rx), await networkNamed(page, "Back room")];
  await shell(page, "debian", shout);
  expect(await shell(page, "debian", "ping -c 1 -W 1 10.0.0.2 || echo alone")).toContain("alone");
  expect(await shell(page, "debian", "ping -c 1 10.0.0.3")).toContain(" 0% packet loss");
  expect(await numberFrom(page, "debian-disk", rx)).toBe(before);
  const loud = await networkNamed(page, "Back room");
  expect(portOf(loud, "debian-disk").framesOut).toBe(portOf(silent, "debian-disk").framesOut);
  expect(portOf(loud, "debian-legacy", "Legacy Network Adapter").framesOut).toBeGreaterThan(
    portOf(silent, "debian-legacy", "Legacy Network Adapter").framesOut + 3,
  );

  await rewire(page, "debian", synthetic, { vlan: { kind: "access", id: 5 } });
  await rewire(page, "debian-disk", synthetic, { vlan: { kind: "trunk", native: 0, allowed: [5] } });
  const trunk = await networkNamed(page, "Back room");
  await page.evaluate(([id, port]) => tabvisor.networks.startCapture(id, port), [
    trunk.id,
    portOf(trunk, "debian-disk").id,
  ] as const);
  const untouched = await numberFrom(page, "debian-disk", rx);
  await shell(page, "debian", shout);
  expect(await numberFrom(page, "debian-disk", rx)).toBeGreaterThan(untouched);
  const tagged = await page.evaluate(
    (id) => tabvisor.networks.readCapture(id, { after: 0, limit: 50, filter: "vlan.id == 5" }),
    trunk.id,
  );
  expect(tagged.length).toBeGreaterThanOrEqual(3);
  expect(tagged.every(({ direction }) => direction === "out")).toBe(true);
  await page.evaluate((id) => tabvisor.networks.stopCapture(id), trunk.id);
  for (const name of ["debian", "debian-disk"])
    await rewire(page, name, synthetic, { vlan: { kind: "untagged" } });
});

test("a guest moves from the emulated adapter to the synthetic one in the middle of a transfer", async () => {
  const legacyGuest = (command: string) => shell(page, "debian-legacy", command);
  // An input that ends would end the connection.
  await legacyGuest(`(sleep 300 | (nc -l -p 61001 > /tmp/lines; touch /tmp/done) &); ${listening(61_001)}`);
  await shell(
    page,
    "debian",
    "(i=0; (until [ -e /tmp/stop ]; do i=$((i+1)); echo line $i; usleep 20000; done | nc 10.0.0.3 61001) &)",
  );
  await legacyGuest("until grep -q 'line 20' /tmp/lines; do usleep 100000; done");
  await page.evaluate(() => tabvisor.insertSetupDisk("debian-legacy"));
  await legacyGuest("until mount /mnt/cdrom 2>/dev/null; do usleep 200000; done");
  expect(await legacyGuest("sh /mnt/cdrom/install.sh")).toContain("installed.");
  expect(await legacyGuest("readlink /sys/class/net/eth1/device/driver")).toContain("hv_netvsc");
  expect(await legacyGuest("ip addr show eth1")).toContain("10.0.0.3/24");

  const before = await networkNamed(page, "Back room");
  const line = await numberFrom(page, "debian-legacy", "tail -n 1 /tmp/lines");
  await legacyGuest(`until grep -q 'line ${line + 30}' /tmp/lines; do usleep 100000; done`);
  await shell(page, "debian", "touch /tmp/stop");
  await legacyGuest("until [ -e /tmp/done ]; do usleep 100000; done");
  expect(await numberFrom(page, "debian-legacy", "awk '$2 != NR' /tmp/lines | wc -l")).toBe(0);
  expect(await numberFrom(page, "debian-legacy", "wc -l < /tmp/lines")).toBeGreaterThanOrEqual(line + 30);
  const after = await networkNamed(page, "Back room");
  const old = "Legacy Network Adapter";
  expect(portOf(after, "debian-legacy").framesIn).toBeGreaterThan(portOf(before, "debian-legacy").framesIn);
  expect(portOf(after, "debian-legacy", old).framesIn).toBe(portOf(before, "debian-legacy", old).framesIn);
});

test("the end of one worker hurts only its own machine, and frees its ports", async () => {
  const { ports } = await networkNamed(page, "Back room");
  // An exception nobody catches ends what the worker does, as an engine bug would.
  await page
    .workers()
    .find((worker) => worker.url().includes("child"))
    ?.evaluate(() => {
      setTimeout(() => {
        throw new Error("killed by the test");
      });
    });
  const dead = () =>
    page.evaluate(() => tabvisor.vms().filter((vm) => vm.state === "off" && vm.trouble !== null));
  await expect.poll(async () => (await dead()).length).toBe(1);
  const { name = "", trouble = "" } = (await dead())[0] ?? {};
  expect(trouble).toContain("killed by the test");
  await expect(page.getByText(/ended unexpectedly/).first()).toBeVisible();
  const left = ports.filter(({ holder }) => holder.kind !== "machine" || holder.name !== name);
  expect((await networkNamed(page, "Back room")).ports.map(({ id }) => id)).toEqual(left.map(({ id }) => id));

  for (const survivor of guests.filter((one) => one !== name))
    expect(await shell(page, survivor, "echo still $((40 + 2))")).toContain("still 42");
  // The page starts the dead one again.
  await page.evaluate((vm) => tabvisor.start(vm), name);
});
