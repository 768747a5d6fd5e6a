import type {Check} from "../model/wire";

export interface Lacking {
  /** The line of code that would log it. */
  how: string;
  what: string;
  /** Checks that it would let us answer. */
  codes: string[];
}

/** What was not logged, one entry a line of code, the one that tells most first. */
export function lackingData(checks: Record<string, Check>): Lacking[] {
  const byLine = new Map<string, {what: Set<string>; codes: Set<string>}>();
  for (const [code, check] of Object.entries(checks)) {
    if (check.status !== "cannot_tell") continue;
    for (const {what, how_to_log} of check.needs) {
      const entry = byLine.get(how_to_log) ?? {what: new Set(), codes: new Set()};
      byLine.set(how_to_log, entry);
      entry.what.add(what);
      entry.codes.add(code);
    }
  }
  return [...byLine]
    .map(([how, {what, codes}]) => ({how, what: [...what].join(", "), codes: [...codes]}))
    .sort((a, b) => b.codes.length - a.codes.length);
}
