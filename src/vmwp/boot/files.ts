import type { BootFileContents, BootSource, VmConfiguration } from "../../hvdef/index.ts";
import { vgaFont } from "../firmware/vga-font.ts";
import type { BootFiles } from "../machine.ts";

/** Fetches what a machine of this configuration starts from. @param fetchFile  a file of the site. @throws HvError */
export async function fetchBootFiles(
  configuration: VmConfiguration,
  fetchFile: (path: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<BootFiles> {
  const { boot, bootFiles, firmware } = configuration;
  const dsdt = fetchFile(`${firmware}dsdt.aml`);
  if (boot.kind === "linux") {
    // A site without a BIOS still starts what needs none; its text is then seen on the serial console only.
    const font = fetchFile(`${firmware}vgabios.bin`).then(vgaFont, () => null);
    const [table, files, glyphs] = await Promise.all([dsdt, bootFiles ?? fetchLinux(boot, fetchFile), font]);
    return { dsdt: table, ...files, bios: null, font: glyphs };
  }
  const [table, main, vga] = await Promise.all([
    dsdt,
    fetchFile(`${firmware}bios.bin`),
    fetchFile(`${firmware}vgabios.bin`),
  ]);
  return {
    dsdt: table,
    kernel: null,
    initrd: null,
    bios: { main: main.buffer, vga: vga.buffer },
    font: null,
  };
}

async function fetchLinux(
  boot: Extract<BootSource, { kind: "linux" }>,
  fetchFile: (path: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<BootFileContents> {
  const initrd = boot.initrd === null ? null : fetchFile(boot.initrd);
  const [kernel, archive] = await Promise.all([fetchFile(boot.kernel), initrd]);
  return { kernel, initrd: archive };
}
