/** Several curves on one axis. Pure. */

import {toNumber} from "../model/numbers";
import type {Axis, CurveData} from "../model/wire";

export interface Overlay {
  /** What the places count: `share` where one curve counts steps and another epochs. */
  axis: Axis | "share";
  /** Of each curve: where its points lie, and how high; null where a value is not finite. */
  curves: {places: number[]; values: (number | null)[]}[];
}

export function overlay(curves: readonly CurveData[]): Overlay {
  const axes = new Set(curves.map(({axis}) => axis));
  const [axis] = axes;
  const shared = axes.size === 1 && axis !== undefined;
  return {
    axis: shared ? axis : "share",
    curves: curves.map(({steps, values}) => ({
      places: shared ? steps : steps.map((step) => shareOf(step, steps)),
      values: values.map(toNumber).map((value) => (Number.isFinite(value) ? value : null)),
    })),
  };
}

/** How far along its own curve a step lies, 0 to 1. */
function shareOf(step: number, steps: readonly number[]): number {
  const [first, last] = [steps[0] ?? 0, steps[steps.length - 1] ?? 0];
  return last > first ? (step - first) / (last - first) : 0;
}
