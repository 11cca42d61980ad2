import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChannelId, firstInternalChannel, type ScreenContents } from "../../src/hvdef/index.ts";
import { ramDisk } from "../../src/storage/index.ts";
import type { PixelBlock } from "../../src/vid/index.ts";
import { catalogue, openVideoServices } from "../../src/vmms/index.ts";
import { vgaFont } from "../../src/vmwp/firmware/vga-font.ts";
import { ideDisk } from "../../src/vsp/index.ts";
import { displaySector, sectorColour, sectorText } from "../lab/display-sector.ts";
import { type GuestLab, openGuestLab, prompt } from "../lab/guest.ts";
import { builtFile, openWorkerLab } from "../lab/worker.ts";

const boots = 240_000;
const patience = { timeout: 60_000, interval: 100 };

/** A pixel of a picture: red, green, blue. */
function pixel({ mode, pixels }: ScreenContents, x: number, y: number): readonly number[] {
  const width = "width" in mode ? mode.width : 0;
  return [...(pixels?.subarray((y * width + x) * 4, (y * width + x) * 4 + 3) ?? [])];
}

/** Reads letters off a picture by comparing cells of 8 by 16 pixels with the glyphs of a PC's font. */
function lettersAt(picture: ScreenContents, row: number, count: number): string {
  const font = vgaFont(builtFile("firmware/vgabios.bin")) ?? new Uint8Array(0);
  let text = "";
  for (let column = 0; column < count; column++) {
    const lines = Array.from({ length: 16 }, (_, line) =>
      Array.from({ length: 8 }, (_, x) =>
        pixel(picture, column * 8 + x, row * 16 + line)[1] ? 0x80 >> x : 0,
      ),
    ).map((bits) => bits.reduce((sum, bit) => sum + bit, 0));
    for (let code = 0x20; code < 0x7f; code++)
      if (lines.every((bits, line) => bits === font[code * 16 + line])) text += String.fromCharCode(code);
  }
  return text;
}

test("what a guest of the BIOS shows, in text and three graphics modes", { timeout: boots }, async () => {
  const disk = ramDisk(2 ** 20);
  expect(disk.write(0, displaySector())).toBe("ok");
  const lab = await openWorkerLab({
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000088",
    configuration: {
      memoryBytes: 32 * 2 ** 20,
      boot: { kind: "bios" },
      drives: [{ kind: "disk", channel: 0, byteLength: disk.byteLength, firstSector: displaySector() }],
      offers: [],
    },
    owners: [
      {
        channel: firstInternalChannel as ChannelId,
        owner: ideDisk({ disk, id: new Uint8Array(16) }),
      },
    ],
  });
  const go = async (word: string) => {
    if (word !== "text") lab.send("x");
    await lab.waitFor(new RegExp(`<${word}>`), boots);
    return lab.screen.contents(true);
  };
  const text = await go("text");
  expect(text.mode).toEqual({ kind: "text", columns: 80, rows: 25, width: 720, height: 400 });
  expect(text.rows.join("\n")).toMatch(/SeaBIOS[\s\S]*Booting from Hard Disk/);
  expect(text.rows.findLast((row) => row !== "")).toBe(sectorText);

  const vbe = await go("vbe");
  expect(vbe.mode).toEqual({ kind: "graphics", width: 640, height: 480, depth: 32 });
  expect([pixel(vbe, 0, 0), pixel(vbe, 639, 24)]).toEqual([[...sectorColour], [...sectorColour]]);
  expect(pixel(vbe, 639, 30)).toEqual([0, 0, 0]);

  const low = await go("13h");
  expect(low.mode).toEqual({ kind: "graphics", width: 320, height: 200, depth: 8 });
  expect([pixel(low, 0, 0), pixel(low, 319, 199)]).toEqual([
    [0xa8, 0, 0],
    [0xa8, 0, 0],
  ]);

  const planes = await go("12h");
  expect(planes.mode).toEqual({ kind: "graphics", width: 640, height: 480, depth: 4 });
  expect([pixel(planes, 639, 9), pixel(planes, 0, 10)]).toEqual([
    [0xff, 0xff, 0xff],
    [0, 0, 0],
  ]);
  await lab.end();
});

