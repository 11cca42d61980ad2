import { describe, expect, test } from "vitest";
import { bufferMemory, type GuestMemory } from "../../../src/hvdef/index.ts";
import { guid, HvError } from "../../../src/support/index.ts";
import { type LinuxBoot, startLinux } from "../../../src/vmwp/boot/linux.ts";
import { labKernel } from "../../lab/kernel.ts";
import { tinyElf } from "./tiny-elf.ts";

const megabyte = 2 ** 20;
const kernelBytes = Uint8Array.from({ length: 300 }, (_, i) => i & 0xff);

function bootWith(changes: Partial<LinuxBoot> = {}, memoryBytes = 8 * megabyte) {
  const starts: { eip: number; esi: number }[] = [];
  const written: [number, number][] = [];
  const memory: GuestMemory = {
    ...bufferMemory(memoryBytes),
    wrote: (at, length) => void written.push([at, length]),
  };
  memory.bytes().fill(0xcc);
  const boot = {
    addFirmwareFile() {
      throw new Error("no BIOS reads this");
    },
    startText() {},
    startProtected: (start: { eip: number; esi: number }) => void starts.push(start),
  };
  startLinux(memory, boot, {
    kernel: tinyElf([{ bytes: kernelBytes, memorySize: 500 }], 0x100010),
    initrd: Uint8Array.from({ length: 5000 }, (_, i) => 255 - (i & 0xff)),
    commandLine: "console=ttyS0 quiet",
    dsdt: new Uint8Array(40),
    identity: {
      uuid: guid("00112233-4455-6677-8899-aabbccddeeff"),
      serial: "1234",
    },
    ...changes,
  });
  return { memory, starts, written };
}

/** @returns the code of the HvError that `act` throws */
function codeOf(act: () => void): string {
  try {
    act();
  } catch (failure) {
    if (failure instanceof HvError) return failure.code;
    throw failure;
  }
  return "none";
}

describe("placement", () => {
  const { memory, starts, written } = bootWith();
  const bytes = memory.bytes();
  const view = memory.view();
  const parameters = starts[0]?.esi ?? 0;

  test("starts once, at the kernel's entry, with the boot parameters", () => {
    expect(starts).toEqual([{ eip: 0x100010, esi: 0x90000 }]);
  });

  test("the kernel lies where it was linked, its rest is zero, and the engine was told", () => {
    expect(bytes.slice(0x100000, 0x100000 + 300)).toEqual(kernelBytes);
    expect(bytes.subarray(0x100000 + 300, 0x100000 + 500).every((byte) => byte === 0)).toBe(true);
    expect(bytes[0x100000 + 500]).toBe(0xcc);
    expect(written).toEqual([[0x100000, 500]]);
  });

  test("the initrd lies whole, page aligned, as high as it may", () => {
    const at = view.getUint32(parameters + 0x218, true);
    expect(view.getUint32(parameters + 0x21c, true)).toBe(5000);
    expect(at).toBe(8 * megabyte - 8192);
    expect(bytes[at]).toBe(255);
    expect(bytes[at + 4999]).toBe(255 - (4999 & 0xff));
  });

  test("header: magic, protocol, loaded high, command line", () => {
    expect(view.getUint16(parameters + 0x1fe, true)).toBe(0xaa55);
    expect(view.getUint32(parameters + 0x202, false)).toBe(0x48647253);
    expect(view.getUint16(parameters + 0x206, true)).toBe(0x020f);
    expect(bytes[parameters + 0x211]).toBe(1);
    const line = view.getUint32(parameters + 0x228, true);
    expect(new TextDecoder().decode(bytes.slice(line, line + 20))).toBe("console=ttyS0 quiet\0");
  });

  test("memory map: usable ends where we said, nothing overlaps, our tables are reserved", () => {
    const count = bytes[parameters + 0x1e8] ?? 0;
    const map = Array.from({ length: count }, (_, index) => {
      const at = parameters + 0x2d0 + 20 * index;
      return {
        base: Number(view.getBigUint64(at, true)),
        size: Number(view.getBigUint64(at + 8, true)),
        type: view.getUint32(at + 16, true),
      };
    });
    expect(map).toEqual([
      { base: 0, size: 0x9fc00, type: 1 },
      { base: 0x9fc00, size: 0x400, type: 2 },
      { base: 0xe0000, size: 0x20000, type: 2 },
      { base: 0x100000, size: 7 * megabyte, type: 1 },
    ]);
  });

  test("the firmware tables lie in the reserved part and the parameters name the RSDP", () => {
    const rsdp = view.getUint32(parameters + 0x70, true);
    expect(new TextDecoder().decode(bytes.slice(rsdp, rsdp + 8))).toBe("RSD PTR ");
    const rsdt = view.getUint32(rsdp + 16, true);
    expect(new TextDecoder().decode(bytes.slice(rsdt, rsdt + 4))).toBe("RSDT");
    for (let at = 0xf0000; at < 0x100000; at += 16) {
      if (view.getUint32(at, false) !== 0x5f534d5f) continue;
      const tables = view.getUint32(at + 24, true);
      expect(tables).toBeGreaterThanOrEqual(0xe0000);
      expect(bytes[tables]).toBe(0);
      expect(bytes[tables + 1]).toBe(24);
      return;
    }
    throw new Error("no SMBIOS anchor");
  });
});

