import type { PlatformReport } from "../../hvdef/index.ts";

/** Why this browser cannot run machines at all, or `null`. */
export function missingPlatform(): { readonly title: string; readonly wayOut: string } | null {
  if (typeof WebAssembly !== "object") {
    return {
      title: "This browser has WebAssembly switched off, and the processor emulator needs it.",
      wayOut:
        "Allow WebAssembly for this site (some browsers switch it off in their highest security setting), then reload.",
    };
  }
  if (typeof Worker !== "function") {
    return {
      title: "This page may not start workers, and every virtual machine runs in one.",
      wayOut:
        "Open it in its own tab instead of a sandboxed frame, or allow scripts and same-origin in the frame's sandbox.",
    };
  }
  if (typeof DecompressionStream !== "function" || typeof Promise.withResolvers !== "function") {
    return {
      title: "This browser is too old to run virtual machines.",
      wayOut: "Use a current Chromium, Firefox or Safari.",
    };
  }
  return null;
}

/**
 * Memory all guests may have together, bytes: half of what the device admits to, at most 4 GiB. Not less than
 * 256 MiB, so that one machine runs everywhere.
 */
export function guestMemoryBudget(): number {
  const gigabyte = 2 ** 30;
  const told = (navigator as { deviceMemory?: number }).deviceMemory ?? 4;
  return Math.max(gigabyte / 4, Math.min(4 * gigabyte, (told * gigabyte) / 2));
}

/** The parameter `logical-processors` of the page's address, within what the device has. */
export function logicalProcessorsOf(address: URL, available: number): number {
  const wanted = Number(address.searchParams.get("logical-processors"));
  return Number.isInteger(wanted) && wanted >= 1 ? Math.min(wanted, available) : available;
}

/** What the page has, for whoever looks at it. @param storageRefused  why disks live in memory only, if they do */
export function platformReport(storageRefused: string | null, logicalProcessors: number): PlatformReport {
  return {
    isolated: crossOriginIsolated,
    storage: storageRefused === null ? { kind: "kept" } : { kind: "memory", reason: storageRefused },
    logicalProcessors,
    guestMemoryBytes: guestMemoryBudget(),
  };
}
