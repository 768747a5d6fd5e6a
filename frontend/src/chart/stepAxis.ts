/** Where steps stand: evenly, or by their logarithm where the first ones lie much closer. Pure. */

export interface StepAxis {
  /** Whether steps far from the first stand closer together. */
  log: boolean;
  /** A step's place, in units of its own. */
  place: (step: number) => number;
  /** The step at such a place. */
  stepAt: (place: number) => number;
  /** Steps that get a label: the first, the last, and round ones that leave them room. */
  ticks: number[];
  /** Of each pair of neighbours, by the index of the first: too far apart to draw a line between. */
  gaps: number[];
}

/** A gap is a gap where it is so many times as wide as the usual one. */
const WIDE = 8;
/** Half of the points within this share of the span: there the samples are dense. */
const DENSE = 0.1;
const FEWEST = 8; // points

export function stepAxis(steps: readonly number[]): StepAxis {
  const [first, last] = [steps[0] ?? 0, steps[steps.length - 1] ?? 0];
  const span = last - first;
  const dense = (steps[Math.floor((steps.length - 1) / 2)] ?? first) - first;
  const log = steps.length >= FEWEST && dense > 0 && dense < DENSE * span;
  const place = log
    ? (step: number): number => Math.asinh((step - first) / dense)
    : (step: number): number => step;
  const stepAt = log
    ? (at: number): number => first + dense * Math.sinh(at)
    : (at: number): number => at;
  const ticks = log ? logTicks(first, last, place) : stepTicks(first, last);
  return {log, place, stepAt, ticks, gaps: gapsOf(steps)};
}

/** The labels of a part of the axis, between two places. */
export function ticksBetween(axis: StepAxis, from: number, to: number): number[] {
  const [first, last] = [Math.ceil(axis.stepAt(from) - 1e-6), Math.floor(axis.stepAt(to) + 1e-6)];
  if (last <= first) return [first];
  const all = [axis.ticks[0] ?? first, axis.ticks[axis.ticks.length - 1] ?? last];
  if (first <= (all[0] ?? first) && last >= (all[1] ?? last)) return axis.ticks;
  return axis.log ? [first, last] : stepTicks(first, last);
}

/** Where the log says nothing for long: a line there would make up a trend. */
function gapsOf(steps: readonly number[]): number[] {
  if (steps.length < FEWEST) return [];
  const widths = steps.slice(1).map((step, n) => step - (steps[n] ?? step));
  const usual = [...widths].sort((a, b) => a - b)[Math.floor(widths.length / 2)] ?? 0;
  return widths.flatMap((width, n) => (width > WIDE * usual ? [n] : []));
}

/** The first and the last step, and round ones between that leave their labels room. */
export function stepTicks(first: number, last: number): number[] {
  const span = last - first;
  if (!(span > 0)) return [first];
  const every = Math.max(1, Math.ceil(niceStep(span / 5)));
  const ticks = [first];
  for (let tick = (Math.floor(first / every) + 1) * every; tick < last; tick += every) {
    if (tick - first > 0.1 * span && last - tick > 0.16 * span) ticks.push(tick);
  }
  return [...ticks, last];
}

/** Powers of ten, counted from the first step, that leave their labels room. */
function logTicks(first: number, last: number, place: (step: number) => number): number[] {
  const [from, to] = [place(first), place(last)];
  const ticks = [first];
  for (let far = 1; first + far < last; far *= 10) {
    const at = place(first + far);
    const before = place(ticks[ticks.length - 1] ?? first);
    if (at - before > 0.1 * (to - from) && to - at > 0.3 * (to - from)) ticks.push(first + far);
  }
  return [...ticks, last];
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `least`. */
export function niceStep(least: number): number {
  const size = Number(`1e${Math.floor(Math.log10(least))}`);
  return (([1, 2, 2.5, 5].find((n) => n * size >= least * (1 - 1e-9)) ?? 10) as number) * size;
}
