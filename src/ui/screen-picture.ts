import type { ScreenContents } from "../hvdef/index.ts";

/** What is on a screen as a PNG. @throws when it shows nothing */
export function pictureOf({ mode, pixels }: ScreenContents): Promise<Blob> {
  if (mode.kind === "dark" || pixels === null)
    return Promise.reject(new Error("The screen is dark: there is nothing to keep."));
  const canvas = document.createElement("canvas");
  canvas.width = mode.width;
  canvas.height = mode.height;
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, mode.width), 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error("This browser makes no PNG of that size."));
      else resolve(blob);
    }, "image/png");
  });
}
