import { afterAll, beforeAll, expect, test } from "vitest";
import { ramDisk } from "../../src/storage/index.ts";
import { catalogue } from "../../src/vmms/index.ts";
import { attachedDisk, emptyDvd } from "../lab/attached.ts";
import { type GuestLab, openGuestLab, prompt } from "../lab/guest.ts";

/** One machine through everything that can happen to its power: these tests build on each other, in order. */
const disk = ramDisk(16 * 2 ** 20);
const boots = 180_000;
let lab: GuestLab;

const uptime = async (): Promise<number> => Number((await lab.shell("cat /proc/uptime")).split(" ")[0]);
/** After a boot: the shell answers and the disk has been probed. */
async function comesUp(): Promise<void> {
  await lab.waitFor(prompt, boots);
  await lab.shell("while [ ! -b /dev/sda ]; do usleep 100000; done");
}
const firstBytes = "dd if=/dev/sda bs=512 count=1 iflag=direct 2>/dev/null | head -c 15";

beforeAll(async () => {
  const vm = catalogue.find((stock) => stock.name === "debian");
  if (vm === undefined) throw new Error("the catalogue has no machine debian");
  lab = await openGuestLab({ vm, drives: [emptyDvd, attachedDisk("SCSI", 0, disk)] });
  await comesUp();
}, boots);

afterAll(async () => {
  await lab?.end();
});

test("a pause is no time for the guest, and nothing moves meanwhile", async () => {
  const before = await uptime();
  await lab.api.pause();
  const text = lab.text();
  lab.send("echo typed while paused\n");
  const paused = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 4000));
  expect(lab.text()).toBe(text);
  await lab.api.resume();
  const awake = performance.now();
  await lab.waitFor(/typed while paused\r\n[\s\S]*# $/);
  const passed = (await uptime()) - before;
  const ran = (performance.now() - awake) / 1000;
  // Whatever the guest saw pass, it passed outside the pause; the rest is the first command's own time.
  expect(passed).toBeLessThan(ran + 1.5);
  expect((awake - paused) / 1000).toBeGreaterThan(3.9);
  expect(await lab.shell("dmesg | grep -ciE 'stall|lockup|unstable clock|clocksource.*skew' || true")).toBe(
    "0",
  );
});

test("a panic is reported with its text", async () => {
  await lab.shell("echo written before | dd of=/dev/sda conv=sync,fsync 2>/dev/null");
  lab.send("echo c >/proc/sysrq-trigger\n");
  const crash = await lab.message("guestCrash", 60_000);
  if (crash.kind !== "guestCrash") throw new Error("another message");
  // The driver sends the last page of its log, and what old calls left on the stack may fill it: then the end is left.
  expect(crash.text).toMatch(/Kernel panic - not syncing: sysrq triggered crash|Kernel Offset: disabled/);
  expect(crash.parameters).toHaveLength(5);
  expect(lab.messages.filter((message) => message.kind === "ended")).toEqual([]);
});

test(
  "a reset revives it, with its disk intact",
  async () => {
    await lab.api.reset();
    await comesUp();
    expect(await uptime()).toBeLessThan(boots / 1000);
    expect(await lab.shell(firstBytes)).toBe("written before");
  },
  boots,
);

test(
  "the guest restarts itself",
  async () => {
    await lab.shell("echo written again! | dd of=/dev/sda conv=sync,fsync 2>/dev/null");
    const rings = lab.messages.length;
    lab.send("reboot -f\n");
    await comesUp();
    expect(await lab.shell(firstBytes)).toBe("written again!");
    expect(await lab.shell("dmesg | grep -c 'Vmbus version:5.3'")).toBe("1");
    expect(lab.messages.slice(rings).filter((message) => message.kind === "ended")).toEqual([]);
  },
  boots,
);

test("the guest turns itself off", async () => {
  lab.send("poweroff -f\n");
  const ended = await lab.message("ended", 60_000);
  expect(ended).toEqual({ kind: "ended", end: { kind: "poweredOff" } });
});
