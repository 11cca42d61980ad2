import { describe, expect, test } from "vitest";
import { stockImages } from "../../../src/vmms/catalogue.ts";
import { memoryStore } from "../../../src/vmms/file-store.ts";
import { visitorDevice } from "../../../src/vmms/library/device-disk.ts";
import { stockOpener } from "../../../src/vmms/library/stock-images.ts";

const chunkBytes = 4096;

/** A site whose images are one chunk of the byte 7, and what was asked of it. */
function site(byteLength = chunkBytes) {
  const asked: string[] = [];
  let fetches = 0;
  return {
    asked,
    fetches: () => fetches,
    openSite(index: string) {
      asked.push(index);
      const fetch = () => {
        fetches++;
        return Promise.resolve(new Uint8Array(chunkBytes).fill(7));
      };
      return Promise.resolve({ source: { byteLength, chunkBytes, fetch }, identity: "sevens", check: null });
    },
  };
}

const noPause = () => Promise.resolve();

function firstImage() {
  const image = stockImages[0];
  if (image === undefined) throw new Error("the catalogue has no image");
  return image;
}

describe("images of the site", () => {
  test("what was fetched is there for the next opening", async () => {
    const { openSite, asked, fetches } = site();
    const streams = memoryStore();
    const open = stockOpener({ openSite, streams, pause: noPause });
    const first = await open(firstImage());
    await first.prepare(0, chunkBytes);
    expect(first.writeBack()).toBe("ok");
    first[Symbol.dispose]();
    const again = await open(firstImage());
    const bytes = new Uint8Array(512);
    await again.prepare(0, 512);
    expect(again.read(0, bytes)).toBe("ok");
    expect(bytes[511]).toBe(7);
    expect(fetches()).toBe(1);
    expect(asked).toEqual([firstImage().index, firstImage().index]);
  });

  test("memory keeps what is fetched while another tab has the file, which stays as it is", async () => {
    const { openSite } = site();
    const streams = memoryStore();
    const elsewhere = await streams.open(firstImage().name, { access: "write", holder: "another tab" });
    const disk = await stockOpener({ openSite, streams, pause: noPause })(firstImage());
    await disk.prepare(0, 512);
    expect(disk.read(0, new Uint8Array(512))).toBe("ok");
    disk.writeBack();
    expect(elsewhere.size()).toBe(0);
  });

  test("an impossible image is refused, and its file is free again", async () => {
    const { openSite } = site(0);
    const streams = memoryStore();
    const open = stockOpener({ openSite, streams, pause: noPause });
    await expect(open(firstImage())).rejects.toThrow("impossible size");
    (await streams.open(firstImage().name, { access: "write", holder: "a test" }))[Symbol.dispose]();
  });
});

describe("files of the visitor", () => {
  const file = (byteLength: number) => ({ byteLength, read: () => Promise.reject(new Error()), write: null });

  test("whole sectors count, and every opening is a disk of its own", () => {
    const device = visitorDevice("stick.img", file(1500));
    expect(device).toMatchObject({ name: "stick.img", byteLength: 1024 });
    const disk = device.disk();
    expect(disk).not.toBe(device.disk());
    expect(disk.readOnly).toBe(true);
  });

  test("one that is too short is refused by name", () => {
    expect(() => visitorDevice("note.txt", file(511))).toThrow(
      /note\.txt cannot be a pass-through disk\. The file is too short/,
    );
  });
});
