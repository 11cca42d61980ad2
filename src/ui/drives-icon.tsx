import type { JSX } from "preact";
import type { DriveKind } from "../hvdef/index.ts";

const shapes: { readonly [K in DriveKind]: JSX.Element } = {
  disk: (
    <>
      <ellipse cx="8" cy="4.2" rx="5.2" ry="2.2" />
      <path d="M2.8 4.2v7.6c0 1.2 2.3 2.2 5.2 2.2s5.2-1 5.2-2.2V4.2M2.8 8c0 1.2 2.3 2.2 5.2 2.2s5.2-1 5.2-2.2" />
    </>
  ),
  dvd: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <circle cx="8" cy="8" r="1.6" />
    </>
  ),
  floppy: (
    <>
      <path d="M2.6 2.6h8.6l2.2 2.2v8.6H2.6z" />
      <path d="M5.2 2.8v3.4h5V2.8M4.8 13.2V9.4h6.4v3.8" />
    </>
  ),
};

/** The sign of a kind of drive. Decoration: the row has words. */
export function DriveIcon(props: { readonly kind: DriveKind }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
      {shapes[props.kind]}
    </svg>
  );
}
