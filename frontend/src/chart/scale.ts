/** Pure geometry of a chart: whether to draw logarithms, how far, which lines. No canvas in here. */
import {niceStep} from "./stepAxis";

export interface Scale {
  log: boolean;
  low: number;
  high: number;
  /** Values that get a line and a label. */
  ticks: number[];
  /** On a log scale the lowest line stands for zero where zeros are drawn on it. */
  zeroAtFloor: boolean;
}

/** Values that span more than this many times are drawn on a log scale. */
const WIDE = 50;
const MAX_DECADES = 6;
/** A threshold farther off than this many spans of the data would flatten the curve. */
const FAR = 20;
const LEAST_SPAN = 0.2;

/** The scale for these values (finite ones count) that also shows the threshold where it can. */
export function scaleFor(values: readonly number[], threshold: number): Scale {
  const finite = values.filter(Number.isFinite);
  const positive = finite.filter((value) => value > 0);
  const smallest = min(positive);
  const largest = max(positive);
  const log = positive.length > 1 && min(finite) >= 0 && largest / smallest > WIDE;
  return log
    ? logScale(smallest, largest, threshold, positive.length < finite.length)
    : linearScale(finite, threshold);
}

/** Decades from below the smallest value to above the largest; `floor` leaves one below for bars. */
export function logScale(
  smallest: number,
  largest: number,
  threshold: number,
  zeros: boolean,
  floor = false,
): Scale {
  const shown = threshold > 0 && Number.isFinite(threshold);
  let low = Math.floor(Math.log10(shown ? Math.min(smallest, threshold) : smallest) + 1e-9);
  const high = Math.ceil(Math.log10(shown ? Math.max(largest, threshold) : largest) - 1e-9);
  if (zeros || (floor && power(low) === smallest)) low -= 1;
  const every = Math.ceil((high - low) / MAX_DECADES);
  const ticks: number[] = [];
  for (let decade = low; decade <= high; decade += every) ticks.push(power(decade));
  const top = Math.max(high, low + 1);
  return {log: true, low: power(low), high: power(top), ticks, zeroAtFloor: zeros};
}

/** Round steps from below the smallest value to above the largest. */
export function linearScale(finite: readonly number[], threshold: number): Scale {
  let low = finite.length ? min(finite) : 0;
  let high = finite.length ? max(finite) : 1;
  const span = high - low || Math.abs(high) || 1;
  const near = threshold >= low - FAR * span && threshold <= high + FAR * span;
  if (Number.isFinite(threshold) && near) {
    low = Math.min(low, threshold);
    high = Math.max(high, threshold);
  }
  if (low > 0 && low < 0.5 * high) low = 0;
  if (high === low) [low, high] = aroundConstant(high);
  else [low, high] = noMagnifier(low, high);
  const step = niceStep((high - low) / 4);
  low = Math.floor(low / step + 1e-9) * step;
  high = Math.ceil(high / step - 1e-9) * step;
  const ticks: number[] = [];
  for (let n = 0; low + n * step <= high + step / 2; n++) ticks.push(rounded(low + n * step, step));
  return {log: false, low, high, ticks, zeroAtFloor: false};
}

/** A curve that hardly moves shall look like one: a fifth of its level is the least that is shown. */
function noMagnifier(low: number, high: number): [low: number, high: number] {
  const least = LEAST_SPAN * Math.max(Math.abs(low), Math.abs(high));
  if (high - low >= least) return [low, high];
  const middle = (low + high) / 2;
  const isShare = low >= 0 && high <= 1 && middle + least / 2 > 1;
  return isShare ? [1 - least, 1] : [middle - least / 2, middle + least / 2];
}

/** Where nothing moves: shares stand between 0 and 1, other values over their zero line. */
function aroundConstant(value: number): [low: number, high: number] {
  if (value === 0 || (value >= 0.5 && value <= 1)) return [0, 1];
  return value > 0 ? [0, 2 * value] : [1.5 * value, 0.5 * value];
}

function rounded(value: number, step: number): number {
  const digits = Math.min(15, Math.max(0, 2 - Math.floor(Math.log10(step))));
  return Number(value.toFixed(digits));
}

const power = (exponent: number): number => Number(`1e${exponent}`);
const min = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Infinity);
const max = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), -Infinity);
