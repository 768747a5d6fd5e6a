import type {Outcome, Tier, Training} from "./wire";
import {isFlawed} from "./words";

const BY_OUTCOME: Record<Outcome, number> = {
  broken: 0,
  not_learning: 1,
  finished_early: 3,
  cannot_tell: 4,
  learning: 6,
};
const BY_TIER: Record<Tier, number> = {definite: 0, strong: 1, smell: 2};

function severity(training: Training): number {
  if (isFlawed(training)) return 2;
  if (training.outcome === "learning" && training.findings.length) return 5;
  return BY_OUTCOME[training.outcome];
}

function certainty(training: Training): number {
  const first = training.findings[0];
  return first ? BY_TIER[first.tier] : 3;
}

/** Worst first; within that the surest cause first, then by name, numbers in names as numbers. */
export function worstFirst(trainings: readonly Training[]): Training[] {
  return [...trainings].sort(
    (a, b) =>
      severity(a) - severity(b) ||
      certainty(a) - certainty(b) ||
      a.run.localeCompare(b.run, undefined, {numeric: true}),
  );
}

/** Whether somebody should look at it: something was found, or it stopped while improving. */
export function needsALook(training: Training): boolean {
  return severity(training) <= 3;
}
