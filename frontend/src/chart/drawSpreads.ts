import type {Column} from "../model/wire";
import {hatch} from "./canvas";
import {readColours} from "./colours";
import {contextOf, rampOf} from "./drawHeatmap";
import {seenSpans} from "./heatmap";
import {binsOf, strengthOfShare} from "./spreads";

interface Spreads {
  /** Of each row its histograms, from where to where it is drawn, and whether it is flagged. */
  rows: readonly {
    columns: readonly (Column | null)[];
    range: readonly [number, number];
    flagged: boolean;
  }[];
  /** The share of values that has the strongest colour. */
  greatest: number;
  edges: readonly number[];
  ends: readonly number[];
  area: {left: number; width: number; height: number};
}

/** Between two rows, in pixels. */
export const ROW_GAP = 6;
const LEAST_HEIGHT = 2; // of a bin: a single value is a line

/**
 * Draws the histograms of each row side by side, blue or, where they are flagged, in the accent; the
 * ground is hatched where the log holds none.
 */
export function drawSpreads(canvas: HTMLCanvasElement, drawn: Spreads): void {
  const {rows, greatest, edges, ends, area} = drawn;
  const ctx = contextOf(canvas, area);
  if (!ctx || !rows.length) return;
  const colours = readColours();
  const [neutral, accent] = [rampOf("--heat-high"), rampOf("--accent")];
  const pitch = area.height / rows.length;
  const tall = Math.max(1, pitch - ROW_GAP);
  rows.forEach(({columns, range: [low, high], flagged}, row) => {
    const top = row * pitch;
    const yOf = (value: number) => top + (1 - (value - low) / (high - low)) * tall;
    const ramp = flagged ? accent : neutral;
    const known = columns.map((column) => column !== null);
    hatch(ctx, [[0, top, area.width, tall]], area, colours.unseen);
    ctx.fillStyle = ramp[0] ?? colours.background;
    for (const [from, to] of seenSpans(edges, ends, known))
      ctx.fillRect(from, top, to - from, tall);
    columns.forEach((column, n) => {
      if (!column) return;
      const [from, to] = [edges[n] ?? 0, ends[n] ?? area.width];
      if (!column.counts.length) {
        ctx.fillStyle = colours.accent;
        ctx.fillRect(from, top, to - from + 0.5, tall);
      }
      for (const bin of binsOf(column)) {
        if (!bin.count) continue;
        const strength = strengthOfShare(bin.count / column.total, greatest);
        const [upper, lower] = [yOf(bin.high), yOf(bin.low)];
        const deep = Math.max(LEAST_HEIGHT, lower - upper + 0.5);
        ctx.fillStyle = ramp[Math.round(strength * (ramp.length - 1))] ?? colours.data;
        ctx.fillRect(from, Math.min(upper, top + tall - deep), to - from + 0.5, deep);
      }
    });
  });
}
