import type { OwnBytes } from "../../src/support/index.ts";
import { type StockVm, warmTemplate } from "../../src/vmms/index.ts";
import { labVm, openMemoryHost, web01 } from "./memory-host.ts";
import { labStore } from "./memory-store.ts";

/** The usual machine of the lab, with a warm state. */
export const warmVm: StockVm = labVm({ warm: "web01" });

/** A site that has a warm state of {@link warmVm}: what it serves whole, and in parts. */
export interface WarmSite {
  readonly site: Map<string, string>;
  readonly siteFiles: Map<string, OwnBytes>;
  /** What is described, to be changed. */
  say(changes: object): void;
}

const folder = "images/warm/web01";
const hash = (digit: string): string => digit.repeat(64);

/** Takes the state as the build of the images does. @param pieces  memory of the guest */
export async function takeWarm(pieces: readonly OwnBytes[]): Promise<WarmSite> {
  const template = warmTemplate(warmVm);
  if (template === null) throw new Error("the machine has no template");
  const [disks, kept] = [labStore(), labStore()];
  const host = await openMemoryHost({ machines: [template], disks, kept });
  await host.session.start(web01, "cold");
  host.placed.get("IDE 0:0")?.write(1024, new Uint8Array(512).fill(9));
  host.savedPieces.push(...pieces);
  await host.session.save(web01);
  const siteFiles = new Map([
    [`${folder}/pages/index.json`, await kept.contents(`${web01}.bin`)],
    [`${folder}/devices/index.json`, await kept.contents(`${web01}.vsv`)],
    [`${folder}/disk0/index.json`, await disks.contents("web01.vhd")],
  ]);
  const site = new Map([
    [
      "images/manifest.json",
      JSON.stringify({
        format: 1,
        artefacts: [{ file: "images/vmlinux.gz", size: 1, sha256: hash("a"), sources: [] }],
      }),
    ],
  ]);
  const described = {
    format: 1,
    id: "0123456789abcdef",
    bytes: 12_345,
    images: [{ path: "images/vmlinux.gz", sha256: hash("a") }],
    pages: `${folder}/pages/index.json`,
    devices: `${folder}/devices/index.json`,
    disks: [{ name: "web01.vhd", index: `${folder}/disk0/index.json` }],
  };
  const say = (changes: object): void =>
    void site.set(`${folder}/state.json`, JSON.stringify({ ...described, ...changes }));
  say({});
  return { site, siteFiles, say };
}
