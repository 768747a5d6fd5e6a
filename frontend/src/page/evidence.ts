/** Which of a finding's numbers have a curve to draw. Pure. */
import type {Evidence} from "../model/wire";

/** Index of the evidence whose curve is drawn first: the most telling one that has any. */
export function firstDrawable(evidence: readonly Evidence[]): number | null {
  const found = evidence.findIndex(({tag}) => tag !== null);
  return found < 0 ? null : found;
}

/** Tags of a finding's curves, most telling first. */
export function tagsOf(evidence: readonly Evidence[]): string[] {
  return [...new Set(evidence.flatMap(({tag}) => (tag === null ? [] : [tag])))];
}
