import {formatNumber, formatValue, toNumber} from "../model/numbers";
import type {Evidence} from "../model/wire";

/** What a chart points at. Pure: data in, places and words out. */
export interface Marks {
  /** The flagged stretch on the axis; null where there is none. */
  band: [first: number, last: number] | null;
  threshold: number | null;
  thresholdText: string;
  /** The point that decides, an index into the data; null where none does. */
  point: number | null;
  pointText: string;
  /** Index of the first NaN or infinity; null where all is finite. */
  broken: number | null;
  brokenText: string;
}

/** A value counts as the one of the evidence when it is this near to it. */
const SAME = 0.02;

export function marksFor(
  evidence: Evidence,
  steps: readonly number[],
  values: readonly number[],
  neutral: boolean,
): Marks {
  const axis = evidence.axis === "epoch" ? "epoch" : "step";
  const band = neutral ? null : bandOf(evidence);
  const broken = firstIndex(values, (value) => !Number.isFinite(value));
  const point = neutral
    ? steps.length
      ? steps.length - 1
      : null
    : decisive(evidence, band, steps, values);
  const threshold = evidence.threshold === null ? NaN : toNumber(evidence.threshold);
  return {
    band,
    threshold: Number.isFinite(threshold) ? threshold : null,
    thresholdText: thresholdText(evidence, neutral),
    point: point === broken ? null : point,
    pointText:
      point === null
        ? ""
        : `${formatValue(values[point] ?? NaN, evidence.unit)} at ${axis} ${formatNumber(steps[point] ?? NaN)}`,
    broken,
    brokenText:
      broken === null
        ? ""
        : `${formatNumber(values[broken] ?? NaN)} from ${axis} ${formatNumber(steps[broken] ?? NaN)}`,
  };
}

function bandOf({first_step, last_step}: Evidence): [number, number] | null {
  const first = first_step ?? last_step;
  return first === null ? null : [first, last_step ?? first];
}

function thresholdText(evidence: Evidence, neutral: boolean): string {
  if (evidence.threshold === null) return "";
  if (neutral) return evidence.text;
  return `limit: ${evidence.limit_text}`;
}

/**
 * The point within the band that has the evidence's value; where none has (a median, say), the one
 * that goes farthest to the side that is not healthy.
 */
function decisive(
  {value, healthy}: Evidence,
  band: [number, number] | null,
  steps: readonly number[],
  values: readonly number[],
): number | null {
  const aim = toNumber(value);
  const lowIsWorse = healthy === ">=";
  let nearest: number | null = null;
  let farthest: number | null = null;
  for (let i = 0; i < steps.length; i++) {
    const [step, here] = [steps[i] ?? NaN, values[i] ?? NaN];
    if ((band && (step < band[0] || step > band[1])) || !Number.isFinite(here)) continue;
    const gap = Math.abs(here - aim);
    if (nearest === null || gap < Math.abs((values[nearest] ?? NaN) - aim)) nearest = i;
    const best = farthest === null ? null : (values[farthest] ?? NaN);
    if (best === null || (lowIsWorse ? here < best : here > best)) farthest = i;
  }
  if (!Number.isFinite(aim) || nearest === null) return null;
  const found = values[nearest] ?? NaN;
  const isIt = Math.abs(found - aim) <= SAME * Math.max(Math.abs(found), Math.abs(aim));
  return isIt ? nearest : healthy === null ? null : farthest;
}

function firstIndex(values: readonly number[], test: (value: number) => boolean): number | null {
  const found = values.findIndex(test);
  return found < 0 ? null : found;
}
