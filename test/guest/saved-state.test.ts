import { afterAll, expect, test } from "vitest";
import {
  type ChannelId,
  firstInternalChannel,
  integrationServices,
  type ScreenContents,
} from "../../src/hvdef/index.ts";
import { type Disk, ramDisk } from "../../src/storage/index.ts";
import { micros } from "../../src/support/index.ts";
import {
  catalogue,
  openAdapterServices,
  openInputServices,
  openIntegrationServices,
  openVideoServices,
  type StockVm,
} from "../../src/vmms/index.ts";
import { ideDisk } from "../../src/vsp/index.ts";
import { attachedDisk, emptyDvd } from "../lab/attached.ts";
import { displaySector } from "../lab/display-sector.ts";
import { emulatedMachine } from "../lab/emulated-machine.ts";
import { type GuestLabOptions, openGuestLab, prompt, saveLab } from "../lab/guest.ts";
import { openLabNetwork } from "../lab/network.ts";
import { labMac } from "../lab/switch.ts";
import { openWorkerLab, type SavedLab } from "../lab/worker.ts";

/** A real guest is saved, everything it ran in is thrown away, and it goes on in fresh things with the same disks. */
const boots = 240_000;
const limit = 360_000;
const patience = { timeout: 60_000, interval: 250 };
const clock = { now: () => micros(performance.now() * 1000) };
const timers: ReturnType<typeof setInterval>[] = [];

type Lab = Awaited<ReturnType<typeof openGuestLab>>;
type Saved = NonNullable<GuestLabOptions["saved"]>;

/** A machine with its disks, which outlive it, and the things around it, which do not. */
function machineOf(name: string, drives: NonNullable<GuestLabOptions["drives"]>) {
  const vm = catalogue.find((one) => one.name === name);
  if (vm === undefined) throw new Error(`the catalogue has no machine ${name}`);
  return { vm, drives };
}

async function power(
  machine: { vm: StockVm; drives: NonNullable<GuestLabOptions["drives"]> },
  saved?: Saved,
) {
  const integration = openIntegrationServices(
    { clock, wallClock: () => Date.now(), facts: [], items: [], changed() {}, thawedLate() {} },
    saved?.units,
  );
  const addressed = machine.vm.adapters.map((adapter, place) => ({ adapter, mac: labMac(7 + place) }));
  const adapters = openAdapterServices(addressed, saved?.units);
  const network = openLabNetwork();
  for (const { sink, connect, mac } of adapters.ends) connect(network.plug(mac, sink));
  const input = openInputServices({ changed() {} }, saved?.units);
  const video = openVideoServices(saved?.units);
  const options = { ...machine, integration, adapters, input, video };
  const lab = await openGuestLab(saved === undefined ? options : { ...options, saved });
  integration.integration.goOn();
  timers.push(setInterval(() => integration.integration.tick(), 1000));
  timers.push(setInterval(network.tick, 50));
  return { lab, integration, adapters, network, input, video };
}
type Power = Awaited<ReturnType<typeof power>>;

/** Saves a machine and ends all it ran in. */
async function save({ lab, integration, adapters, input, video }: Power): Promise<Saved> {
  integration.integration.hold();
  for (const end of adapters.ends) end.hold(true);
  const started = performance.now();
  const { child, pieces } = await saveLab(lab);
  const own = { ...input.save(), ...video.save() };
  const units = { ...lab.services.save(), ...adapters.save(), ...integration.save(), ...own };
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const deviceBytes = Object.values(child.units).reduce((sum, { length }) => sum + length, 0);
  console.info(
    `saved in ${Math.round(performance.now() - started)} ms: ${(bytes / 2 ** 20).toFixed(1)} MiB of memory, ${deviceBytes >> 10} KiB of devices`,
  );
  await lab.end();
  for (const timer of timers.splice(0)) clearInterval(timer);
  return { child, pieces, units };
}

const network =
  "while [ ! -d /sys/class/net/eth0 ]; do sleep 0.1; done; ifconfig eth0 192.168.77.150 netmask 255.255.255.0 up; ping -c 1 192.168.77.1";
const counted = async (lab: Lab): Promise<number> => Number(await lab.shell("wc -l </tmp/ticks"));

afterAll(() => {
  for (const timer of timers) clearInterval(timer);
});

/** The screen once it shows the same twice. */
async function settledPicture(lab: Lab): Promise<ScreenContents> {
  for (let before = lab.screen.contents(true); ; ) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = lab.screen.contents(true);
    if (isSamePicture(now, before)) return now;
    before = now;
  }
}
function isSamePicture(one: ScreenContents, other: ScreenContents): boolean {
  const [a, b] = [one.pixels, other.pixels];
  return a !== null && b !== null && a.length === b.length && a.every((byte, at) => byte === b[at]);
}

