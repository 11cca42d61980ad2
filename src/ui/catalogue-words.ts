import type { CatalogueEntry } from "../hvdef/index.ts";
import { formatBytes, formatMoment } from "./format.ts";
import type { BootTime } from "./host.ts";

/** What comes over the network, in a phrase. */
export function downloadWords({ download }: CatalogueEntry): string {
  if (download === null) return "Not known: this site does not say";
  const { firstBytes, diskBytes } = download;
  if (diskBytes === 0) return formatBytes(firstBytes);
  return `${formatBytes(firstBytes)}, and at most ${formatBytes(diskBytes)} of its disks as it reads them`;
}

/** What a warm start takes first. */
export function warmWords({ downloadBytes }: { readonly downloadBytes: number }): string {
  const what = "a state in which its guest has come up";
  return downloadBytes === 0 ? `from ${what}; it is here` : `${formatBytes(downloadBytes)} first: ${what}`;
}

/** How long a cold boot takes and who measured that; `null` when nobody has. */
export function bootWords(
  entry: Pick<CatalogueEntry, "bootTime">,
  measured: BootTime | null,
): { readonly time: string; readonly source: string } | null {
  if (measured !== null)
    return {
      time: seconds(measured.millis),
      source: `measured in this browser, ${formatMoment(measured.at).slice(0, 10)}`,
    };
  const { bootTime } = entry;
  if (bootTime === null) return null;
  return {
    time: seconds(bootTime.millis),
    source: `from our bench of ${bootTime.date}: ${bootTime.where}`,
  };
}

function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(millis < 99_950 ? 1 : 0)} s`;
}
