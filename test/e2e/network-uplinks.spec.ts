import { createHash } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import type { NetworkId, UplinkConfiguration } from "../../src/hvdef/index.ts";
import { type ServerProcess, startServer } from "../lab/server-process.ts";
import { legacy, networkNamed, rewire, synthetic, transfer } from "./network-steps.ts";
import { type Browser, bootToShell, openBrowser, openPage, shell, test } from "./page.ts";

// One guest in each of two tabs, for all of this: each test goes on where the one before it ended.
test.describe.configure({ mode: "serial" });

let browser: Browser;
let relay: ServerProcess;
let street: NetworkId;
let [here, there]: Page[] = [];

interface End {
  readonly page: Page;
  readonly vm: string;
  readonly address: string;
}
const ends = (): readonly [End, End] => {
  if (here === undefined || there === undefined) throw new Error("the tabs are not open");
  return [
    { page: here, vm: "debian", address: "10.9.0.21" },
    { page: there, vm: "debian-legacy", address: "10.9.0.22" },
  ];
};

test.beforeAll(async ({ baseURL }) => {
  relay = await startServer("relay-server");
  browser = await openBrowser();
  const { context } = browser;
  here = context.pages()[0] ?? (await context.newPage());
  await openPage(here, baseURL);
  street = await here.evaluate(
    (address) =>
      tabvisor.networks.create({
        name: "Street",
        notes: "",
        kind: "external",
        uplink: { kind: "relay", address },
        management: {
          address: { address: "10.9.0.1", prefix: 24 },
          vlan: 0,
          services: { dhcp: null, domain: "street", http: true, ntp: false },
        },
      }),
    `ws://127.0.0.1:${relay.port}/`,
  );
  await rewire(here, "debian", synthetic, { network: street });
  await rewire(here, "debian-legacy", legacy, { network: street });
  // Opened now, it finds the network.
  there = await context.newPage();
  await openPage(there, baseURL);
  await Promise.all(
    ends().map(async ({ page, vm, address }) => {
      await bootToShell(page, vm);
      await shell(page, vm, "until [ -e /sys/class/net/eth0 ]; do usleep 200000; done", 180_000);
      await shell(page, vm, `ip link set eth0 up; ip addr add ${address}/24 dev eth0`);
    }),
  );
});
test.afterAll(async () => {
  relay?.[Symbol.dispose]();
  await browser?.[Symbol.asyncDispose]();
});

/** The kind of state the uplink of a tab is in. */
async function linkOf(page: Page): Promise<string> {
  return (await networkNamed(page, "Street")).uplinkState.kind;
}

/** Gives a tab's network another way out, and connects it. */
async function connect(page: Page, uplink: UplinkConfiguration | null): Promise<void> {
  if (uplink !== null) {
    const { uplinkState, ports, ...network } = await networkNamed(page, "Street");
    await page.evaluate((wanted) => tabvisor.networks.change(wanted), { ...network, uplink });
  }
  await page.evaluate((id) => tabvisor.networks.connectUplink(id), street);
  await expect.poll(() => linkOf(page)).toBe("up");
}

async function reachEachOther(): Promise<void> {
  const [one, other] = ends();
  expect(await shell(one.page, one.vm, `ping -c 2 ${other.address}`)).toContain(" 0% packet loss");
  expect(await shell(other.page, other.vm, `ping -c 2 ${one.address}`)).toContain(" 0% packet loss");
  await transfer(
    { from: one.page, to: other.page },
    { from: one.vm, to: other.vm, address: other.address, megabytes: 2 },
  );
}

test("guests in two tabs reach each other through a relay, which may go away", async () => {
  const [one, other] = ends();
  expect(await linkOf(one.page)).toBe("closed");
  expect(await shell(one.page, one.vm, `ping -c 1 -W 1 ${other.address} || echo alone`)).toContain("alone");
  for (const { page } of ends()) await connect(page, null);
  await reachEachOther();

  await one.page.evaluate(() => {
    location.hash = "#networks";
  });
  await one.page.getByText("Street", { exact: true }).first().click();
  relay[Symbol.dispose]();
  const { port } = relay;
  await expect.poll(() => linkOf(one.page)).toBe("lost");
  await expect(one.page.getByText("Connection lost").first()).toBeVisible();
  await expect(one.page.getByText(`ws://127.0.0.1:${port}/`).first()).toBeVisible();
  await expect(one.page.getByText(/broke|could not be reached/).first()).toBeVisible();
  // Its own network goes on.
  expect(await shell(one.page, one.vm, "ping -c 1 10.9.0.1")).toContain(" 0% packet loss");
  relay = await startServer("relay-server", port);
  for (const { page } of ends()) await expect.poll(() => linkOf(page), { timeout: 60_000 }).toBe("up");
  await expect(one.page.getByText("Connection lost")).toHaveCount(0);
  await shell(one.page, one.vm, `until ping -c 1 -W 1 ${other.address}; do :; done`);
});

test("and over the LAN between tabs, until one of them is closed", async () => {
  for (const { page } of ends()) await connect(page, { kind: "tabLan", segment: "street" });
  for (const { page } of ends())
    expect((await networkNamed(page, "Street")).uplinkState.text).toBe("Connected to another tab.");
  await reachEachOther();

  const [one, other] = ends();
  const complaints: string[] = [];
  one.page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  one.page.on("pageerror", (error) => complaints.push(error.message));
  await other.page.close();
  expect(await shell(one.page, one.vm, `ping -c 2 -W 1 ${other.address} || echo alone`)).toContain("alone");
  expect(await shell(one.page, one.vm, "ping -c 2 10.9.0.1")).toContain(" 0% packet loss");
  expect(await shell(one.page, one.vm, "wget -q -O - http://10.9.0.1/readme.txt")).toContain("Street");
  expect(await linkOf(one.page)).toBe("up");
  expect(complaints).toEqual([]);
});

test("streams of a guest leave through a Wisp server", async () => {
  const [{ page, vm }] = ends();
  const server = await startServer("wisp-server");
  try {
    await connect(page, { kind: "wisp", address: `ws://127.0.0.1:${server.port}/` });
    await shell(page, vm, "ip route add default via 10.9.0.1; echo nameserver 10.9.0.1 > /etc/resolv.conf");
    const site = `http://web.lab:${server.port}`;
    expect(await shell(page, vm, `wget -q -O - ${site}/hello`)).toContain("You asked for /hello.");
    const piece = createHash("md5").update(Buffer.alloc(2 << 20, 0x42));
    expect(await shell(page, vm, `wget -q -O - ${site}/piece | md5sum`)).toContain(piece.digest("hex"));
  } finally {
    server[Symbol.dispose]();
  }
});

test("and requests for the web through the browser", async () => {
  const [{ page, vm }] = ends();
  await browser.context.route("http://tabvisor.example/**", (route) =>
    route.fulfill({
      body: `The web has ${new URL(route.request().url()).pathname}.`,
      headers: { "access-control-allow-origin": "*" },
    }),
  );
  await connect(page, { kind: "webGateway" });
  expect(await shell(page, vm, "wget -q -O - http://tabvisor.example/this")).toContain("The web has /this.");
});
