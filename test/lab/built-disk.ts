import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** A built disk that lies in parts, put together. @param folder  below `public/images`. @throws with the command that makes it */
export function builtDisk(folder: string): Uint8Array<ArrayBuffer> {
  const home = `public/images/${folder}`;
  if (!existsSync(`${home}/index.json`)) throw new Error(`${home} is missing: run npm run images`);
  const index: {
    readonly byteLength: number;
    readonly chunkBytes: number;
    readonly parts: readonly { readonly file: string | null }[];
  } = JSON.parse(readFileSync(`${home}/index.json`, "utf8"));
  const disk = new Uint8Array(index.byteLength);
  for (const [place, { file }] of index.parts.entries()) {
    if (file !== null) disk.set(gunzipSync(readFileSync(`${home}/${file}`)), place * index.chunkBytes);
  }
  return disk;
}
