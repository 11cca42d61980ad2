import { formatValue } from "../values/format-operator.ts";
import { entriesOf } from "../values/members.ts";
import { toText } from "../values/text.ts";
import { type Column, isKind, type Layout, type Value } from "../values/value.ts";
import { cellText, sideOf, wrapCell } from "./cells.ts";
import { type DrawnColumn, headerLines, layColumns, rowLines } from "./table-lines.ts";
import { usualColumns, usualLayout, type ViewTable, viewOf } from "./views.ts";

/** Rows that a table waits for before it gives its columns their widths. */
const rowsBefore = 300;

/** Turns values into lines. */
export interface Renderer {
  /** Shows a value, now or when the ones it stands with have come. */
  show(value: Value): Promise<void>;
  /** Writes what has waited; a table may still go on. */
  flush(): void;
  /** Ends what is being shown. */
  end(): void;
}

/** What a renderer is opened with. */
export interface RendererParts {
  readonly views: ViewTable;
  readonly width: number;
  /** Takes whole lines, each with its `\n`. */
  write(text: string): void;
}

/** A row of a table that waits. */
interface Row {
  readonly cells: readonly string[];
  readonly sides: readonly ("left" | "right")[];
}

/** What is being shown now. */
interface Group {
  readonly key: object | string;
  readonly layout: Layout;
  readonly columns: readonly Column[];
  readonly rows: Row[];
  /** `null` until the titles are written. */
  drawn: readonly DrawnColumn[] | null;
  /** The value that GroupBy has; `undefined`: there is none yet. */
  by: string | undefined;
}

/** Opens a renderer that has shown nothing. */
export function openRenderer({ views, width, write }: RendererParts): Renderer {
  let group: Group | null = null;
  const line = (text: string): void => write(`${text}\n`);

  function drawTable(of: Group): void {
    if (of.layout.kind !== "table" || of.rows.length === 0) return;
    if (of.drawn === null) {
      of.drawn = layColumns(wantedOf(of), { width, autoSize: of.layout.autoSize });
      line("");
      if (of.by !== undefined) groupTitle(of);
      if (!of.layout.hideHeaders) headerLines(of.drawn).forEach(line);
    }
    for (const { cells } of of.rows.splice(0)) rowLines(of.drawn, cells, of.layout.wrap).forEach(line);
  }
  function groupTitle({ layout, by }: Group): void {
    const title = "groupBy" in layout ? (layout.groupBy?.title ?? "") : "";
    line(`   ${title}: ${by ?? ""}`);
    line("");
  }
  function drawWide(of: Group): void {
    if (of.layout.kind !== "wide" || of.rows.length === 0) return;
    const texts = of.rows.splice(0).map(({ cells }) => cells[0] ?? "");
    const across = of.layout.columns ?? 2;
    const size = Math.max(4, Math.floor((width - across + 1) / across));
    const columns = Array.from({ length: across }, () => ({ title: "", side: "left", width: size }) as const);
    line("");
    for (let at = 0; at < texts.length; at += across)
      rowLines(columns, texts.slice(at, at + across), false).forEach(line);
  }
  function flush(): void {
    if (group === null) return;
    drawTable(group);
    drawWide(group);
  }
  function end(): void {
    flush();
    const was = group;
    group = null;
    if (was !== null) line("");
  }
  function drawList({ columns }: Group, values: readonly Value[]): void {
    const longest = Math.max(0, ...columns.map(({ title }) => title.length));
    line("");
    for (const [place, { title, form }] of columns.entries()) {
      const text = cellText(values[place] ?? null, form);
      const [first = "", ...rest] = wrapCell(text, Math.max(8, width - longest - 3));
      line(`${title.padEnd(longest)} : ${first}`.trimEnd());
      for (const more of rest) line(`${" ".repeat(longest + 3)}${more}`.trimEnd());
    }
  }
  async function add(key: Group["key"], layout: Layout, value: Value): Promise<void> {
    if (group === null || group.key !== key) {
      end();
      group = { key, layout, columns: columnsOf(views, layout, value), rows: [], drawn: null, by: undefined };
    }
    const now = group;
    const by = "groupBy" in layout && layout.groupBy !== null ? layout.groupBy : null;
    if (by !== null) {
      const text = cellText(await by.value(value), null);
      if (now.by !== undefined && now.by !== text) {
        end();
        group = { ...now, rows: [], drawn: null, by: text };
        return place(group, layout, value);
      }
      if (now.by === undefined && layout.kind === "list") groupTitle({ ...now, by: text });
      now.by = text;
    }
    return place(now, layout, value);
  }
  async function place(now: Group, layout: Layout, value: Value): Promise<void> {
    const values: Value[] = [];
    for (const column of now.columns) values.push(await column.value(value));
    if (layout.kind === "list") {
      drawList(now, values);
      return;
    }
    now.rows.push({
      cells: values.map((one, at) => cellText(one, now.columns[at]?.form ?? null)),
      sides: values.map(sideOf),
    });
    const waits = layout.kind === "wide" || (layout.autoSize && now.drawn === null);
    if (!waits || now.rows.length >= rowsBefore) flush();
  }
  async function show(value: Value): Promise<void> {
    if (value === null) return;
    if (isKind(value, "object") && value.origin.kind === "formatted")
      return add(value.origin.layout, value.origin.layout, value.origin.value);
    if (isKind(value, "list")) {
      for (const item of value.items) await show(item);
      return;
    }
    if (isKind(value, "table")) {
      for (const entry of entriesOf(value)) await add("entries", entryLayout, entry);
      return;
    }
    const layout = usualLayout(views, value);
    const view = viewOf(views, value);
    if (layout !== null) return add(view ?? keyOf(value), layout, value);
    end();
    // A moment that stands alone is written out, with room around it.
    const alone = isKind(value, "date") ? `\n${formatValue(value, "F")}\n` : cellText(value, null);
    const text = view?.kind === "text" ? view.text(value) : alone;
    for (const one of text.split("\n")) line(one);
  }
  return { show, flush, end };
}

const entryLayout: Layout = {
  kind: "table",
  columns: null,
  autoSize: true,
  hideHeaders: false,
  wrap: false,
  groupBy: null,
};

/** Values of the same type stand together. */
function keyOf(value: Value): string {
  if (!isKind(value, "object")) return toText(value);
  const names = [...value.properties.keys()].join("|");
  const [name = names] = value.typeNames;
  return /^Selected\.|PSCustomObject$/.test(name) ? `${name} ${names}` : name;
}

function columnsOf(views: ViewTable, layout: Layout, value: Value): readonly Column[] {
  if (layout.kind === "wide") return layout.column === null ? [firstColumn(views, value)] : [layout.column];
  if (layout.columns !== null) return layout.columns;
  const found = usualColumns(views, value, layout.kind);
  const isEntry = isKind(value, "object") && value.typeNames[0]?.endsWith("DictionaryEntry") === true;
  return isEntry ? found.filter(({ title }) => title !== "Key") : found;
}

function firstColumn(views: ViewTable, value: Value): Column {
  const all = usualColumns(views, value, "table");
  const named = all.find(({ title }) => title === "Name") ?? all[0];
  return named ?? { title: "", align: null, width: null, form: null, value: async (of) => of };
}

function wantedOf({ columns, rows }: Group) {
  return columns.map(({ title, align, width }, at) => ({
    title,
    side: align ?? rows[0]?.sides[at] ?? "left",
    width,
    longest: rows.reduce((most, { cells }) => Math.max(most, cells[at]?.split("\n")[0]?.length ?? 0), 0),
  }));
}
