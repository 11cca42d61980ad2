import type { BootSource } from "../hvdef/index.ts";

/** Where a stock disk comes from. */
export type DiskSource =
  /** A file of the site, fetched once and then kept with everything the guest writes. */
  | { readonly kind: "image"; readonly path: string; readonly format: "raw" | "vhd" }
  /** Empty memory, forgotten when the machine is turned off. */
  | { readonly kind: "ram"; readonly byteLength: number }
  /** A file the visitor gives; until then the machine cannot start. */
  | { readonly kind: "own" };

/** A disk of a stock machine. */
export interface StockDisk {
  readonly name: string;
  readonly controller: "IDE" | "SCSI";
  /** IDE: 0 master, 1 slave. SCSI: the LUN. */
  readonly slot: number;
  readonly source: DiskSource;
}

/** A machine that the site offers. */
export interface StockVm {
  /** Stable for ever: disks are kept under it. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly memoryBytes: number;
  readonly boot: BootSource;
  readonly disks: readonly StockDisk[];
}

const megabyte = 2 ** 20;

/**
 * Kernel parameters of the stock kernels, as the manifest of the images names them. What they leave out
 * means nothing here: the crypto self-tests alone cost five seconds of an emulated processor.
 */
const commandLine =
  "console=ttyS0 loglevel=4 cryptomgr.notests noisapnp initcall_blacklist=init_kprobe_trace,tracer_init_tracefs,trace_eval_init,crypto_kdf108_init";

const linux = (extra: string): BootSource => ({
  kind: "linux",
  kernel: "images/vmlinux.gz",
  initrd: "images/initramfs.cpio.gz",
  commandLine: extra === "" ? commandLine : `${commandLine} ${extra}`,
});

const dataDisk: DiskSource = { kind: "image", path: "images/data-disk.img.gz", format: "raw" };

/** The machines of the first page, in the order of the list. */
export const catalogue: readonly StockVm[] = [
  {
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000001",
    name: "debian",
    description: "Debian 12, its own Hyper-V drivers, a data disk on the synthetic SCSI controller",
    memoryBytes: 128 * megabyte,
    boot: linux(""),
    disks: [
      { name: "debian data", controller: "SCSI", slot: 0, source: dataDisk },
      {
        name: "debian scratch",
        controller: "SCSI",
        slot: 1,
        source: { kind: "ram", byteLength: 64 * megabyte },
      },
    ],
  },
  {
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000002",
    name: "debian-disk",
    description:
      "The same system installed on a VHD: BIOS, boot loader, root file system on the IDE controller",
    memoryBytes: 160 * megabyte,
    boot: { kind: "bios" },
    disks: [
      {
        name: "debian-disk system",
        controller: "IDE",
        slot: 0,
        source: { kind: "image", path: "images/system-disk.vhd.gz", format: "vhd" },
      },
      { name: "debian-disk data", controller: "SCSI", slot: 0, source: dataDisk },
    ],
  },
  {
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000003",
    name: "debian-legacy",
    description: "The same kernel without integration services: emulated devices only",
    memoryBytes: 128 * megabyte,
    boot: linux("tabvisor.profile=legacy"),
    disks: [{ name: "debian-legacy data", controller: "IDE", slot: 0, source: dataDisk }],
  },
  {
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000004",
    name: "own-disk",
    description: "Your own disk image, started from its boot sector: 32-bit systems, raw or fixed VHD",
    memoryBytes: 256 * megabyte,
    boot: { kind: "bios" },
    disks: [{ name: "own disk", controller: "IDE", slot: 0, source: { kind: "own" } }],
  },
];
