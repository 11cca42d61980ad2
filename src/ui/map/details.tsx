import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Facts } from "../fields.tsx";
import { formatByteRate, formatCount, formatRate } from "../format.ts";
import { InspectTree } from "../inspect-tree.tsx";
import { deviceName, splitBox } from "./box-figures.ts";
import { boxTree } from "./box-tree.ts";
import { machineFigures, touchedDevices } from "./figures.ts";
import { Mark } from "./mark.tsx";
import type { BoxKey, MapPicture, MapSources } from "./model.ts";
import { markWords, partWords } from "./parts.ts";

/** What a box is called in a sentence, with its machine. */
export function boxTitle(box: BoxKey, picture: MapPicture): string {
  const { part, vm } = splitBox(box);
  const { title } = partWords(part);
  const machine = picture.machines.find((one) => one.vm.id === vm);
  return machine === undefined ? title : `${title} of ${machine.vm.name}`;
}

function Accesses(props: { readonly box: BoxKey; readonly sources: MapSources }) {
  const { part, vm } = splitBox(props.box);
  const sample = [...props.sources.samples].find(([id]) => id === vm)?.[1];
  if (sample === undefined || (part !== "drivers" && part !== "process")) return null;
  const figures = machineFigures(sample.tree);
  const facts = touchedDevices(figures).map((device): readonly [string, ComponentChildren] => [
    deviceName(device),
    `${formatCount(figures.accesses[device])} accesses`,
  ]);
  return facts.length === 0 ? null : <Facts facts={facts} />;
}

function Lanes(props: { readonly box: BoxKey; readonly picture: MapPicture }) {
  const { box, picture } = props;
  const rows = picture.lines
    .filter((line) => line.from === box || line.to === box)
    .flatMap((line) =>
      line.lanes.map((lane) => {
        const outward = (line.from === box) === (lane.way === "forth");
        const other = line.from === box ? line.to : line.from;
        return { lane, words: `${outward ? "to" : "from"} ${boxTitle(other, picture)}` };
      }),
    );
  if (rows.length === 0) return <p class="arch-words">Nothing that crosses its borders is counted.</p>;
  return (
    <table class="arch-table">
      <caption class="unseen">What crosses its borders</caption>
      <thead>
        <tr>
          <th scope="col">What crosses its borders</th>
          <th scope="col" class="number">
            Now
          </th>
          <th scope="col" class="number">
            In all
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ lane, words }) => (
          <tr key={`${lane.key} ${words}`}>
            <th scope="row">
              <span class={`arch-key lane-${lane.kind}`} aria-hidden="true" />
              {lane.title} <small>{words}</small>
            </th>
            <td class="number">
              {formatRate(lane.count.rate)}
              {lane.bytes === null ? null : <small>{formatByteRate(lane.bytes.rate)}</small>}
            </td>
            <td class="number">{formatCount(lane.count.count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** One box: what it is there and here, what crosses its borders, and all of its counters. */
export function BoxDetails(props: {
  readonly box: BoxKey;
  readonly picture: MapPicture;
  readonly sources: MapSources;
  readonly onClose: () => void;
}) {
  const { box, picture, sources } = props;
  const title = useRef<HTMLHeadingElement>(null);
  // The visitor comes from the drawing: what the box says is read from its title on.
  useEffect(() => title.current?.focus(), [box]);
  const words = partWords(splitBox(box).part);
  const tree = boxTree(box, sources);
  const meaning = markWords.find(([mark]) => mark === words.mark)?.[1] ?? "";
  return (
    <section class="arch-details" aria-labelledby="arch-details-title">
      <div class="pane-title">
        <h3 id="arch-details-title" ref={title} tabIndex={-1}>
          {boxTitle(box, picture)}
        </h3>
        <button type="button" class="button button-quiet" onClick={props.onClose}>
          Close
        </button>
      </div>
      <p class={`arch-chip arch-chip-${words.mark}`} title={meaning}>
        <Mark mark={words.mark} spoken={false} />
        <b>{words.mark}</b> {meaning}
      </p>
      <dl class="arch-about">
        <div>
          <dt>In Hyper-V</dt>
          <dd>{words.there}</dd>
        </div>
        <div>
          <dt>Here</dt>
          <dd>{words.here}</dd>
        </div>
      </dl>
      <Lanes box={box} picture={picture} />
      <Accesses box={box} sources={sources} />
      {Object.keys(tree).length === 0 ? (
        <p class="arch-words">It has no counters of its own.</p>
      ) : (
        <InspectTree tree={tree} name="Everything it tells of itself" />
      )}
    </section>
  );
}
