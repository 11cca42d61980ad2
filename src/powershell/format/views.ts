import { readMember } from "../values/members.ts";
import { type Column, isKind, type Layout, type Value } from "../values/value.ts";

/** A column of a view: a property, or what is made of the object. */
export type ViewColumn =
  | string
  | { readonly title: string; readonly of: (value: Value) => Value; readonly align?: "left" | "right" };

/** How objects of a type are shown when nobody says how. */
export type View =
  | { readonly kind: "table"; readonly columns: readonly ViewColumn[] }
  | { readonly kind: "list"; readonly columns: readonly ViewColumn[] }
  | { readonly kind: "text"; readonly text: (value: Value) => string };

/** Views by the full names of types. */
export type ViewTable = { readonly [typeName: string]: View };

/** A column that shows a property. */
export function propertyColumn(name: string): Column {
  return {
    title: name,
    align: null,
    width: null,
    form: null,
    value: async (of) => readMember(of, name) ?? null,
  };
}

/** The column of a view. Views stand left, as those of Windows do. */
export function viewColumn(column: ViewColumn): Column {
  if (typeof column === "string") return { ...propertyColumn(column), align: "left" };
  const { title, of, align = "left" } = column;
  return { title, align, width: null, form: null, value: async (value) => of(value) };
}

/** The view of a value's type; `null`: it has none. */
export function viewOf(views: ViewTable, value: Value): View | null {
  if (!isKind(value, "object")) return null;
  for (const name of value.typeNames) if (Object.hasOwn(views, name)) return views[name] ?? null;
  return null;
}

/** Properties that fit side by side; objects with more are shown as lists. */
const mostAcross = 4;

const spanParts = [
  ...["Days", "Hours", "Minutes", "Seconds", "Milliseconds", "Ticks"],
  ...["TotalDays", "TotalHours", "TotalMinutes", "TotalSeconds", "TotalMilliseconds"],
];

/** How a value is shown when nobody says how; `null`: as a line of text. */
export function usualLayout(views: ViewTable, value: Value): Layout | null {
  const view = viewOf(views, value);
  if (view?.kind === "text") return null;
  if (view !== null) return layoutOf(view);
  if (isKind(value, "span")) return { kind: "list", columns: spanParts.map(propertyColumn), groupBy: null };
  if (!isKind(value, "object")) return null;
  if (value.properties.size === 0) return null;
  const columns = ownColumns(value);
  return value.properties.size <= mostAcross
    ? { kind: "table", columns, autoSize: true, hideHeaders: false, wrap: false, groupBy: null }
    : { kind: "list", columns, groupBy: null };
}

function layoutOf(view: Exclude<View, { kind: "text" }>): Layout {
  const columns = view.columns.map(viewColumn);
  return view.kind === "table"
    ? { kind: "table", columns, autoSize: true, hideHeaders: false, wrap: false, groupBy: null }
    : { kind: "list", columns, groupBy: null };
}

/** A column for each property that an object has. */
export function ownColumns(value: Value): readonly Column[] {
  if (isKind(value, "object")) return [...value.properties.values()].map(({ name }) => propertyColumn(name));
  return [propertyColumn("Length")];
}

/** The columns that a table or list of values like this has when nobody names them. */
export function usualColumns(views: ViewTable, value: Value, kind: "table" | "list"): readonly Column[] {
  const view = viewOf(views, value);
  if (view !== null && view.kind === kind) return view.columns.map(viewColumn);
  return ownColumns(value);
}
