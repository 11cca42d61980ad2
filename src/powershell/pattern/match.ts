import { fail } from "../values/script-error.ts";
import type { PatternNode, PatternTree } from "./node.ts";
import { parsePattern } from "./parse-pattern.ts";

/**
 * Steps of one search. Reason: an honest pattern takes a few for each letter; this many take a tenth of a second,
 * and one that would never end is told so.
 */
const mostSteps = 2_000_000;
/** Calls inside each other. Reason: half of what the stack of a browser's thread holds. */
const deepest = 600;

/** Where a group has matched; `null`: it has not. */
export type Found = { readonly start: number; readonly end: number } | null;

/** What a pattern has found: the whole first, then its groups. */
export interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly Found[];
}

/** A regular expression that can be looked for. */
export interface Pattern {
  /** The first match at or behind a place. @throws ScriptError when looking takes too long */
  search(text: string, from: number): Match | null;
  /** Numbers of named groups. */
  readonly names: ReadonlyMap<string, number>;
}

type Next = (at: number) => boolean;
type Matcher = (at: number, next: Next) => boolean;

/** State of one search. */
interface Search {
  text: string;
  steps: number;
  depth: number;
  groups: Found[];
}

/** Reads a regular expression of .NET. @throws ScriptError when it is none */
export function openPattern(text: string, matchCase: boolean): Pattern {
  const tree = parsePattern(text, { ignoreCase: !matchCase, multiline: false, singleLine: false });
  const search: Search = { text: "", steps: 0, depth: 0, groups: [] };
  const match = compile(tree.root, tree, search);
  return {
    names: tree.names,
    search(subject, from) {
      Object.assign(search, { text: subject, steps: 0, depth: 0 });
      for (let start = from; start <= subject.length; start++) {
        search.groups = new Array<Found>(tree.groups + 1).fill(null);
        let end = -1;
        const isFound = match(start, (at) => {
          end = at;
          return true;
        });
        if (isFound) return { start, end, groups: [{ start, end }, ...search.groups.slice(1)] };
      }
      return null;
    },
  };
}

function step(search: Search): void {
  if (++search.steps > mostSteps)
    throw fail("RegexTimeout", "The regular expression takes too long on this text: make it simpler.", {
      category: "OperationTimeout",
      exception: "RegexMatchTimeoutException",
    });
}

function deeper<T>(search: Search, work: () => T): T {
  if (++search.depth > deepest)
    throw fail("RegexTooDeep", "The regular expression repeats a group too often on this text.", {
      category: "ResourceUnavailable",
    });
  const made = work();
  search.depth--;
  return made;
}

function compile(node: PatternNode, tree: PatternTree, search: Search): Matcher {
  switch (node.kind) {
    case "letter":
      return (at, next) => {
        step(search);
        return at < search.text.length && node.fits(search.text[at] ?? "") && next(at + 1);
      };
    case "place":
      return (at, next) => node.fits(search.text, at) && next(at);
    case "row":
      return rowMatcher(node.nodes.map((one) => compile(one, tree, search)));
    case "choice": {
      const all = node.nodes.map((one) => compile(one, tree, search));
      return (at, next) => all.some((one) => one(at, next));
    }
    case "group":
      return groupMatcher(node.index, compile(node.inner, tree, search), search);
    case "repeat":
      return node.inner.kind === "letter"
        ? letterRepeat(node, node.inner.fits, search)
        : groupRepeat(node, compile(node.inner, tree, search), search);
    case "look":
      return lookMatcher(node, compile(node.inner, tree, search), search);
    case "back":
      return backMatcher(node, tree, search);
  }
}

function rowMatcher(all: readonly Matcher[]): Matcher {
  const run = (place: number, at: number, next: Next): boolean => {
    const one = all[place];
    return one === undefined ? next(at) : one(at, (end) => run(place + 1, end, next));
  };
  return (at, next) => run(0, at, next);
}

function groupMatcher(index: number, inner: Matcher, search: Search): Matcher {
  return (start, next) => {
    const before = search.groups[index] ?? null;
    const found = inner(start, (end) => {
      const within = search.groups[index] ?? null;
      search.groups[index] = { start, end };
      if (next(end)) return true;
      search.groups[index] = within;
      return false;
    });
    if (!found) search.groups[index] = before;
    return found;
  };
}

interface Repeat {
  readonly least: number;
  readonly most: number;
  readonly lazy: boolean;
}

/** Letters are counted first, so that a long row of them needs no stack. */
function letterRepeat(
  { least, most, lazy }: Repeat,
  fits: (letter: string) => boolean,
  search: Search,
): Matcher {
  return (at, next) => {
    const { text } = search;
    let count = 0;
    const room = Math.min(most, text.length - at);
    const more = (): boolean => {
      step(search);
      return count < room && fits(text[at + count] ?? "");
    };
    if (lazy) {
      while (count < least) {
        if (!more()) return false;
        count++;
      }
      while (!next(at + count)) {
        if (!more()) return false;
        count++;
      }
      return true;
    }
    while (more()) count++;
    for (; count >= least; count--) {
      step(search);
      if (next(at + count)) return true;
    }
    return false;
  };
}

function groupRepeat({ least, most, lazy }: Repeat, inner: Matcher, search: Search): Matcher {
  const run = (count: number, at: number, next: Next): boolean => {
    step(search);
    return deeper(search, () => {
      const again = (): boolean =>
        count < most && inner(at, (end) => (end > at || count < least) && run(count + 1, end, next));
      if (count < least) return again();
      return lazy ? next(at) || again() : again() || next(at);
    });
  };
  return (at, next) => run(0, at, next);
}

function lookMatcher(
  { behind, not }: { readonly behind: boolean; readonly not: boolean },
  inner: Matcher,
  search: Search,
): Matcher {
  const ahead = (at: number): boolean => inner(at, () => true);
  const back = (at: number): boolean => {
    for (let start = at; start >= 0; start--) {
      step(search);
      if (inner(start, (end) => end === at)) return true;
    }
    return false;
  };
  const look = behind ? back : ahead;
  return (at, next) => look(at) !== not && next(at);
}

function backMatcher(
  { group, ignoreCase }: { readonly group: number | string; readonly ignoreCase: boolean },
  tree: PatternTree,
  search: Search,
): Matcher {
  return (at, next) => {
    step(search);
    const found = search.groups[typeof group === "number" ? group : (tree.names.get(group) ?? 0)];
    if (found === null || found === undefined) return false;
    const wanted = search.text.slice(found.start, found.end);
    const here = search.text.slice(at, at + wanted.length);
    const same = ignoreCase ? here.toLowerCase() === wanted.toLowerCase() : here === wanted;
    return same && next(at + wanted.length);
  };
}
