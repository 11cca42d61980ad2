import type { ReadonlySignal } from "@preact/signals";
import { type KeyValuePair, setupDiskName, type VmGuid } from "../../../src/hvdef/index.ts";
import type { UiHost, VmView } from "../../../src/ui/index.ts";

const intrinsic: readonly KeyValuePair[] = [
  { key: "FullyQualifiedDomainName", value: "tabvisor" },
  { key: "IntegrationServicesVersion", value: "3.1" },
  { key: "NetworkAddressIPv4", value: "192.168.137.10;127.0.0.1" },
  { key: "OSBuildNumber", value: "6.1.0-37-686" },
  { key: "OSName", value: "Debian GNU/Linux" },
  { key: "ProcessorArchitecture", value: "i686" },
];

/** Integration services that answer, with nobody behind them. */
export function openRecordedIntegration(
  change: (vm: VmGuid, more: Partial<VmView>) => void,
  vms: ReadonlySignal<readonly VmView[]>,
): UiHost["integration"] {
  let host: readonly KeyValuePair[] = [{ key: "role", value: "web" }];
  const find = (id: VmGuid) => vms.peek().find((vm) => vm.id === id);
  return {
    async setService(id, service, enabled) {
      const services = find(id)?.integration ?? [];
      change(id, {
        integration: services.map((one) => (one.service === service ? { ...one, enabled } : one)),
      });
    },
    pairs: async (id) => {
      const runs = find(id)?.state === "running";
      return { intrinsic: runs ? intrinsic : [], guest: [], host, delivered: runs };
    },
    async setPair(_id, pair) {
      host = [...host.filter(({ key }) => key !== pair.key), pair];
    },
    async removePair(_id, key) {
      host = host.filter((pair) => pair.key !== key);
    },
    freeze: async (id) => change(id, { freeze: "frozen" }),
    thaw: async (id) => change(id, { freeze: "thawed" }),
    async insertSetupDisk(id) {
      const medium = { kind: "file", name: setupDiskName } as const;
      const drives = (find(id)?.drives ?? []).map((drive) =>
        drive.kind === "dvd" ? { ...drive, medium, title: setupDiskName } : drive,
      );
      change(id, { drives });
    },
  };
}
