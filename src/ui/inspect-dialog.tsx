import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { DiskReport } from "../hvdef/index.ts";
import { formatWord, nameList, placeWord } from "./disk-words.ts";
import { Facts } from "./fields.tsx";
import { asSentence, formatBytes, formatCount, formatMoment, formatShare, reasonSentence } from "./format.ts";
import type { DiskHost } from "./host.ts";
import { Modal } from "./modal.tsx";

type Fact = readonly [name: string, value: ComponentChildren];

type Inspection =
  | { readonly kind: "asking" }
  | { readonly kind: "report"; readonly report: DiskReport }
  | { readonly kind: "refused"; readonly reason: string };

// A chain can be very long; past this many only the number is told.
const chainShown = 12;

function exactBytes(bytes: number): string {
  return bytes < 1024 ? formatBytes(bytes) : `${formatBytes(bytes)} (${bytes.toLocaleString("en-US")} bytes)`;
}

function fileFacts(report: DiskReport): readonly Fact[] {
  return [
    ["Type", formatWord(report.format)],
    ["File name", report.name],
    ["Location", placeWord(report.format)],
    [
      "Current file size",
      report.format === "device" ? "Nothing of it is copied here" : exactBytes(report.fileBytes),
    ],
    ["Maximum disk size", report.format === "unusable" ? "Unknown" : exactBytes(report.byteLength)],
    ["Parent", report.parent ?? "None"],
    ["Used by", report.usedBy.length === 0 ? "No machine" : nameList(report.usedBy.map((user) => user.name))],
    ...(report.fetched === null
      ? []
      : [["Fetched so far", formatShare(Math.min(1, report.fetched))] as const]),
  ];
}

function vhdFacts(vhd: NonNullable<DiskReport["vhd"]>): readonly Fact[] {
  const { cylinders, heads, sectors } = vhd.geometry;
  const blocks: readonly Fact[] =
    vhd.blockBytes === null
      ? []
      : [
          ["Block size", formatBytes(vhd.blockBytes)],
          ["Blocks allocated", `${formatCount(vhd.allocatedBlocks)} of ${formatCount(vhd.blocks)}`],
          [
            "Fragmentation",
            vhd.fragmentation === null ? "Not known while it is open" : formatShare(vhd.fragmentation),
          ],
        ];
  return [
    ["Unique id", <span class="mono">{vhd.uniqueId}</span>],
    ["Created", formatMoment(vhd.created)],
    ["Created by", vhd.creator === "" ? "Not said" : vhd.creator],
    ["Geometry", `${cylinders} cylinders, ${heads} heads, ${sectors} sectors a track`],
    ...blocks,
    ["Footer", vhd.repaired ? "Damaged; its copy was used" : "In order"],
  ];
}

function Chain(props: { readonly chain: readonly string[] }) {
  const rest = props.chain.length - chainShown;
  return (
    <ol class="inspect-chain">
      {props.chain.slice(0, chainShown).map((name) => (
        <li key={name}>{name}</li>
      ))}
      {rest > 0 ? <li>and {rest} more below</li> : null}
    </ol>
  );
}

function Report(props: { readonly report: DiskReport }) {
  const { report } = props;
  return (
    <>
      {report.trouble === null ? null : <p class="dialog-refusal">{asSentence(report.trouble)}</p>}
      <Facts facts={fileFacts(report)} />
      {report.vhd === null ? null : (
        <>
          <h3 class="inspect-part">Footer and header</h3>
          <Facts facts={vhdFacts(report.vhd)} />
        </>
      )}
      {report.chain.length < 2 ? null : (
        <>
          <h3 class="inspect-part">Chain, from this file to its base</h3>
          <Chain chain={report.chain} />
        </>
      )}
    </>
  );
}

function useInspection(disks: DiskHost, name: string): Inspection {
  const [found, setFound] = useState<Inspection>({ kind: "asking" });
  useEffect(() => {
    let wanted = true;
    setFound({ kind: "asking" });
    disks.inspect(name).then(
      (report) => wanted && setFound({ kind: "report", report }),
      (error: unknown) => wanted && setFound({ kind: "refused", reason: reasonSentence(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [disks, name]);
  return found;
}

/** Inspect Disk: everything the file says of itself. Inspect Parent goes down the chain, Back up again. */
export function InspectDialog(props: {
  readonly disks: DiskHost;
  readonly name: string;
  readonly onClose: () => void;
}) {
  const id = useId();
  const close = useRef<HTMLButtonElement>(null);
  // The files gone through, the one looked at last.
  const [path, setPath] = useState<readonly string[]>([props.name]);
  const here = path.at(-1) ?? props.name;
  const found = useInspection(props.disks, here);
  const parent = found.kind === "report" ? found.report.parent : null;
  useEffect(() => close.current?.focus(), []);
  return (
    <Modal class="dialog inspect-disk" labelledBy={`${id}-title`} onClose={props.onClose}>
      <h2 id={`${id}-title`} class="dialog-title">
        Virtual Hard Disk Properties
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and arrow keys must reach it */}
      <section class="inspect-body" tabIndex={0} aria-label={here} aria-live="polite">
        {found.kind === "asking" ? <p class="field-hint">Reading {here}…</p> : null}
        {found.kind === "refused" ? <p class="dialog-refusal">{found.reason}</p> : null}
        {found.kind === "report" ? <Report report={found.report} /> : null}
      </section>
      <div class="dialog-buttons">
        <button
          type="button"
          class="button"
          aria-disabled={path.length < 2}
          onClick={() => path.length > 1 && setPath(path.slice(0, -1))}
        >
          Back
        </button>
        <button
          type="button"
          class="button"
          aria-disabled={parent === null}
          title={parent === null ? "Only a differencing disk has a parent." : parent}
          onClick={() => parent !== null && setPath([...path, parent])}
        >
          Inspect Parent
        </button>
        <button ref={close} type="button" class="button button-primary" onClick={props.onClose}>
          Close
        </button>
      </div>
    </Modal>
  );
}