describe("limits", () => {
  test("a kernel that is none", () => {
    expect(codeOf(() => bootWith({ kernel: new Uint8Array(10) }))).toBe("boot.kernel");
  });

  test("too little memory for the kernel, and the sentence names a way out", () => {
    const kernel = tinyElf([{ memorySize: 9 * megabyte }]);
    expect(codeOf(() => bootWith({ kernel }))).toBe("boot.memory");
    expect(() => bootWith({ kernel })).toThrow(/at least 26 MB of memory\. Assign more\./);
    expect(codeOf(() => bootWith({ kernel }, 11 * megabyte))).toBe("none");
  });

  test("too little memory for the initrd: it may touch the kernel, not overlap it", () => {
    const kernel = tinyElf([{ memorySize: 3 * megabyte }]);
    const room = 4 * megabyte;
    expect(codeOf(() => bootWith({ kernel, initrd: new Uint8Array(room) }))).toBe("none");
    expect(codeOf(() => bootWith({ kernel, initrd: new Uint8Array(room + 1) }))).toBe("boot.memory");
    expect(codeOf(() => bootWith({ kernel, initrd: new Uint8Array(20 * megabyte) }))).toBe("boot.memory");
  });

  test("a kernel that would lie over the boot parameters", () => {
    expect(codeOf(() => bootWith({ kernel: tinyElf([{ at: 0x90000 }]) }))).toBe("boot.memory");
  });

  test("a command line that does not fit", () => {
    expect(codeOf(() => bootWith({ commandLine: "x".repeat(2047) }))).toBe("none");
    expect(codeOf(() => bootWith({ commandLine: "x".repeat(2048) }))).toBe("boot.commandLine");
  });
});

describe("bzImages", () => {
  const body = Uint8Array.from({ length: 4096 }, (_, i) => (i * 7) & 0xff);
  const small = { preferred: 0x200000, initSize: 0x100000 };

  test("the part behind the header lies where it asks, and is entered there", () => {
    const { memory, starts } = bootWith({ kernel: labKernel({ body, ...small }) });
    expect(starts).toEqual([{ eip: 0x200000, esi: 0x90000 }]);
    expect(memory.bytes().slice(0x200000, 0x200000 + body.length)).toEqual(body);
  });

  test("its own header is in the parameters, with what a loader adds", () => {
    const { memory } = bootWith({ kernel: labKernel({ ...small, protocol: 0x20d, commandLineSize: 1000 }) });
    const page = memory.view();
    expect(page.getUint16(0x90206, true)).toBe(0x20d);
    // It was loaded high, and keeps the segments it was given.
    expect(page.getUint8(0x90211)).toBe(0x41);
    expect(page.getUint8(0x90210)).toBe(0xff);
    expect(page.getUint32(0x90258, true)).toBe(0x200000);
    expect(page.getUint32(0x90238, true)).toBe(1000);
  });

  test("the initial file system keeps clear of where it unpacks itself, and below what it reads", () => {
    const kernel = labKernel({ ...small, ramdiskLimit: 0x5fffff });
    const { memory } = bootWith({ kernel });
    expect(memory.view().getUint32(0x90218, true)).toBe(6 * megabyte - 8192);
    expect(codeOf(() => bootWith({ kernel, initrd: new Uint8Array(3 * megabyte) }))).toBe("none");
    expect(codeOf(() => bootWith({ kernel, initrd: new Uint8Array(3 * megabyte + 1) }))).toBe("boot.memory");
  });

  test("without one the parameters name none", () => {
    const { memory } = bootWith({ kernel: labKernel(small), initrd: null });
    expect(memory.view().getUint32(0x90218, true)).toBe(0);
    expect(memory.view().getUint32(0x9021c, true)).toBe(0);
  });

  test("too little memory, too long a line, or 64 bits: a sentence each", () => {
    expect(codeOf(() => bootWith({ kernel: labKernel({ initSize: 8 * megabyte }) }))).toBe("boot.memory");
    const short = labKernel({ ...small, commandLineSize: 10 });
    expect(codeOf(() => bootWith({ kernel: short }))).toBe("boot.commandLine");
    expect(codeOf(() => bootWith({ kernel: labKernel({ extendedLoadFlags: 1 }) }))).toBe("boot.kernel");
  });
});
