import type { BootAccess } from "../../vid/index.ts";
import { acpiBlock, rsdp } from "../firmware/acpi.ts";
import { type SmbiosIdentity, smbiosFirmwareFiles } from "../firmware/smbios.ts";
import { acpiFirmwareFiles } from "../firmware/table-loader.ts";

/** With nothing to start from the BIOS stays where it is, as Hyper-V's does; it would start again every minute. */
const waitForEver = [0xff, 0xff, 0xff, 0xff];

/** Gives the BIOS our tables and asks it to start without waiting for a key. */
export function prepareBios(boot: BootAccess, dsdt: Uint8Array, identity: SmbiosIdentity): void {
  const block = acpiBlock(dsdt);
  for (const file of acpiFirmwareFiles(block, rsdp(block.rsdt))) boot.addFirmwareFile(file.name, file.data);
  for (const file of smbiosFirmwareFiles(identity)) boot.addFirmwareFile(file.name, file.data);
  boot.addFirmwareFile("etc/show-boot-menu", Uint8Array.of(0, 0));
  boot.addFirmwareFile("etc/boot-fail-wait", Uint8Array.from(waitForEver));
}
