export { catalogue, type DiskSource, type StockDisk, type StockVm } from "./catalogue.ts";
export {
  type DiskShelf,
  type ImagePieces,
  type ImageStream,
  type OpenDisk,
  openDiskShelf,
} from "./disk-shelf.ts";
export { type FileStore, memoryStore } from "./file-store.ts";
export { type HostSurroundings, openManagement, type VirtualMachineManagement } from "./host.ts";
export {
  type AttachedDisk,
  type ControlLine,
  type DataPlane,
  describeIde,
  type MachineSurroundings,
} from "./machine.ts";
export { decidePower, type PowerDecision, type PowerRequest } from "./power.ts";
export { planServices, type ServicePlan } from "./services.ts";
