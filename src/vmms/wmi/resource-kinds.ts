/** Names of resources. @wmi ResourceSubType */
export const subTypes = {
  processor: "Microsoft Processor",
  memory: "Microsoft Virtual Machine Memory",
  ide: "Microsoft Emulated IDE Controller",
  scsi: "Microsoft Synthetic SCSI Controller",
  synthetic: "Microsoft Synthetic Ethernet Port",
  legacy: "Microsoft Emulated Ethernet Port",
  disk: "Microsoft Synthetic Disk Drive",
  physicalDisk: "Microsoft Physical Disk Drive",
  dvd: "Microsoft Synthetic DVD Drive",
  physicalDvd: "Microsoft Physical DVD Drive",
  floppy: "Microsoft Synthetic Diskette Drive",
  diskFile: "Microsoft Virtual Hard Disk",
  dvdFile: "Microsoft Virtual CD/DVD Disk",
  floppyFile: "Microsoft Virtual Floppy Disk",
} as const;
/** @wmi OtherResourceType */
export const disketteController = "Microsoft Virtual Diskette Controller";

/** @wmi ResourceType */
export const resourceTypes = {
  other: 1,
  processor: 3,
  memory: 4,
  ide: 5,
  scsi: 6,
  ethernet: 10,
  floppyDrive: 14,
  dvdDrive: 16,
  storage: 21,
  diskDrive: 22,
} as const;

/** What 100 percent of a processor is. */
export const wholeProcessor = 100_000;
export const megabyte = 2 ** 20;
