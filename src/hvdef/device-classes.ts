import { type Guid, guid } from "../support/index.ts";

/** Interface types of the synthetic devices, by the name a person knows. @vmbus 4.1 */
export const DeviceClass = {
  network: guid("f8615163-df3e-46c5-913f-f2d2f965ed0e"),
  scsi: guid("ba6163d9-04a1-4d29-b605-72e2ffb1dc7f"),
  ide: guid("32412632-86cb-44a2-9b5c-50d1417354f5"),
  fibreChannel: guid("2f9bcc4a-0069-4af3-b76b-6fd0be528cda"),
  shutdown: guid("0e0b6031-5213-4934-818b-38d90ced39db"),
  timeSync: guid("9527e630-d0ae-497b-adce-e80ab0175caf"),
  heartbeat: guid("57164f39-9115-4e78-ab55-382f3bd5422d"),
  keyValuePair: guid("a9a0f4e7-5a45-4d96-b827-8a841e8c03e6"),
  backup: guid("35fa2e29-ea23-4236-96ae-3a6ebacba440"),
  guestFileCopy: guid("34d14be3-dee4-41c8-9ae7-6b174977c192"),
  dynamicMemory: guid("525074dc-8985-46e2-8057-a307dc18a502"),
  keyboard: guid("f912ad6d-2b17-48ea-bd65-f927a61c7684"),
  mouse: guid("cfa8b69e-5b4a-4cc0-b98b-8ba1a1f3f95a"),
  video: guid("da0a7802-e377-4aac-8e77-0558eb1073f8"),
  pciPassThrough: guid("44c4f61d-4444-4400-9d52-802e27ede19f"),
  networkDirect: guid("8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501"),
} as const;

/** Title of each class for people. */
const titles: ReadonlyMap<Guid, string> = new Map([
  [DeviceClass.network, "Network adapter"],
  [DeviceClass.scsi, "SCSI controller"],
  [DeviceClass.ide, "IDE accelerator"],
  [DeviceClass.fibreChannel, "Fibre Channel adapter"],
  [DeviceClass.shutdown, "Guest shutdown"],
  [DeviceClass.timeSync, "Time synchronization"],
  [DeviceClass.heartbeat, "Heartbeat"],
  [DeviceClass.keyValuePair, "Key-value pair exchange"],
  [DeviceClass.backup, "Backup (volume snapshot)"],
  [DeviceClass.guestFileCopy, "Guest file copy"],
  [DeviceClass.dynamicMemory, "Dynamic memory"],
  [DeviceClass.keyboard, "Keyboard"],
  [DeviceClass.mouse, "Mouse"],
  [DeviceClass.video, "Video"],
  [DeviceClass.pciPassThrough, "PCI pass-through"],
  [DeviceClass.networkDirect, "Network direct"],
]);

/** What a person calls this class; the GUID itself when it is none of ours. */
export function deviceClassTitle(interfaceType: Guid): string {
  return titles.get(interfaceType) ?? interfaceType;
}
