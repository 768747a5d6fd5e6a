import {formatNumber, formatValue, toNumber} from "../model/numbers";
import type {Evidence} from "../model/wire";

/** What a chart points at. Pure: data in, places and words out. */
export interface Marks {
  /** First and last step of each stretch that is shaded. */
  bands: readonly (readonly [first: number, last: number])[];
  /** All of the curve is flagged: a bracket on the axis says so, for a ground of one colour would not. */
  bracket: boolean;
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

/** Marks of a curve. Which of its stretches are wrong comes with the evidence. */
export function marksFor(
  evidence: Evidence,
  steps: readonly number[],
  values: readonly number[],
): Marks {
  const axis = evidence.axis === "epoch" ? "epoch" : "step";
  const bands = evidence.stretches.map(([first, last]) => [first ?? NaN, last ?? NaN] as const);
  const broken = firstIndex(values, (value) => !Number.isFinite(value));
  const point = evidence.wrong ? decisive(evidence, bands, steps, values) : lastFinite(values);
  const threshold = evidence.threshold === null ? NaN : toNumber(evidence.threshold);
  return {
    bands: evidence.throughout ? [] : bands,
    bracket: evidence.throughout,
    threshold: Number.isFinite(threshold) ? threshold : null,
    thresholdText: evidence.line_text,
    point,
    pointText: point === null ? "" : at(axis, formatValue(values[point] ?? NaN, evidence.unit)),
    broken,
    brokenText:
      broken === null
        ? ""
        : `${formatNumber(values[broken] ?? NaN)} from ${axis} ${formatNumber(steps[broken] ?? NaN)}`,
  };

  function at(unit: string, value: string): string {
    return `${value} at ${unit} ${formatNumber(steps[point ?? 0] ?? NaN)}`;
  }
}

/**
 * The point within the bands that has the evidence's value; where none has (a median, say), the one
 * that goes farthest to the side that is not healthy.
 */
function decisive(
  {value, healthy}: Evidence,
  bands: Marks["bands"],
  steps: readonly number[],
  values: readonly number[],
): number | null {
  const aim = toNumber(value);
  const lowIsWorse = healthy === ">=";
  let nearest: number | null = null;
  let farthest: number | null = null;
  for (let i = 0; i < steps.length; i++) {
    const [step, here] = [steps[i] ?? NaN, values[i] ?? NaN];
    const meant = !bands.length || bands.some(([first, last]) => step >= first && step <= last);
    if (!meant || !Number.isFinite(here)) continue;
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

function lastFinite(values: readonly number[]): number | null {
  const found = [...values].reverse().findIndex(Number.isFinite);
  return found < 0 ? null : values.length - 1 - found;
}

function firstIndex(values: readonly number[], test: (value: number) => boolean): number | null {
  const found = values.findIndex(test);
  return found < 0 ? null : found;
}
