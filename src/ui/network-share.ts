import type { NetworkId, NetworkSummary } from "../hvdef/index.ts";
import type { Offered } from "./file-intake.ts";
import { reasonSentence } from "./format.ts";
import type { NetworkHost } from "./host.ts";

/** Files shared from one drop at most: a folder's worth is a mistake more often than a wish. */
export const shareLimit = 50;

/** Where guests find shared files, or why they do not; `null` where the management OS is not. */
export type SharePlace =
  | { readonly kind: "at"; readonly address: string }
  | { readonly kind: "off"; readonly reason: string };

/** Where the guests of a network find shared files. */
export function sharePlace(network: Pick<NetworkSummary, "name" | "management">): SharePlace | null {
  const { management, name } = network;
  if (management === null) return null;
  if (!management.services.http) {
    const reason = `The web server of the management OS is off on ${name}. Turn it on under Edit… to share files.`;
    return { kind: "off", reason };
  }
  return { kind: "at", address: `http://${management.address.address}/files/` };
}

/** Where guests find one file: its name as it stands in a command or an address bar. */
export function shareAddress(folder: string, name: string): string {
  // The rest of what encodeURIComponent leaves means something to a shell.
  const escaped = encodeURIComponent(name).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return folder + escaped;
}

/** Shares what was dropped or picked, one after another. Answers why some were not, a sentence each. */
export async function shareAll(
  host: Pick<NetworkHost, "share">,
  network: NetworkId,
  offered: readonly Offered[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  if (offered.length === 0) return ["What was dropped is no file."];
  if (offered.length > shareLimit)
    return [`That is ${offered.length} files at once; ${shareLimit} is the most. Put them into one archive.`];
  for (const one of offered) {
    if (one.kind === "folder") {
      problems.push(`${one.name} is a folder. Put it into an archive, or drop the files inside.`);
      continue;
    }
    try {
      await host.share(network, one.file.name, one.file);
    } catch (error) {
      problems.push(reasonSentence(error));
    }
  }
  return problems;
}
