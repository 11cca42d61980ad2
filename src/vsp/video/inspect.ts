import { videoVersions } from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { VideoState } from "./step.ts";

/** What happened since the machine started. */
export interface VideoCounters {
  messages: number;
  /** Messages that made no sense. */
  strange: number;
  /** Changes of the picture the guest told of. */
  changes: number;
}

/** The screen as a tree. */
export function inspectVideo(
  state: VideoState,
  counters: Readonly<VideoCounters> & { readonly watched: boolean },
): InspectNode {
  if (state.kind !== "agreed") return { state: state.kind, ...counters };
  const { version, memory, picture } = state;
  return {
    state: state.kind,
    version: version === videoVersions.v35 ? "3.5" : "3.2",
    memory,
    picture: picture === null ? "none" : `${picture.width}x${picture.height}, ${picture.pitch} bytes a line`,
    ...counters,
  };
}
