import type { PropertySet } from "../../wmi/index.ts";
import { resourceTypes, subTypes, wholeProcessor } from "./resource-kinds.ts";

/** A setting that a client copies, fills in and hands to AddVirtualSystemResources. */
function template(ResourceType: number, ResourceSubType: string, more: PropertySet = {}): PropertySet {
  return {
    InstanceID: `Microsoft:Definition\\${ResourceSubType}\\Default`,
    ResourceType,
    ResourceSubType,
    ...more,
  };
}

const { diskDrive, dvdDrive, floppyDrive, ethernet, storage, scsi, processor } = resourceTypes;

/** Settings that no machine has, by class: what AddVirtualSystemResources takes. @wmi 4.4 templates */
export const templates: { readonly [className: string]: readonly PropertySet[] } = {
  Msvm_ResourceAllocationSettingData: [
    template(scsi, subTypes.scsi),
    template(diskDrive, subTypes.disk),
    template(diskDrive, subTypes.physicalDisk),
    template(dvdDrive, subTypes.dvd),
    template(dvdDrive, subTypes.physicalDvd),
    template(floppyDrive, subTypes.floppy),
    template(storage, subTypes.diskFile),
    template(storage, subTypes.dvdFile),
    template(storage, subTypes.floppyFile),
  ],
  Msvm_ProcessorSettingData: [
    template(processor, subTypes.processor, {
      VirtualQuantity: 1n,
      Reservation: 0n,
      Limit: BigInt(wholeProcessor),
      Weight: 100,
      ProcessorsPerSocket: 1,
      SocketCount: 1,
    }),
  ],
  Msvm_SyntheticEthernetPortSettingData: [
    template(ethernet, subTypes.synthetic, { ElementName: "Network Adapter", StaticMacAddress: false }),
  ],
  Msvm_EmulatedEthernetPortSettingData: [
    template(ethernet, subTypes.legacy, { ElementName: "Legacy Network Adapter", StaticMacAddress: false }),
  ],
};
