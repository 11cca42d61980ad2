import type { BootFileContents, HypervisorApi, VmSummary } from "../hvdef/index.ts";
import type { MacAddress } from "../network/index.ts";
import type { Pause } from "../storage/index.ts";
import type { Clock } from "../support/index.ts";
import type { StockVm } from "./catalogue.ts";
import type { MediumSource } from "./drives/rack.ts";
import type { MachineKeeping } from "./kept-machine.ts";
import type { VirtualNetworks } from "./networks/networks.ts";
import type { PowerSources } from "./powered.ts";
import type { MachineSaved } from "./saved/machine-saved.ts";
import type { ReceivedStore } from "./sockets/received.ts";
import type { MachineWarm } from "./warm/shelf.ts";

/** What a machine needs of its host. */
export interface MachineSurroundings extends PowerSources, MachineKeeping {
  readonly hypervisor: HypervisorApi;
  readonly media: MediumSource;
  /** Where files are kept. */
  readonly kept: "browser storage" | "memory";
  /** Where the firmware files lie, relative to the page. */
  readonly firmware: string;
  changed(vm: VmSummary): void;
  tell(level: "info" | "warning" | "error", text: string): void;
  readonly networks: Pick<VirtualNetworks, "plug" | "unplug" | "settled">;
  /** A MAC address from the host's range that no adapter has. */
  newMac(): MacAddress;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  wallClock(): number;
  readonly saved: MachineSaved;
  readonly warm: MachineWarm;
  readonly pause: Pause;
  readonly received: ReceivedStore;
  /** What a machine of the visitor starts from and is held by while it runs; `null` for one of the site. */
  takeOwn(stock: StockVm): Promise<OwnMatter | null>;
}

/** What only a machine of the visitor has while it runs. Disposing lets others remove it. */
export interface OwnMatter extends Disposable {
  /** Absent when it does not start from any. */
  readonly bootFiles?: BootFileContents;
}
