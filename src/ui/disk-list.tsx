import { type DiskRow, railLimit, rowTarget } from "./disk-tree.ts";
import { formatWord, storedBytes } from "./disk-words.ts";
import { formatBytes, formatShare } from "./format.ts";
import { DiskIcon } from "./icons.tsx";
import { useRowKeys } from "./row-keys.ts";

// Deeper layers stand no further right: a chain of hundreds must stay on the page.
const deepestIndent = railLimit;

/** The lines from a disk up to the one it builds on, and those of others that pass by. */
function Lines(props: { readonly row: DiskRow }) {
  const { depth, rails } = props.row;
  if (depth === 0 || depth > deepestIndent) return null;
  return (
    <>
      {rails.map((level) => (
        <span key={level} class="disk-rail" style={{ "--level": level }} aria-hidden="true" />
      ))}
      <span class="disk-elbow" style={{ "--level": depth }} aria-hidden="true" />
    </>
  );
}

function NameCell(props: { readonly row: DiskRow }) {
  const { file, depth, orphan } = props.row;
  const indent = Math.min(depth, deepestIndent);
  return (
    <th scope="row" class="disk-name" title={file.name}>
      <Lines row={props.row} />
      <div class="disk-label" style={{ "--depth": indent }}>
        <DiskIcon format={orphan ? "unusable" : file.format} />
        <span class="disk-words">
          <span class="disk-title">{file.name}</span>
          <small class="disk-type">{formatWord(file.format)}</small>
          {depth > deepestIndent ? <small>Layer {depth + 1} from the base</small> : null}
          {depth > 0 && file.parent !== null ? <small class="unseen">builds on {file.parent}</small> : null}
          {orphan ? <small class="disk-trouble">Parent {file.parent} is missing</small> : null}
          {file.trouble === null || orphan ? null : <small class="disk-trouble">Needs attention</small>}
          {file.fetched !== null && file.fetched < 1 ? (
            <small>{formatShare(file.fetched)} fetched</small>
          ) : null}
        </span>
      </div>
    </th>
  );
}

/** The files of the library, each below the one it builds on. Arrow keys choose, Enter goes to its actions. */
export function DiskList(props: {
  readonly rows: readonly DiskRow[];
  readonly selected: string | null;
  readonly onSelect: (name: string) => void;
  readonly onOpen: () => void;
}) {
  const { rows } = props;
  const { body, onKeyDown } = useRowKeys({
    target: (key, here) => rowTarget(rows, here, key),
    choose(place) {
      const row = rows[place];
      if (row !== undefined) props.onSelect(row.file.name);
    },
    open: props.onOpen,
  });

  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows are chosen with the keyboard and lie below their parents, which is what a tree grid is
    <table class="machines disks" role="treegrid" aria-label="Virtual hard disks">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          <th scope="col" class="number">
            <abbr title="Current file size">Size</abbr>
          </th>
          <th scope="col" class="number">
            <abbr title="Maximum disk size">Maximum</abbr>
          </th>
          <th scope="col">Used by</th>
        </tr>
      </thead>
      <tbody ref={body}>
        {rows.map((row, place) => (
          <tr
            key={row.file.name}
            tabIndex={row.file.name === props.selected ? 0 : -1}
            aria-selected={row.file.name === props.selected}
            aria-level={row.depth + 1}
            data-disk-row={row.file.name}
            onClick={() => props.onSelect(row.file.name)}
            onDblClick={props.onOpen}
            onKeyDown={(event) => onKeyDown(event, place)}
          >
            <NameCell row={row} />
            <td class={row.file.format === "unusable" ? "disk-trouble" : ""}>
              {formatWord(row.file.format)}
            </td>
            <td class="number">{formatBytes(storedBytes(row.file))}</td>
            <td class="number">{formatBytes(row.file.format === "unusable" ? null : row.file.byteLength)}</td>
            <td class="disk-users">{row.file.usedBy.map((user) => user.name).join(", ")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
