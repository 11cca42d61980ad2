import { useState } from "preact/hooks";
import type { InspectLeaf, InspectNode } from "../support/index.ts";
import { formatCount } from "./format.ts";

// The tree shows what a guest did: its size is not ours to trust.
const entryLimit = 200;
const depthLimit = 12;
const textLimit = 160;

function showLeaf(value: InspectLeaf): string {
  if (value === null) return "none";
  if (typeof value === "number") return Number.isInteger(value) ? formatCount(value) : value.toPrecision(4);
  const text = String(value);
  return text.length > textLimit ? `${text.slice(0, textLimit)}…` : text;
}

function Entry(props: {
  readonly name: string;
  readonly value: InspectLeaf | InspectNode;
  readonly depth: number;
}) {
  const { name, value, depth } = props;
  if (typeof value !== "object" || value === null) {
    return (
      <div class="leaf">
        <span>{name}</span>
        <span title={typeof value === "number" ? String(value) : undefined}>{showLeaf(value)}</span>
      </div>
    );
  }
  return <Branch name={name} node={value} depth={depth} />;
}

function Branch(props: { readonly name: string; readonly node: InspectNode; readonly depth: number }) {
  const [open, setOpen] = useState(false);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{props.name}</summary>
      {open ? <Entries node={props.node} depth={props.depth + 1} /> : null}
    </details>
  );
}

function Entries(props: { readonly node: InspectNode; readonly depth: number }) {
  const entries = Object.entries(props.node);
  if (props.depth > depthLimit) return <p class="nothing">Deeper than this view goes.</p>;
  if (entries.length === 0) return <p class="nothing">Empty.</p>;
  return (
    <div class="entries">
      {entries.slice(0, entryLimit).map(([name, value]) => (
        <Entry key={name} name={name} value={value} depth={props.depth} />
      ))}
      {entries.length > entryLimit ? (
        <p class="nothing">and {formatCount(entries.length - entryLimit)} more</p>
      ) : null}
    </div>
  );
}

/** Everything the partition tells about itself, as it comes. Closed branches cost nothing. */
export function InspectTree(props: { readonly tree: InspectNode; readonly name?: string }) {
  return (
    <div class="inspect">
      <Branch name={props.name ?? "All counters of this partition"} node={props.tree} depth={0} />
    </div>
  );
}
