/** One direction of a TCP connection, as addresses and ports. */
export interface TcpWay {
  readonly from: string;
  readonly to: string;
}

/** The numbers of a segment, counted from the start of its conversation. */
export interface RelativeNumbers {
  readonly sequence: number;
  /** Meaningless without the ACK flag. */
  readonly acknowledged: number;
}

/** What a segment says that its place in the conversation follows from. */
export interface SegmentNumbers {
  readonly sequence: number;
  readonly acknowledged: number;
  readonly syn: boolean;
  readonly ack: boolean;
}

/** Remembers where each conversation began, as far as it was seen. */
export interface TcpConversations {
  /** Places a segment. Segments come in the order in which they were captured. */
  place(way: TcpWay, numbers: SegmentNumbers): RelativeNumbers;
}

/** Directions remembered: a guest may open connections without end. The one silent for longest is forgotten. */
const wayLimit = 8192;

/**
 * Opens an empty memory of conversations. A SYN is number 0; without one, the first segment seen is number 1, as
 * if the SYN had just been missed.
 */
export function openTcpConversations(): TcpConversations {
  /** First sequence number of each direction, the latest used last. */
  const begins = new Map<string, number>();

  function remember(key: string, begin: number): number {
    begins.delete(key);
    begins.set(key, begin);
    if (begins.size > wayLimit) {
      const [oldest] = begins.keys();
      if (oldest !== undefined) begins.delete(oldest);
    }
    return begin;
  }

  return {
    place({ from, to }, { sequence, acknowledged, syn, ack }) {
      const own = `${from} ${to}`;
      const other = `${to} ${from}`;
      const begin = remember(own, syn ? sequence : (begins.get(own) ?? sequence - 1));
      const theirs = ack ? remember(other, begins.get(other) ?? acknowledged - 1) : 0;
      return { sequence: (sequence - begin) >>> 0, acknowledged: ack ? (acknowledged - theirs) >>> 0 : 0 };
    },
  };
}
