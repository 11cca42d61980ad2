import { patiently } from "./patience.ts";
import { openSiteParts, type SiteDisk } from "./site-parts.ts";
import { openSiteRanges } from "./site-ranges.ts";

/**
 * Opens an image of the site: in parts when its index says where they are, else by ranges of one file.
 *
 * @param index  of the image, relative to `base`, the page's address
 * @throws HvError `image.missing`, also of a server that never answers, or `image.corrupt`
 */
export function openSiteImage(base: string, index: string): Promise<SiteDisk> {
  const open = index.endsWith(".json") ? openSiteParts : openSiteRanges;
  return patiently(index, (signal) => open(base, index, signal));
}