let first: Power;
let second: Power;
const data: Disk = ramDisk(32 << 20);
const machine = machineOf("debian", [emptyDvd, attachedDisk("SCSI", 0, data)]);
let modules = "";
let picture: ScreenContents;
let ticks = 0;

test(
  "a guest in the middle of things is saved and goes on in fresh ones",
  async () => {
    first = await power(machine);
    await first.lab.waitFor(prompt, boots);
    const { lab, integration } = first;
    const agreed = () => integrationServices.map((one) => integration.integration.report(one).status);
    await expect.poll(agreed, { timeout: 150_000, interval: 250 }).toEqual(Array(5).fill("ok"));
    const shows = () => lab.screen.contents(false).mode.kind;
    await expect.poll(shows, patience).toBe("synthetic");
    await expect
      .poll(() => first.input.keyboard.isReady() && first.input.mouse.isReady(), patience)
      .toBe(true);
    // A cursor that blinks would be another picture each time.
    await lab.shell("printf '\\033[2J\\033[3;1Hstill here\\033[?25l' >/dev/tty1; sleep 1");
    picture = await settledPicture(lab);
    await lab.shell(network);
    await lab.shell("keep=tabvisor-was-here; (while sleep 0.1; do echo t >>/tmp/ticks; done) & true");
    await lab.shell(
      "dd if=/dev/urandom of=/tmp/noise bs=1M count=4 2>/dev/null; md5sum </tmp/noise >/tmp/sum",
    );
    await lab.shell(
      "(while :; do dd if=/tmp/noise of=/dev/sda bs=64k oflag=direct 2>/dev/null; done) & true",
    );
    await lab.shell("ping 192.168.77.1 >/tmp/pings & true");
    modules = await lab.shell("lsmod | cut -d' ' -f1 | sort | tr '\\n' ' '");
    await lab.shell("sleep 1; dmesg -c >/dev/null");
    ticks = await counted(lab);
    const saved = await save(first);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const started = performance.now();
    second = await power(machine, saved);
    await second.lab.shell("true");
    console.info(`restored to an answering shell in ${Math.round(performance.now() - started)} ms`);
  },
  limit,
);

test("programs go on where they were", async () => {
  const { lab } = second;
  expect(await lab.shell("echo $keep")).toBe("tabvisor-was-here");
  const now = await counted(lab);
  expect(now).toBeGreaterThanOrEqual(ticks);
  await expect.poll(() => counted(lab), patience).toBeGreaterThan(now);
  expect(await lab.shell("lsmod | cut -d' ' -f1 | sort | tr '\\n' ' '")).toBe(modules);
  expect(await lab.shell("md5sum </tmp/noise | cmp - /tmp/sum && echo same")).toBe("same");
});

test("the kernel has nothing to complain about", async () => {
  expect(
    await second.lab.shell("dmesg | grep -iE 'error|timeout|stall|bug|warn|reset|unstable' || true"),
  ).toBe("");
});

test("the guest's clock is right within a second", async () => {
  const apart = async () =>
    Math.abs(Number(await second.lab.shell("echo $EPOCHREALTIME")) - Date.now() / 1000);
  await expect.poll(apart, { timeout: 15_000, interval: 250 }).toBeLessThan(1);
});

test("the disk is written and read", async () => {
  await second.lab.shell("kill $(pgrep dd) 2>/dev/null; kill %2; sleep 0.5; true");
  const sum = await second.lab.shell(
    "dd if=/tmp/noise of=/dev/sda bs=1M oflag=direct 2>/dev/null; dd if=/dev/sda bs=1M count=4 iflag=direct 2>/dev/null | md5sum | cmp - /tmp/sum && echo same",
  );
  expect(sum).toBe("same");
});

test("the network answers", async () => {
  expect(await second.lab.shell("ping -c 3 192.168.77.1 | grep -c 'bytes from'")).toBe("3");
});

test("the screen is complete, and shows what changes", async () => {
  const { lab, video } = second;
  expect(lab.screen.contents(false).mode).toEqual(picture.mode);
  expect(isSamePicture(lab.screen.contents(true), picture)).toBe(true);
  expect(picture.pixels?.some((byte, at) => at % 4 < 3 && byte !== 0)).toBe(true);
  const blocks: number[] = [];
  lab.screen.look({
    resize() {},
    put: ({ toY, height }) => void blocks.push(toY, height),
    [Symbol.dispose]() {},
  });
  await expect.poll(() => video.video.inspect()["watched"], patience).toBe(true);
  expect(blocks.slice(0, 2)).toEqual([0, 768]);
  blocks.length = 0;
  await lab.shell("printf '\\033[9;1Hand more' >/dev/tty1");
  await expect.poll(() => blocks.length, patience).toBeGreaterThan(0);
  lab.screen.lookAway();
});

