/** What a virtual machine can start from. @wmi Msvm_VirtualSystemSettingData.BootOrder 0, 1, 2, 3 */
export type BootDevice = "floppy" | "cd" | "ide" | "legacyNic";

/** The order of a new virtual machine. */
export const usualBootOrder: readonly BootDevice[] = ["cd", "ide", "legacyNic", "floppy"];
