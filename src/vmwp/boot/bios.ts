import type { BootAccess } from "../../vid/index.ts";
import { acpiBlock, rsdp } from "../firmware/acpi.ts";
import { type SmbiosIdentity, smbiosFirmwareFiles } from "../firmware/smbios.ts";
import { acpiFirmwareFiles } from "../firmware/table-loader.ts";

/** Gives the BIOS our tables and asks it to start from disk without waiting for a key. */
export function prepareBios(boot: BootAccess, dsdt: Uint8Array, identity: SmbiosIdentity): void {
  const block = acpiBlock(dsdt);
  for (const file of acpiFirmwareFiles(block, rsdp(block.rsdt))) boot.addFirmwareFile(file.name, file.data);
  for (const file of smbiosFirmwareFiles(identity)) boot.addFirmwareFile(file.name, file.data);
  boot.addFirmwareFile("etc/show-boot-menu", Uint8Array.of(0, 0));
}