describe("a stock guest", () => {
  const { video, ...services } = openVideoServices();
  const blocks: PixelBlock[] = [];
  let lab: GuestLab;
  const mode = () => lab.screen.contents(false).mode;

  beforeAll(async () => {
    const vm = catalogue.find(({ name }) => name === "debian");
    if (vm === undefined) throw new Error("the catalogue has no machine debian");
    lab = await openGuestLab({ vm, video: { video, ...services } });
    await lab.waitFor(prompt, boots);
  }, boots);
  afterAll(async () => {
    await lab?.end();
  });

  test("shows its text on the emulated adapter until its driver is there, then on the synthetic screen", async () => {
    await expect
      .poll(() => lab.screen.contents(false).rows.join("\n"), patience)
      .toContain("Please press Enter to activate this console.");
    await expect.poll(mode, patience).toEqual({ kind: "synthetic", width: 1024, height: 768 });
    // Letters that the kernel's own font draws as a PC's does.
    await lab.shell("printf '\\033[2J\\033[3;1Hboris 42!' >/dev/tty1");
    await expect.poll(() => lettersAt(lab.screen.contents(true), 2, 9), patience).toBe("boris 42!");
    expect(video.inspect()).toMatchObject({ version: "3.5", memory: "right", strange: 0 });
    expect(await lab.shell("grep -c 5620e0c7 /proc/iomem")).toBe("1");
    // As Hyper-V's adapter, which no driver but that of the synthetic screen knows.
    expect(await lab.shell("cat /sys/bus/pci/devices/0000:00:12.0/uevent")).toContain("PCI_ID=1414:5353");
  });

  test("tells of changes while somebody looks, and only then", async () => {
    const changes = () => Number(video.inspect()["changes"]);
    const draw =
      "printf '\\020\\040\\060\\000' | dd of=/dev/fb0 conv=notrunc bs=4 count=1 2>/dev/null; sleep 1";
    await lab.shell(draw);
    expect(changes()).toBe(0);
    lab.screen.look({
      resize() {},
      put: (block) => void blocks.push({ ...block, pixels: block.pixels.slice(0, 4) }),
      [Symbol.dispose]() {},
    });
    await expect.poll(() => video.inspect()["watched"], patience).toBe(true);
    await lab.shell("cat /dev/urandom >/dev/fb0 2>/dev/null || true");
    await expect.poll(changes, patience).toBeGreaterThan(0);
    // What the guest copies late is still of the noise.
    await lab.shell("sleep 1");
    blocks.length = 0;
    await lab.shell(draw);
    const first = () => blocks.find(({ toY }) => toY === 0);
    await expect.poll(first, patience).toBeDefined();
    // One pixel is one line, not the screen.
    expect(first()?.height).toBeLessThan(32);
    expect([...(first()?.pixels ?? [])]).toEqual([0x30, 0x20, 0x10, 0xff]);
    lab.screen.lookAway();
    await expect.poll(() => video.inspect()["watched"], patience).toBe(false);
  });

  test("goes back to the emulated adapter when its driver is removed, and forth again", async () => {
    await lab.shell(
      "for c in /sys/class/vtconsole/*; do grep -q frame $c/name && echo 0 >$c/bind; done; rmmod hyperv_drm",
    );
    await expect.poll(() => mode().kind, patience).toBe("text");
    await lab.shell("echo back on VGA >/dev/tty1");
    await expect.poll(() => lab.screen.contents(false).rows.join("\n"), patience).toContain("back on VGA");
    await lab.shell("modprobe hyperv_drm");
    await expect.poll(() => mode().kind, patience).toBe("synthetic");
  });
});
