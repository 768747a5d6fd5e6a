/** What a training's page can show: each of its causes, or the verdict as a whole. Pure. */
import type {Finding, Training} from "../model/wire";

export interface Cause {
  /** Null for the verdict as a whole, where its headline is no finding's. */
  finding: Finding | null;
  headline: string;
  context: string;
}

/** The main one first. Beside a verdict that no finding heads they are mere remarks. */
export function causesOf({findings, main, headline, context}: Training): Cause[] {
  const first = findings.find(({code}) => code === main) ?? null;
  return [
    {finding: first, headline, context},
    ...findings
      .filter((finding) => finding !== first)
      .map((finding) => ({finding, headline: finding.summary, context: finding.context})),
  ];
}

/** The cause that an address names, else the main one. */
export function shownCause(causes: readonly Cause[], code: string): Cause {
  const named = causes.find(({finding}) => finding?.code === code);
  return (named ?? causes[0]) as Cause;
}

/** How many there are, in words: `2 causes`; empty where there is nothing to choose. */
export function countCauses(causes: readonly Cause[]): string {
  if (causes.length < 2) return "";
  if (causes[0]?.finding) return `${causes.length} causes`;
  return causes.length === 2 ? "1 remark" : `${causes.length - 1} remarks`;
}
