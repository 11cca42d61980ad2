import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { expect, type Page, type TestInfo } from "@playwright/test";
import type { AdapterConfiguration, NetworkSummary, PortSummary } from "../../src/hvdef/index.ts";
import { shell } from "./page.ts";

/** A network by its name, as it is now. */
export async function networkNamed(page: Page, name: string): Promise<NetworkSummary> {
  const networks = await page.evaluate(() => tabvisor.networks.list());
  const found = networks.find((network) => network.name === name);
  if (found === undefined) throw new Error(`there is no network ${name}`);
  return found;
}

type Place = Pick<AdapterConfiguration, "type" | "index">;

/** The first adapter of the usual kind. */
export const synthetic: Place = { type: "synthetic", index: 0 };
/** The first emulated adapter. */
export const legacy: Place = { type: "legacy", index: 0 };

/** Changes an adapter of a machine. Answers nothing, or the sentence of the refusal. */
export function rewire(
  page: Page,
  vm: string,
  place: Place,
  change: Partial<AdapterConfiguration>,
): Promise<string> {
  return page.evaluate(
    async ([name, { type, index }, wanted]) => {
      const adapter = tabvisor.networks
        .adapters(name)
        .find((one) => one.type === type && one.index === index);
      if (adapter === undefined) throw new Error(`${name} has no such adapter`);
      return tabvisor.networks.changeAdapter(name, { ...adapter, ...wanted }).then(
        () => "",
        (failure: Error) => failure.message,
      );
    },
    [vm, place, change] as const,
  );
}

/** The number a command printed last. */
export async function numberFrom(page: Page, vm: string, command: string): Promise<number> {
  const output = await shell(page, vm, command);
  const found = output.match(/\d+/g)?.at(-1);
  if (found === undefined) throw new Error(`${command} printed no number: ${output}`);
  return Number(found);
}

/** Waits until a guest's adapter has an address. Answers it. */
export async function addressOf(page: Page, vm: string, device = "eth0"): Promise<string> {
  await shell(
    page,
    vm,
    `until ip addr show ${device} 2>/dev/null | grep -q 'inet '; do usleep 200000; done`,
    120_000,
  );
  return /inet ([\d.]+)/.exec(await shell(page, vm, `ip addr show ${device}`))?.[1] ?? "";
}

/** Waits in a guest until somebody listens at a TCP port. */
export const listening = (port: number): string =>
  `until netstat -ltn | grep -q :${port}; do usleep 100000; done`;

/** What a transfer is made of. */
export interface Transfer {
  readonly from: string;
  readonly to: string;
  /** Of the receiver, by number or name. */
  readonly address: string;
  readonly megabytes: number;
}

/** One block of a transfer, a little more than a MiB. Text: other tools take random bytes for all kinds of protocols. */
const block = Array.from({ length: 166_000 }, (_, place) => `${place + 1}\n`).join("");

/** Sends bytes through TCP and compares checksums. No block stands where it stood in another, so order counts. */
export async function transfer(page: { from: Page; to: Page }, wanted: Transfer): Promise<void> {
  const { from, to, address, megabytes } = wanted;
  await shell(page.to, to, `(nc -l -p 61000 | md5sum > /tmp/got &); ${listening(61_000)}`);
  await shell(
    page.from,
    from,
    `seq 166000 > /tmp/block; for i in $(seq ${megabytes}); do echo block $i; cat /tmp/block; done | nc -w 5 ${address} 61000`,
    240_000,
  );
  const got = await shell(
    page.to,
    to,
    "until grep -q . /tmp/got; do usleep 200000; done; cat /tmp/got; rm /tmp/got",
  );
  const sum = createHash("md5");
  for (let turn = 1; turn <= megabytes; turn++) sum.update(`block ${turn}\n${block}`);
  expect(got).toContain(sum.digest("hex"));
}

/** The port of a machine's adapter, or of whoever else holds one. */
export function portOf(network: NetworkSummary, holder: string, adapter = "Network Adapter"): PortSummary {
  const found = network.ports.find((port) =>
    port.holder.kind === "machine"
      ? port.holder.name === holder && port.holder.adapter === adapter
      : port.holder.kind === holder,
  );
  if (found === undefined) throw new Error(`${holder} is not on ${network.name}`);
  return found;
}

/** Waits until nothing passes on a network for a second, and answers what its counters say then. */
export async function whenQuiet(page: Page, name: string): Promise<NetworkSummary> {
  const frames = ({ ports }: NetworkSummary) => ports.map(({ framesIn, framesOut }) => [framesIn, framesOut]);
  let last = await networkNamed(page, name);
  await expect
    .poll(
      async () => {
        const before = JSON.stringify(frames(last));
        last = await networkNamed(page, name);
        return JSON.stringify(frames(last)) === before;
      },
      { timeout: 60_000, intervals: [1000] },
    )
    .toBe(true);
  return last;
}

/** Saves what was captured as a visitor would. Answers the path of the file. */
export async function saveCapture(page: Page, network: NetworkSummary, info: TestInfo): Promise<string> {
  const file = info.outputPath(`${network.name}.pcapng`);
  const arriving = page.waitForEvent("download");
  await page.evaluate(([id, name]) => tabvisor.networks.saveCapture(id, name), [
    network.id,
    `${network.name}.pcapng`,
  ] as const);
  await (await arriving).saveAs(file);
  return file;
}

/** Rows of fields that tshark finds in the frames of a file that match. */
export function tshark(file: string, filter: string, ...fields: readonly string[]): string[][] {
  const wanted = fields.flatMap((field) => ["-e", field]);
  const way = ["-n", "-r", file, "-Y", filter, "-T", "fields", "-E", "separator=/t", ...wanted];
  const text = execFileSync("tshark", way, {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return text
    .split("\n")
    .slice(0, -1)
    .map((row) => row.split("\t"));
}
