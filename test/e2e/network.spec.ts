import { execFileSync } from "node:child_process";
import { expect, type Page } from "@playwright/test";
import { bootToShell, openPage, shell, test } from "./page.ts";

/** Boots a machine and waits until its guest has an address. Answers it. */
async function bootWithAddress(page: Page, name: string): Promise<string> {
  await bootToShell(page, name);
  await shell(page, name, "until ip addr show eth0 2>/dev/null | grep -q 'inet '; do sleep 1; done", 120_000);
  const found = /inet ([\d.]+)/.exec(await shell(page, name, "ip addr show eth0"));
  return found?.[1] ?? "";
}

async function internalNetwork(page: Page) {
  const networks = await page.evaluate(() => tabvisor.networks.list());
  const found = networks.find(({ name }) => name === "Internal");
  if (found === undefined) throw new Error("there is no internal network");
  return found;
}

test("a synthetic and an emulated adapter meet on an internal network, and a capture tells of it", async ({
  page,
  baseURL,
}, testInfo) => {
  await openPage(page, baseURL);
  const network = await internalNetwork(page);
  await page.evaluate((id) => tabvisor.networks.startCapture(id, null), network.id);
  const first = await bootWithAddress(page, "debian");
  const second = await bootWithAddress(page, "debian-legacy");
  expect(first).toMatch(/^192\.168\.77\.1\d\d$/);
  expect(second).not.toBe(first);
  expect(await shell(page, "debian", "readlink /sys/class/net/eth0/device/driver")).toContain("hv_netvsc");
  expect(await shell(page, "debian-legacy", "readlink /sys/class/net/eth0/device/driver")).toContain(
    "ne2k-pci",
  );

  // By name, through the management OS's DNS; and the management OS's web server.
  expect(await shell(page, "debian", "ping -c 2 debian-legacy")).toContain(" 0% packet loss");
  expect(await shell(page, "debian-legacy", "ping -c 2 debian")).toContain(" 0% packet loss");
  expect(await shell(page, "debian", "wget -q -O - http://host/readme.txt")).toContain("management OS");
  const echoes = await page.evaluate(([id, to]) => tabvisor.networks.ping(id, to, 2), [
    network.id,
    first,
  ] as const);
  expect(echoes.every((time) => time !== null)).toBe(true);

  // TCP with equal checksums. Text, on a port of nobody: tshark takes random bytes for all kinds of things.
  await shell(page, "debian-legacy", "(nc -l -p 61000 | sha256sum > /tmp/got) & true");
  const sum = await shell(
    page,
    "debian",
    "seq 1 250000 > /tmp/big; nc -w 5 debian-legacy 61000 < /tmp/big; sha256sum < /tmp/big",
    180_000,
  );
  const got = await shell(
    page,
    "debian-legacy",
    "until grep -q . /tmp/got; do sleep 1; done; cat /tmp/got",
    60_000,
  );
  const hash = /[0-9a-f]{64}/.exec(sum)?.[0];
  expect(hash).toBeDefined();
  expect(got).toContain(hash ?? "");

  // The capture opens in other tools, and agrees with what they see.
  await page.evaluate((id) => tabvisor.networks.stopCapture(id), network.id);
  const dns = await page.evaluate(
    (id) => tabvisor.networks.readCapture(id, { after: 0, limit: 50, filter: "dns" }),
    network.id,
  );
  expect(dns.some(({ text }) => text.includes("debian-legacy"))).toBe(true);
  const mistake = await page.evaluate(
    (id) =>
      tabvisor.networks.readCapture(id, { after: 0, limit: 1, filter: "tcp.port ==" }).then(
        () => "",
        (failure: Error) => failure.message,
      ),
    network.id,
  );
  expect(mistake).toContain("at character");
  const arriving = page.waitForEvent("download");
  await page.evaluate((id) => tabvisor.networks.saveCapture(id, "internal.pcapng"), network.id);
  const file = testInfo.outputPath("internal.pcapng");
  await (await arriving).saveAs(file);
  const malformed = execFileSync("tshark", ["-r", file, "-Y", "_ws.malformed"], { encoding: "utf8" });
  expect(malformed).toBe("");
  const leases = execFileSync("tshark", ["-r", file, "-Y", "dhcp.option.dhcp == 5"], { encoding: "utf8" });
  expect(leases.trim().split("\n").length).toBeGreaterThanOrEqual(2);
});

test("a machine on another VLAN hears nothing, and comes back while it runs", async ({ page, baseURL }) => {
  await openPage(page, baseURL);
  const first = await bootWithAddress(page, "debian");
  await page.evaluate(async () => {
    const [adapter] = tabvisor.networks.adapters("debian");
    if (adapter === undefined) throw new Error("debian has no adapter");
    await tabvisor.networks.changeAdapter("debian", { ...adapter, vlan: { kind: "access", id: 5 } });
  });
  const network = await internalNetwork(page);
  const ping = (count: number) =>
    page.evaluate(([id, to, times]) => tabvisor.networks.ping(id, to, times), [
      network.id,
      first,
      count,
    ] as const);
  expect(await ping(1)).toEqual([null]);
  expect(await shell(page, "debian", "ping -c 1 -W 2 192.168.77.1 || echo alone")).toContain("alone");
  await page.evaluate(async () => {
    const [adapter] = tabvisor.networks.adapters("debian");
    if (adapter !== undefined)
      await tabvisor.networks.changeAdapter("debian", { ...adapter, vlan: { kind: "untagged" } });
  });
  await expect.poll(async () => (await ping(1))[0], { timeout: 60_000 }).not.toBeNull();
});
