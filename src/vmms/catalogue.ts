import {
  type AdapterConfiguration,
  type BootSource,
  type DriveConfiguration,
  type IntegrationService,
  type Medium,
  setupDiskName,
} from "../hvdef/index.ts";
import { usualAdapter } from "./adapters/rules.ts";
import { firstNetworkId } from "./networks/networks.ts";

/** A disk image of the site: nobody writes to it, its blocks are fetched as they are read. */
export interface StockImage {
  /** Name in the library. Its ending says what it is: `.vhd` a fixed VHD, `.iso` a disc, `.vfd` a diskette. */
  readonly name: string;
  /** Index of its parts (`.json`), or the image itself on a server that answers range requests; relative to the page. */
  readonly index: string;
}

/** A differencing disk that a machine gets with its first start. */
export interface FirstDisk {
  readonly name: string;
  /** Name of the stock image it builds on. */
  readonly parent: string;
}

/** A machine as it is made: one that the site offers, or one of the visitor. */
export interface StockVm {
  /** Stable for ever: what the visitor changes is kept under it. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly memoryBytes: number;
  readonly boot: BootSource;
  readonly drives: readonly DriveConfiguration[];
  readonly scsiControllers: number;
  readonly adapters: readonly AdapterConfiguration[];
  readonly firstDisks: readonly FirstDisk[];
  /** It starts from a disk image that the visitor picks. */
  readonly takesDisk?: boolean;
  /** Whether its system has integration services: as it comes, which is usual; once they are installed; never. */
  readonly integrated?: "installable" | "never";
  /** Name of the state that the site has of it, in which its guest has come up; absent: there is none. */
  readonly warm?: string;
  /** The visitor has made it. */
  readonly own?: boolean;
  /** Integration services that it begins without; absent: none. */
  readonly disabledServices?: readonly IntegrationService[];
}

const megabyte = 2 ** 20;

/**
 * Kernel parameters of the stock kernels, as the manifest of the images names them. What they leave out
 * means nothing here: the crypto self-tests alone cost five seconds of an emulated processor.
 */
const commandLine =
  "console=tty0 console=ttyS0 loglevel=4 cryptomgr.notests noisapnp initcall_blacklist=init_kprobe_trace,tracer_init_tracefs,trace_eval_init,crypto_kdf108_init";

const linux: BootSource = {
  kind: "linux",
  kernel: "images/vmlinux.gz",
  initrd: "images/initramfs.cpio.gz",
  commandLine,
};

const systemImage: StockImage = { name: "stock debian system.vhd", index: "images/system-disk/index.json" };
const legacyImage: StockImage = {
  name: "stock debian legacy.vhd",
  index: "images/legacy-disk/index.json",
};
const dataImage: StockImage = { name: "stock data.vhd", index: "images/data-disk/index.json" };
const setupImage: StockImage = { name: setupDiskName, index: "images/setup-disk/index.json" };
const memtestImage: StockImage = { name: "memtest86+.vfd", index: "images/memtest/index.json" };

/** Disk images of the site. */
export const stockImages: readonly StockImage[] = [
  systemImage,
  legacyImage,
  dataImage,
  setupImage,
  memtestImage,
];

type Controller = "IDE" | "SCSI";

function disk(controller: Controller, location: number, medium: Medium): DriveConfiguration {
  return { slot: { controller, number: 0, location }, kind: "disk", medium };
}
function diskette(medium: Medium): DriveConfiguration {
  return { slot: { controller: "floppy", number: 0, location: 0 }, kind: "floppy", medium };
}
const file = (name: string): Medium => ({ kind: "file", name });

const synthetic = usualAdapter({ type: "synthetic", index: 0 }, firstNetworkId);
const legacy = usualAdapter({ type: "legacy", index: 0 }, firstNetworkId);

/** Every machine has a DVD drive where Hyper-V puts it. */
const dvd: DriveConfiguration = {
  slot: { controller: "IDE", number: 1, location: 0 },
  kind: "dvd",
  medium: { kind: "empty" },
};

/** The machines of the first page, in the order of the list. */
export const catalogue: readonly StockVm[] = [
  {
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000001",
    name: "debian",
    description: "Debian 12, its own Hyper-V drivers, a data disk on the synthetic SCSI controller",
    memoryBytes: 128 * megabyte,
    boot: linux,
    drives: [
      dvd,
      disk("SCSI", 0, file("debian data.vhd")),
      disk("SCSI", 1, { kind: "memory", byteLength: 64 * megabyte }),
    ],
    scsiControllers: 1,
    adapters: [synthetic],
    firstDisks: [{ name: "debian data.vhd", parent: dataImage.name }],
    warm: "debian",
  },
  {
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000002",
    name: "debian-disk",
    description:
      "The same system installed on a VHD: BIOS, boot loader, root file system on the IDE controller",
    memoryBytes: 160 * megabyte,
    boot: { kind: "bios" },
    drives: [
      disk("IDE", 0, file("debian-disk system.vhd")),
      dvd,
      disk("SCSI", 0, file("debian-disk data.vhd")),
    ],
    scsiControllers: 1,
    adapters: [synthetic],
    firstDisks: [
      { name: "debian-disk system.vhd", parent: systemImage.name },
      { name: "debian-disk data.vhd", parent: dataImage.name },
    ],
    warm: "debian-disk",
  },
  {
    // Before it had a system disk it was ...0003: what was kept for that one must not make this one start from it.
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000005",
    name: "debian-legacy",
    description:
      "The same system as it is installed without integration services: emulated devices only, until you insert the Integration Services Setup Disk and run its install.sh",
    memoryBytes: 128 * megabyte,
    boot: { kind: "bios" },
    drives: [
      disk("IDE", 0, file("debian-legacy system.vhd")),
      dvd,
      disk("SCSI", 0, file("debian-legacy data.vhd")),
    ],
    scsiControllers: 1,
    adapters: [synthetic, legacy],
    firstDisks: [
      { name: "debian-legacy system.vhd", parent: legacyImage.name },
      { name: "debian-legacy data.vhd", parent: dataImage.name },
    ],
    integrated: "installable",
    warm: "debian-legacy",
  },
  {
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000006",
    name: "memtest",
    description:
      "memtest86+ on a diskette: a system without integration services, now and ever. Emulated devices only",
    memoryBytes: 64 * megabyte,
    boot: { kind: "bios", bootOrder: ["floppy", "cd", "ide", "legacyNic"] },
    drives: [dvd, diskette(file(memtestImage.name))],
    scsiControllers: 0,
    adapters: [],
    firstDisks: [],
    integrated: "never",
    warm: "memtest",
  },
  {
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000004",
    name: "own-disk",
    description:
      "Your own disk image, started from its boot sector: 32-bit systems on a VHD, a raw image or a disc",
    memoryBytes: 256 * megabyte,
    boot: { kind: "bios" },
    drives: [dvd],
    scsiControllers: 1,
    adapters: [legacy],
    firstDisks: [],
    takesDisk: true,
  },
];
