/** The checks of a page by what they look at. Pure. */
import type {Check, Mark, Status, Tally} from "../model/wire";

export interface Line {
  code: string;
  check: Check;
  mark: Mark;
}

export interface Family {
  /** `Inputs`; empty for checks that are of no known one. */
  title: string;
  lines: Line[];
}

/**
 * The checks that are left, by family in the order of the checks; in each family in the order of the
 * tally: what is flagged first.
 */
export function familiesOf(
  checks: Record<string, Check>,
  tally: readonly Tally[],
  only: Status | null,
  without: readonly string[],
): Family[] {
  const families = new Map<string, Line[]>();
  for (const [code, check] of Object.entries(checks)) {
    const mark = tally.find(({status}) => status === check.status)?.mark;
    const wanted = (only === null || check.status === only) && !without.includes(code);
    if (!mark || !wanted) continue;
    const lines = families.get(check.family) ?? [];
    lines.push({code, check, mark});
    families.set(check.family, lines);
  }
  const place = ({check}: Line): number => tally.findIndex(({status}) => status === check.status);
  return [...families].map(([title, lines]) => ({
    title,
    lines: lines.sort((a, b) => place(a) - place(b)),
  }));
}
