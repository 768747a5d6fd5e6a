/** Which trainings the list shows, and in what order. Pure. */
import type {Mark, NamedCause, Summary} from "../model/wire";

export interface Narrowing {
  /** Words that name, outcome, causes or codes hold, all of them. */
  find: string;
  /** What became of them, in the words of their mark, or `LIVE`; empty for all. */
  state: string;
  /** One of their causes, in its words; empty for all. */
  why: string;
  /** `NEWEST` first; empty for the worst first. */
  sort: string;
  /** Which directories are collapsed, as `collapsed.ts` writes it; empty for none. */
  collapsed: string;
}

export const LIVE = "live";
export const NEWEST = "newest";

/** Whether some trainings may be left out. */
export const isNarrow = ({find, state, why}: Narrowing): boolean =>
  find.trim() !== "" || state !== "" || why !== "";

/** The rows that are left, the worst or the newest first. */
export function narrowed(rows: readonly Summary[], narrowing: Narrowing): readonly Summary[] {
  const {find, state, why, sort} = narrowing;
  const left = found(rows, find).filter(
    (row) => isIn(row, state) && (why === "" || causesOf(row).some(({title}) => title === why)),
  );
  if (sort !== NEWEST) return left;
  return [...left].sort((a, b) => (b.last_time ?? 0) - (a.last_time ?? 0));
}

const isIn = ({mark, live}: Summary, state: string): boolean =>
  state === "" || (state === LIVE ? live : mark.words === state);

/** All causes of a training, the main one first. */
export function causesOf({cause, code, further}: Summary): readonly NamedCause[] {
  return code === null ? further : [{code, title: cause}, ...further];
}

/**
 * Rows that hold the words as they stand, or, where none does, each of them somewhere. Headlines are
 * not in the list: they count where nothing else holds the words.
 */
function found(rows: readonly Summary[], sought: string): readonly Summary[] {
  const phrase = sought.trim().toLowerCase();
  if (!phrase) return rows;
  for (const texts of [rows.map(textOf), rows.map(({headline}) => headline.toLowerCase())]) {
    for (const words of [[phrase], phrase.split(/\s+/)]) {
      const held = rows.filter((_, n) => words.every((word) => texts[n]?.includes(word)));
      if (held.length > 0) return held;
    }
  }
  return [];
}

function textOf({name, cause, code, further, mark}: Summary): string {
  const more = further.map((one) => `${one.title} ${one.code}`).join(" ");
  return `${name} ${cause} ${code ?? ""} ${more} ${mark.words}`.toLowerCase();
}

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

/** How many trainings have which cause, the most frequent first. */
export function countCauses(rows: readonly Summary[]): [cause: string, count: number][] {
  const counts = new Map<string, number>();
  for (const {title} of rows.flatMap(causesOf)) counts.set(title, (counts.get(title) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
}
