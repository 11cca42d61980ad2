import { useState } from "preact/hooks";
import type { StorageSpace } from "../hvdef/index.ts";
import { formatBytes, formatShare, reasonSentence } from "./format.ts";
import type { DiskHost } from "./host.ts";
import { spaceLevel, usedShare } from "./space-level.ts";

type SpaceDisks = Pick<DiskHost, "space" | "persist">;

const warnings = {
  plenty: null,
  unknown: null,
  short: "Storage is running short. Disks that grow will need more: compact or remove some.",
  critical:
    "Storage is almost full. A guest that writes more is paused until there is space: remove disks or free space on this device.",
} as const;

/** What became of the request to keep the data. */
type Answer =
  | { readonly kind: "none" | "asking" | "refused" }
  | { readonly kind: "failed"; readonly reason: string };

const refusedWords =
  "The browser does not promise it yet. Most agree once this page is bookmarked, installed or used more often. Until then, download the disks you cannot lose.";

function answerWords(answer: Answer): string | null {
  if (answer.kind === "refused") return refusedWords;
  return answer.kind === "failed" ? `The browser could not be asked. ${answer.reason}` : null;
}

function Bar(props: { readonly space: StorageSpace }) {
  const share = usedShare(props.space);
  const { usedBytes, quotaBytes } = props.space;
  if (share === null) {
    return (
      <p class="space-figures">
        <span>Storage</span> {formatBytes(usedBytes)} used
      </p>
    );
  }
  return (
    <>
      <p class="space-figures">
        <span>Storage</span> {formatBytes(usedBytes)} of {formatBytes(quotaBytes)}
        <span class="space-share">{share > 0 && share < 0.01 ? "under 1%" : formatShare(share)}</span>
      </p>
      <div class="space-bar" aria-hidden="true">
        <span style={{ inlineSize: `${share * 100}%` }} />
      </div>
    </>
  );
}

function Eviction(props: { readonly answer: Answer; readonly onKeep: () => void }) {
  const asking = props.answer.kind === "asking";
  return (
    <div class="space-keep">
      <p>The browser may remove this site's data when space runs low.</p>
      <button
        type="button"
        class="button button-quiet space-button"
        aria-disabled={asking}
        onClick={() => !asking && props.onKeep()}
      >
        {asking ? "Asking…" : "Keep my disks"}
      </button>
    </div>
  );
}

/** How much of the browser's storage is used, and whether the browser keeps it. Nothing until that is known. */
export function SpaceMeter(props: { readonly disks: SpaceDisks }) {
  const { disks } = props;
  const [answer, setAnswer] = useState<Answer>({ kind: "none" });
  const space = disks.space.value;
  if (space === null) return null;
  const level = spaceLevel(space);
  const keep = (): void => {
    setAnswer({ kind: "asking" });
    disks.persist().then(
      (granted) => setAnswer({ kind: granted ? "none" : "refused" }),
      (error: unknown) => setAnswer({ kind: "failed", reason: reasonSentence(error) }),
    );
  };
  return (
    <section class={`space space-${level}`} aria-label="Browser storage">
      <Bar space={space} />
      {warnings[level] === null ? null : <p class="space-warning">{warnings[level]}</p>}
      {space.persisted ? (
        <p class="space-kept">Kept until you remove it.</p>
      ) : (
        <Eviction answer={answer} onKeep={keep} />
      )}
      <p class="space-answer" role="status">
        {space.persisted ? null : answerWords(answer)}
      </p>
    </section>
  );
}
