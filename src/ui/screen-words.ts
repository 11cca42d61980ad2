import type { ScreenMode } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";

/** Which device draws, and what; for the bar above the screen. */
export function deviceWords(mode: ScreenMode | null): string {
  if (mode === null) return "";
  switch (mode.kind) {
    case "dark":
      return "No picture";
    case "text":
      return `Emulated VGA, text ${mode.columns}×${mode.rows}`;
    case "graphics":
      return `Emulated VGA, ${mode.width}×${mode.height}, ${mode.depth} bits`;
    case "synthetic":
      return `Synthetic video, ${mode.width}×${mode.height}`;
    default:
      return unreachable(mode);
  }
}

/** What somebody who cannot see the screen should know of it; `null` where its text is read out. */
export function pictureWords(mode: ScreenMode | null): string | null {
  if (mode === null || mode.kind === "text") return null;
  if (mode.kind === "dark") return "The screen is dark.";
  return `The screen is a picture of ${mode.width} by ${mode.height} pixels, whose text cannot be read out. The serial console beside it has the guest's text.`;
}
