/** Pure parts of the layer picture: its colour scale, its row names, which rows are framed. */
import type {LayerData} from "../model/wire";

export interface ColourScale {
  low: number;
  high: number;
  log: boolean;
}

/** From one pixel to another, from the columns' left edge. */
export type Stretch = [from: number, to: number];

const MAX_DECADES = 12;

/** Shares run from 0 to 1; sizes on a log scale over what is there, at least one decade. */
export function colourScale(values: readonly number[], unit: string): ColourScale {
  if (unit === "share") return {low: 0, high: 1, log: false};
  let [low, high] = [Infinity, 0];
  for (const value of values) {
    if (!Number.isFinite(value) || value <= 0) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high === 0) return {low: 1e-3, high: 1, log: true};
  const top = Math.ceil(Math.log10(high) - 1e-9);
  const floor = Math.max(Math.floor(Math.log10(low) + 1e-9), top - MAX_DECADES);
  return {low: Number(`1e${Math.min(floor, top - 1)}`), high: Number(`1e${top}`), log: true};
}

/** Where a value lies on the scale, 0 to 1; zeros lie at 0. */
export function scalePosition(value: number, {low, high, log}: ColourScale): number {
  const at = log
    ? (Math.log10(Math.max(value, low)) - Math.log10(low)) / (Math.log10(high) - Math.log10(low))
    : (value - low) / (high - low);
  return Math.min(1, Math.max(0, at));
}

/** How strongly a cell is coloured, 0 to 1: of what is flagged, the worse the stronger. */
export function strengthOf(
  value: number,
  scale: ColourScale,
  flagged: boolean,
  worse: "high" | "low",
): number {
  const at = scalePosition(value, scale);
  return flagged && worse === "low" ? 1 - at : at;
}

/** Whether a step lies in the flagged stretch, which is open where it has no end. */
export function isFlagged(step: number, first: number | null, last: number | null): boolean {
  return (first === null || step >= first) && (last === null || step <= last);
}

/** Row names without what all of them share, in front and behind. */
export function shortRows(rows: readonly string[]): string[] {
  const parts = rows.map((row) => row.split("/"));
  const shortest = Math.min(...parts.map((part) => part.length));
  const shared = (of: (part: string[], n: number) => string | undefined): number => {
    let n = 0;
    while (n < shortest - 1 && new Set(parts.map((part) => of(part, n))).size === 1) n++;
    return n;
  };
  if (rows.length < 2) return [...rows];
  const front = shared((part, n) => part[n]);
  const behind = Math.min(
    shared((part, n) => part[part.length - 1 - n]),
    shortest - 1 - front,
  );
  return parts.map((part) => part.slice(front, part.length - behind).join("/"));
}

/** Stretches of rows that are flagged, first and last row of each. */
export function framedRows(data: LayerData, flagged: readonly string[]): [number, number][] {
  const wanted = new Set(flagged);
  const frames: [number, number][] = [];
  data.rows.forEach((row, n) => {
    const layer = data.layers[n];
    if (!wanted.has(row) && !(layer && wanted.has(layer))) return;
    const before = frames[frames.length - 1];
    if (before && before[1] === n - 1) before[1] = n;
    else frames.push([n, n]);
  });
  return frames;
}

/**
 * Left edge of each sample's column in pixels, and the right edge of the last one.
 *
 * `places` are those of the samples on their axis.
 */
export function columnEdges(places: readonly number[], width: number): number[] {
  const [first, last] = [places[0] ?? 0, places[places.length - 1] ?? 0];
  const gap = places.length > 1 ? (last - first) / (places.length - 1) : 1;
  const span = last + gap - first;
  return [...places.map((place) => ((place - first) / span) * width), width];
}

const LEAST_COLUMN = 3; // pixels

/**
 * Right edge of each column: where nothing was sampled for long it ends after the usual width, for
 * the ground there shall not say what nobody saw.
 */
export function columnEnds(edges: readonly number[], gaps: readonly number[]): number[] {
  const widths = edges.slice(1).map((edge, n) => edge - (edges[n] ?? edge));
  const sampled = widths.filter((_, n) => !gaps.includes(n)).sort((a, b) => a - b);
  const usual = Math.max(LEAST_COLUMN, sampled[Math.floor(sampled.length / 2)] ?? LEAST_COLUMN);
  return widths.map((wide, n) => {
    const from = edges[n] ?? 0;
    return from + (gaps.includes(n) ? Math.min(wide, usual) : wide);
  });
}

/** Stretches of pixels between columns: nothing was sampled there. */
export function unseenSpans(edges: readonly number[], ends: readonly number[]): Stretch[] {
  return ends.flatMap((end, n): Stretch[] => {
    const next = edges[n + 1] ?? end;
    return next - end > 1 ? [[end, next]] : [];
  });
}

/** Stretches of pixels of the columns that are meant: one ends where nothing was sampled. */
export function seenSpans(
  edges: readonly number[],
  ends: readonly number[],
  meant: readonly boolean[],
): Stretch[] {
  const spans: Stretch[] = [];
  let reached = Number.NaN;
  ends.forEach((end, n) => {
    if (!meant[n]) return;
    const from = edges[n] ?? 0;
    const before = spans[spans.length - 1];
    if (before && from - reached <= 1) before[1] = end;
    else spans.push([from, end]);
    reached = end;
  });
  return spans;
}

/** What the hatch stands for in a picture, for its legend; empty where there is none. */
export function hatchWords(gaps: boolean, unknown: boolean): string {
  return [gaps && "not sampled", unknown && "no number"].filter(Boolean).join(", ");
}
