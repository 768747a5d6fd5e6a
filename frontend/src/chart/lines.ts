/** One or more curves on one scale, as a chart needs them. Pure. */
import {toNumber} from "../model/numbers";
import type {CurveData, Evidence} from "../model/wire";
import {type Marks, marksFor} from "./marks";
import {type Scale, scaleFor} from "./scale";
import {type StepAxis, stepAxis} from "./stepAxis";

export interface Line {
  /** What it is beside the others: `training`. */
  name: string;
  curve: CurveData;
  evidence: Evidence;
}

export interface LaidOut {
  /** The line that the marks are of comes first. */
  lines: readonly Line[];
  /** Of all lines together, ascending. */
  steps: number[];
  /** By line, aligned with `steps`: null in gaps, undefined where only another line has a point. */
  drawn: (number | null | undefined)[][];
  /** The same before zeros were put on the floor of a log scale; NaN stays. */
  values: (number | undefined)[][];
  marks: Marks;
  scale: Scale;
  axis: "step" | "epoch";
  places: StepAxis;
  wrong: boolean;
}

/** What is drawn of these lines; where one is wrong the marks are its own. */
export function layOut(given: readonly Line[]): LaidOut {
  const main = given.find(({evidence}) => evidence.wrong === true) ?? given[0];
  if (!main) throw new Error("a chart needs a line");
  const lines = [main, ...given.filter((line) => line !== main)];
  const {curve, evidence} = main;
  const own = curve.values.map(toNumber);
  const steps = merged(lines.map((line) => line.curve.steps));
  const values = lines.map(({curve: {steps: at, values: raw}}) => {
    const known = new Map(at.map((step, n) => [step, toNumber(raw[n] ?? null)]));
    return steps.map((step) => known.get(step));
  });
  const marks = placed(marksFor({...evidence, axis: curve.axis}, curve.steps, own), curve, steps);
  const all = values.flat().filter((value) => value !== undefined);
  const scale = scaleFor(all, marks.threshold ?? Number.NaN);
  const drawn = values.map((line) =>
    line.map((value) => {
      if (value === undefined) return undefined;
      if (!Number.isFinite(value)) return null;
      return scale.log && value <= 0 ? scale.low : value;
    }),
  );
  const axis = curve.axis === "epoch" ? "epoch" : "step";
  const wrong = evidence.wrong === true;
  return {lines, steps, drawn, values, marks, scale, axis, places: stepAxis(steps), wrong};
}

function merged(lists: readonly (readonly number[])[]): number[] {
  if (lists.length === 1) return [...(lists[0] ?? [])];
  return [...new Set(lists.flat())].sort((a, b) => a - b);
}

/** Marks whose indices are of one curve, with those of all steps. */
function placed(marks: Marks, curve: CurveData, steps: readonly number[]): Marks {
  const index = (at: number | null) => (at === null ? null : steps.indexOf(curve.steps[at] ?? NaN));
  return {...marks, point: index(marks.point), broken: index(marks.broken)};
}
