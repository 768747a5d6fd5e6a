/** When to ask for the list again, in milliseconds. Pure. */

const AT_ONCE = 50; // at first, while there is nothing to show yet: within a second there may be
const OFTEN = 20; // times; then the pause grows: logs that come from far take longer
const SELDOMER = 1.25;
export const SOON = 700; // while a reading is under way
export const WATCHED = 5000; // while somebody looks
const UNWATCHED = 10_000; // at first, while nobody does
const LONGEST = 300_000;

export interface Asked {
  /** Whether a newer answer is under way. */
  pending: boolean;
  /** How many questions in a row found nothing to show yet. */
  empty: number;
  /** Whether somebody looks. */
  watched: boolean;
  /** How many questions before this one got no answer, one after the other. */
  failures: number;
  /** How many were asked since somebody last looked. */
  unseen: number;
}

/** Nobody is asked often in vain: the pause doubles with each failure, and while nobody looks. */
export function pauseAfter({pending, empty, watched, failures, unseen}: Asked): number {
  if (!watched) return Math.min(LONGEST, UNWATCHED * 2 ** unseen);
  if (failures > 0) return Math.min(6 * WATCHED, WATCHED * 2 ** (failures - 1));
  if (!pending) return WATCHED;
  return empty > 0 ? Math.min(SOON, AT_ONCE * SELDOMER ** Math.max(0, empty - OFTEN)) : SOON;
}
