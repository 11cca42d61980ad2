import type { Ref } from "preact";
import { useRef } from "preact/hooks";

/** A list whose rows are chosen with the keyboard. */
export interface RowKeys {
  /** Goes on the body of the table. */
  readonly body: Ref<HTMLTableSectionElement>;
  /** For each row. @param here  its place */
  onKeyDown(event: KeyboardEvent, here: number): void;
}

/**
 * Keys of a list: some lead to another row, which is chosen and gets the focus; Enter opens the one at hand. With
 * Ctrl, Alt or Meta they are the browser's.
 */
export function useRowKeys(list: {
  /** Where a key leads; `null` for any other key. */
  target(key: string, here: number): number | null;
  choose(place: number): void;
  open(): void;
}): RowKeys {
  const body = useRef<HTMLTableSectionElement>(null);

  function onKeyDown(event: KeyboardEvent, here: number): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.key === "Enter" ? null : list.target(event.key, here);
    if (target === null && event.key !== "Enter") return;
    event.preventDefault();
    if (target === null) {
      list.open();
      return;
    }
    list.choose(target);
    body.current?.rows[target]?.focus();
  }
  return { body, onKeyDown };
}
