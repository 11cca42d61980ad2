import type {
  AdapterConfiguration,
  BootSource,
  DriveConfiguration,
  IntegrationService,
  Medium,
} from "../hvdef/index.ts";
import { usualAdapter } from "./adapters/rules.ts";
import { firstNetworkId } from "./networks/networks.ts";

/** A disk image of the site: nobody writes to it, its blocks are fetched as they are read. */
export interface StockImage {
  /** Name in the library. */
  readonly name: string;
  /** Index of its parts (`.json`), or the VHD itself on a server that answers range requests; relative to the page. */
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

const linux = (extra: string): BootSource => ({
  kind: "linux",
  kernel: "images/vmlinux.gz",
  initrd: "images/initramfs.cpio.gz",
  commandLine: extra === "" ? commandLine : `${commandLine} ${extra}`,
});

const systemImage: StockImage = { name: "stock debian system.vhd", index: "images/system-disk/index.json" };
const dataImage: StockImage = { name: "stock data.vhd", index: "images/data-disk/index.json" };

/** Disk images of the site. */
export const stockImages: readonly StockImage[] = [systemImage, dataImage];

type Controller = "IDE" | "SCSI";

function disk(controller: Controller, location: number, medium: Medium): DriveConfiguration {
  return { slot: { controller, number: 0, location }, kind: "disk", medium };
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
    boot: linux(""),
    drives: [
      dvd,
      disk("SCSI", 0, file("debian data.vhd")),
      disk("SCSI", 1, { kind: "memory", byteLength: 64 * megabyte }),
    ],
    scsiControllers: 1,
    adapters: [synthetic],
    firstDisks: [{ name: "debian data.vhd", parent: dataImage.name }],
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
  },
  {
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000003",
    name: "debian-legacy",
    description: "The same kernel without integration services: emulated devices only",
    memoryBytes: 128 * megabyte,
    boot: linux("tabvisor.profile=legacy"),
    drives: [disk("IDE", 0, file("debian-legacy data.vhd")), dvd],
    scsiControllers: 1,
    adapters: [legacy],
    firstDisks: [{ name: "debian-legacy data.vhd", parent: dataImage.name }],
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
