import type { JSX } from "preact";
import type { CatalogueEntry } from "../hvdef/index.ts";

/** The processor of every machine: drawn, with its pins. */
const chip = (
  <>
    <rect class="drawn-body" x="14" y="20" width="32" height="32" rx="4" />
    <path d="M22 20v-6M30 20v-6M38 20v-6M22 58v-6M30 58v-6M38 58v-6M14 28H8M14 36H8M14 44H8" />
    <text class="drawn-text" x="30" y="40" text-anchor="middle">
      x86
    </text>
  </>
);

/** The bus between guest and host, with packets on it. */
const bus = (
  <>
    <path class="drawn-bus" d="M50 29h44M94 43H50" />
    <path class="drawn-packet" d="M62 26h9v6h-9zM78 40h9v6h-9z" />
  </>
);

/** A platter in its case. */
const disk = (
  <>
    <rect class="drawn-body" x="98" y="16" width="32" height="40" rx="3" />
    <circle cx="114" cy="33" r="11" />
    <circle cx="114" cy="33" r="2.5" />
    <path d="M124 50l-8-12" />
  </>
);

const pictures: { readonly [P in CatalogueEntry["picture"]]: JSX.Element } = {
  enlightened: (
    <>
      {chip}
      {bus}
      <rect class="drawn-body" x="98" y="16" width="32" height="16" rx="2" />
      <rect class="drawn-body" x="98" y="40" width="32" height="16" rx="2" />
      <path d="M104 24h10M104 48h10M122 24h2M122 48h2" />
    </>
  ),
  disk: (
    <>
      {chip}
      {bus}
      {disk}
    </>
  ),
  legacy: (
    <>
      {chip}
      <path class="drawn-ribbon" d="M50 27h48M50 32h48M50 37h48M50 42h48" />
      <path class="drawn-body" d="M98 18h32v30h-6v6h-4v-6h-4v6h-4v-6h-14z" />
      <path d="M104 26h8v6h-8zM118 26h6M118 32h6M104 40h20" />
    </>
  ),
  own: (
    <>
      {chip}
      <path stroke-dasharray="3 4" d="M50 36h44" />
      <path class="drawn-body" d="M98 14h20l12 12v32H98z" />
      <path d="M118 14v12h12M114 34v14M107 41h14" />
    </>
  ),
};

/** A drawing of a guest and of how it reaches its devices. Decoration: the card says it in words. */
export function CataloguePicture(props: { readonly picture: CatalogueEntry["picture"] }) {
  return (
    <svg class="drawn" viewBox="0 0 138 72" aria-hidden="true" focusable="false">
      {pictures[props.picture]}
    </svg>
  );
}
