/** Whether the page can be seen. */
export interface Sight {
  visible(): boolean;
  /** Calls at each change; answers how to stop. */
  onChange(handler: () => void): () => void;
}

/** The sight of a document. */
export function sightOf(page: Document): Sight {
  return {
    visible: () => page.visibilityState === "visible",
    onChange(handler) {
      page.addEventListener("visibilitychange", handler);
      return () => page.removeEventListener("visibilitychange", handler);
    },
  };
}
