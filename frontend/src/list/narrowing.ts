/** Which trainings the list shows, and in what order. Pure. */
import type {Mark, Summary} from "../model/wire";

export interface Narrowing {
  /** Words that name, outcome, cause or code hold, all of them. */
  find: string;
  /** What became of them, in the words of their mark, or `LIVE`; empty for all. */
  state: string;
  /** Their cause, in its words; empty for all. */
  why: string;
  /** `NEWEST` first; empty for the worst first. */
  sort: string;
}

export const LIVE = "live";
export const NEWEST = "newest";

/** The rows that are left, the worst or the newest first. */
export function narrowed(rows: readonly Summary[], narrowing: Narrowing): readonly Summary[] {
  const {find, state, why, sort} = narrowing;
  const left = found(rows, find).filter(
    (row) => isIn(row, state) && (why === "" || row.cause === why),
  );
  if (sort !== NEWEST) return left;
  return [...left].sort((a, b) => (b.last_time ?? 0) - (a.last_time ?? 0));
}

const isIn = ({mark, live}: Summary, state: string): boolean =>
  state === "" || (state === LIVE ? live : mark.words === state);

/** Rows that hold the words as they stand, or, where none does, each of them somewhere. */
function found(rows: readonly Summary[], sought: string): readonly Summary[] {
  const phrase = sought.trim().toLowerCase();
  const texts = new Map(rows.map((row) => [row, textOf(row)]));
  const holding = (words: string[]) =>
    rows.filter((row) => words.every((word) => texts.get(row)?.includes(word)));
  const whole = holding([phrase]);
  return whole.length > 0 ? whole : holding(phrase.split(/\s+/));
}

const textOf = ({name, cause, code, mark}: Summary): string =>
  `${name} ${cause} ${code ?? ""} ${mark.words}`.toLowerCase();

export interface StateCount {
  mark: Mark;
  count: number;
}

/** What became of how many, the worst first. */
export function countStates(rows: readonly Summary[]): StateCount[] {
  const counts = new Map<string, StateCount & {severity: number}>();
  for (const {mark, severity} of rows) {
    const known = counts.get(mark.words) ?? {mark, count: 0, severity};
    counts.set(mark.words, {...known, count: known.count + 1});
  }
  return [...counts.values()].sort((a, b) => b.severity - a.severity);
}

/** How often which cause was found, the most frequent first. */
export function countCauses(rows: readonly Summary[]): [cause: string, count: number][] {
  const counts = new Map<string, number>();
  for (const {cause, code} of rows) {
    if (code !== null) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
}

/** Signs at the end of a long name that are shown whatever happens to its middle. */
const TAIL = 10;
const LONG = 22;

/** A name in two parts: the first gives way where there is no room. */
export function nameParts(name: string): [head: string, tail: string] {
  const signs = [...name];
  if (signs.length <= LONG) return [name, ""];
  return [signs.slice(0, -TAIL).join(""), signs.slice(-TAIL).join("")];
}