test("the guest's own keyboard and mouse listen", async () => {
  const { lab, input } = second;
  expect([input.keyboard.isReady(), input.mouse.isReady()]).toEqual([true, true]);
  await lab.shell("chvt 8");
  await lab.shell("(timeout 30 head -n 1 </dev/tty8 >/tmp/typed) & sleep 0.5");
  // y, e, s, Enter.
  for (const code of [0x15, 0x12, 0x1f, 0x1c]) input.keyboard.type([code, code | 0x80]);
  await expect.poll(() => lab.shell("cat /tmp/typed"), patience).toBe("yes");
  await lab.shell("chvt 1");
});

test("integration services speak on", async () => {
  const { integration } = second.integration;
  const agreed = () => integrationServices.map((one) => integration.report(one).status);
  await expect.poll(agreed, patience).toEqual(Array(5).fill("ok"));
});

test(
  "emulated devices go on as well, also when they are saved again",
  async () => {
    const disk = ramDisk(16 << 20);
    const adapters = catalogue.flatMap((vm) => vm.adapters).filter(({ type }) => type === "legacy");
    const vm = { ...emulatedMachine(), adapters: adapters.slice(0, 1) };
    const legacy = { vm, drives: [attachedDisk("IDE", 0, disk), emptyDvd] };
    let present = await power(legacy);
    await present.lab.waitFor(prompt, boots);
    const shell = (command: string): Promise<string> => present.lab.shell(command);
    await shell("while [ ! -b /dev/sda ]; do sleep 0.1; done");
    await shell("dd if=/dev/urandom of=/tmp/noise bs=1M count=2 2>/dev/null; md5sum </tmp/noise >/tmp/sum");
    await shell("(while :; do dd if=/tmp/noise of=/dev/sda bs=32k oflag=direct 2>/dev/null; done) & true");
    await shell(network);
    await shell("sleep 0.5; dmesg -c >/dev/null");
    for (let time = 0; time < 3; time++) {
      present = await power(legacy, await save(present));
      expect(await shell("md5sum </tmp/noise | cmp - /tmp/sum && echo same")).toBe("same");
      await shell("sleep 0.5");
    }
    await shell("kill %1; sleep 0.5; true");
    const read =
      "dd if=/dev/sda bs=1M count=2 iflag=direct 2>/dev/null | md5sum | cmp - /tmp/sum && echo same";
    expect(await shell(`dd if=/tmp/noise of=/dev/sda bs=1M oflag=direct 2>/dev/null; ${read}`)).toBe("same");
    expect(await shell("ping -c 3 192.168.77.1 | grep -c 'bytes from'")).toBe("3");
    expect(await shell("dmesg | grep -iE 'error|timeout|lost|reset|bug' || true")).toBe("");
    await present.lab.end();
  },
  limit,
);

test("pictures of the emulated screen are complete in every mode", { timeout: boots }, async () => {
  const disk = ramDisk(2 ** 20);
  disk.write(0, displaySector());
  const drive = {
    kind: "disk",
    channel: 0,
    byteLength: disk.byteLength,
    firstSector: displaySector(),
  } as const;
  const open = (saved?: SavedLab) =>
    openWorkerLab({
      id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000088",
      configuration: { memoryBytes: 32 * 2 ** 20, boot: { kind: "bios" }, drives: [drive], offers: [] },
      owners: [
        { channel: firstInternalChannel as ChannelId, owner: ideDisk({ disk, id: new Uint8Array(16) }) },
      ],
      ...(saved === undefined ? {} : { saved }),
    });
  let lab = await open();
  for (const mode of ["text", "vbe", "13h", "12h"]) {
    if (mode !== "text") lab.send("x");
    await lab.waitFor(new RegExp(`<${mode}>`), boots);
    await lab.api.pause();
    const before = lab.screen.contents(true);
    const saved = await saveLab(lab);
    await lab.end();
    lab = await open(saved);
    const after = lab.screen.contents(true);
    expect([mode, after.mode, after.rows]).toEqual([mode, before.mode, before.rows]);
    expect(before.pixels?.some((byte, at) => at % 4 < 3 && byte !== 0)).toBe(true);
    // The cursor of text may be in its other phase.
    if (mode !== "text") expect([mode, isSamePicture(after, before)]).toEqual([mode, true]);
  }
  await lab.end();
});
