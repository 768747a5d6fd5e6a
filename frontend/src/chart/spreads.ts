/** Pure parts of the picture of histograms: their scales, and what the pointer reads. */
import {formatNumber, toNumber} from "../model/numbers";
import type {Column, HistogramData, Spread} from "../model/wire";
import {placesWithin, type Span} from "./usePointer";

/** A bin of a histogram: from where to where, and how many values lie there. */
export interface Bin {
  low: number;
  high: number;
  count: number;
}

/** The bins of a histogram; none where its values are not finite. */
export function binsOf({low, high, counts}: Column): Bin[] {
  const [from, to] = [toNumber(low), toNumber(high)];
  const edge = (n: number) => from + (to - from) * (n / counts.length);
  return counts.map((count, n) => ({low: edge(n), high: edge(n + 1), count}));
}

/** From the smallest to the largest value over all steps; wider than a single value. */
export function rangeOf({columns}: Spread): [number, number] {
  const finite = columns.flatMap((column) => (column?.counts.length ? [column] : []));
  const low = Math.min(...finite.map((column) => toNumber(column.low)));
  const high = Math.max(...finite.map((column) => toNumber(column.high)));
  if (!(low <= high)) return [0, 1];
  const room = low === high ? Math.abs(low) || 1 : 0;
  return [low - room, high + room];
}

/** The largest share of its values that any bin holds. */
export function greatestShare({spreads}: HistogramData): number {
  const shares = spreads.flatMap(({columns}) =>
    columns.flatMap((column) => (column ? column.counts.map((n) => n / column.total) : [])),
  );
  return shares.reduce((most, share) => Math.max(most, share), 0) || 1;
}

/** How strongly a bin is coloured, 0 to 1: by the root, so that the tails can be seen. */
export const strengthOfShare = (share: number, greatest: number): number =>
  Math.sqrt(Math.min(1, share / greatest));

/** What lies at a value of a histogram, in words. */
export function readAt(name: string, step: number, column: Column | null, value: number): string {
  const place = `${name}, step ${formatNumber(step)}`;
  if (!column) return `${place}: no histogram`;
  const bins = binsOf(column);
  if (!bins.length) return `${place}: values that are not finite`;
  const [only] = bins;
  if (only && bins.length === 1)
    return `${place}: all ${formatNumber(column.total)} values are ${formatNumber(only.low)}`;
  const bin = bins.find(({low, high}) => value >= low && value <= high);
  if (!bin) return `${place}: no values at ${formatNumber(value)}`;
  const count = `${formatNumber(Math.round(bin.count))} of ${formatNumber(column.total)} values`;
  return `${place}: ${count} from ${formatNumber(bin.low)} to ${formatNumber(bin.high)}`;
}

/** The histograms of a span of steps. */
export function spreadsWithin(data: HistogramData, span: Span | null): HistogramData {
  const [first, end] = placesWithin(data.steps, span);
  if (end - first === data.steps.length) return data;
  return {
    ...data,
    steps: data.steps.slice(first, end),
    spreads: data.spreads.map((spread) => ({
      ...spread,
      columns: spread.columns.slice(first, end),
    })),
  };
}
