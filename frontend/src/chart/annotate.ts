import type uPlot from "uplot";
import {formatNumber} from "../model/numbers";
import {bracket, cross, dashedLine, dot, drawLabel, textWidth} from "./canvas";
import type {Colours} from "./colours";
import {type Box, overlaps, placeLabel, placeOnLine, sampleAlong} from "./labelPlacement";
import type {Marks} from "./marks";
import type {Scale} from "./scale";
import {type StepAxis, ticksBetween} from "./stepAxis";

export interface Annotation {
  marks: Marks;
  scale: Scale;
  colours: Colours;
  axis: "step" | "epoch";
  places: StepAxis;
  steps: readonly number[];
  /** By line, as drawn: null in gaps, zeros of a log scale on its floor. The marks are the first's. */
  drawn: readonly (readonly (number | null | undefined)[])[];
  /** What each line is called, where there are several. */
  names: readonly string[];
  /** The value is wrong: the accent, which a healthy page has nowhere. */
  wrong: boolean;
}

const MIN_BAND_WIDTH = 6;
const LINE = 14; // height of a label

/** The argument of the picture, as a uPlot plugin: bands below the curve, the rest above it. */
export function annotate(note: Annotation): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (plot) => new Overlay(plot, note).drawBands(),
      draw: (plot) => {
        const overlay = new Overlay(plot, note);
        overlay.drawAxis();
        overlay.drawBracket();
        overlay.drawThreshold();
        overlay.drawPoint();
        overlay.drawBroken();
        overlay.drawNames();
      },
    },
  };
}

/** One drawing of the marks; all lengths in device pixels. */
class Overlay {
  private readonly ctx: CanvasRenderingContext2D;
  private readonly ratio: number;
  private readonly taken: Box[] = [];

  constructor(
    private readonly plot: uPlot,
    private readonly note: Annotation,
  ) {
    this.ctx = plot.ctx;
    this.ratio = plot.ctx.canvas.width / plot.width;
  }

  drawBands(): void {
    this.ctx.save();
    this.ctx.fillStyle = this.note.colours.band;
    for (const {left, top, width, height} of this.bands()) {
      this.ctx.fillRect(left, top, width, height);
    }
    this.ctx.restore();
  }

  /** Just below the plot, from end to end. */
  drawBracket(): void {
    if (!this.note.marks.bracket) return;
    const {left, top, width, height} = this.plot.bbox;
    const y = top + height + 1.5 * this.ratio;
    bracket(this.ctx, this.ratio, [left, left + width], y, this.note.colours.accent);
  }

  /** The labels below: the first starts at the left edge, the last ends at the right one. */
  drawAxis(): void {
    const {left, top, width, height} = this.plot.bbox;
    const {axis, colours, places} = this.note;
    const {min, max} = this.plot.scales.x ?? {};
    const ticks = ticksBetween(places, min ?? 0, max ?? 0);
    const y = top + height + 14 * this.ratio;
    ticks.forEach((tick, n) => {
      const last = n === ticks.length - 1;
      const scale = places.log ? ", log scale" : "";
      const text = last ? `${axis} ${formatNumber(tick)}${scale}` : formatNumber(tick);
      const align = ticks.length === 1 ? "center" : last ? "right" : n ? "center" : "left";
      const x = align === "right" ? left + width : this.x(tick);
      drawLabel(this.ctx, this.ratio, {text, x, y, align, colour: colours.soft});
    });
  }

  drawThreshold(): void {
    const {scale, marks, colours, wrong} = this.note;
    const {threshold, thresholdText: text} = marks;
    if (threshold === null || threshold < scale.low || threshold > scale.high) return;
    const {left, top, width, height} = this.plot.bbox;
    const y = this.y(threshold);
    const colour = wrong ? colours.accent : colours.soft;
    dashedLine(this.ctx, this.ratio, [left, left + width], y, colour);
    this.taken.push({left, top: y - 2 * this.ratio, width, height: 4 * this.ratio});
    const size = this.sizeOf(text);
    const area = {left, top, width, height};
    const box = placeOnLine(y, size, area, this.curve(), this.ratio);
    this.write(text, box, box.left > left ? "right" : "left", colour);
  }

  drawPoint(): void {
    const {marks, colours, wrong, steps, drawn} = this.note;
    const value = marks.point === null ? null : drawn[0]?.[marks.point];
    if (marks.point === null || value === null || value === undefined) return;
    const [x, y] = [this.x(steps[marks.point] ?? 0), this.y(value)];
    dot(this.ctx, this.ratio, x, y, wrong ? colours.accent : colours.data, colours.background);
    this.writeBeside(marks.pointText, x, y, wrong ? colours.accent : colours.soft);
  }

  drawBroken(): void {
    const {marks, colours, steps} = this.note;
    if (marks.broken === null) return;
    const x = this.x(steps[marks.broken] ?? 0);
    const y = this.plot.bbox.top + 8 * this.ratio;
    cross(this.ctx, this.ratio, x, y, colours.accent);
    this.writeBeside(marks.brokenText, x, y, colours.accent);
  }

  /** What each line is, beside its end. */
  drawNames(): void {
    const {colours, drawn, names, steps} = this.note;
    names.forEach((name, n) => {
      const line = drawn[n] ?? [];
      const at = lastIndex(line, (value) => typeof value === "number");
      const value = line[at];
      if (typeof value !== "number") return;
      const colour = n ? colours.soft : colours.data;
      this.writeBeside(name, this.x(steps[at] ?? 0), this.y(value), colour);
    });
  }

  private writeBeside(text: string, x: number, y: number, colour: string): void {
    const gap = 9 * this.ratio;
    const size = this.sizeOf(text);
    const box = placeLabel([x, y], size, this.plot.bbox, this.curve(), this.taken, gap);
    this.write(text, box, box.left > x ? "left" : "right", colour);
  }

  private write(text: string, box: Box, align: "left" | "right", colour: string): void {
    const halo = overlaps(box, this.bands()) ? undefined : this.note.colours.background;
    const x = align === "left" ? box.left : box.left + box.width;
    const label = {text, x, y: box.top + box.height / 2, align, colour};
    drawLabel(this.ctx, this.ratio, halo ? {...label, halo} : label);
    this.taken.push(box);
  }

  /** A stretch of one point is as wide as can be seen. */
  private bands(): Box[] {
    const {left, top, width, height} = this.plot.bbox;
    const least = MIN_BAND_WIDTH * this.ratio;
    const clamp = (x: number): number => Math.min(left + width, Math.max(left, x));
    return this.note.marks.bands.map(([first, last]) => {
      const [from, to] = [clamp(this.x(first)), clamp(this.x(last))];
      if (to - from >= least) return {left: from, top, width: to - from, height};
      const start = Math.max(left, Math.min((from + to - least) / 2, left + width - least));
      return {left: start, top, width: least, height};
    });
  }

  /** Dots along the curve, to keep labels off it. */
  private curve(): (readonly [number, number])[] {
    const {steps, drawn, places} = this.note;
    const gaps = new Set(places.gaps);
    return drawn.flatMap((line) => {
      const points = steps.flatMap((step, n) => {
        const value = line[n];
        if (value === undefined) return [];
        if (value === null) return [null];
        const point = [this.x(step), this.y(value)] as const;
        return gaps.has(n) ? [point, null] : [point];
      });
      return sampleAlong(points, 4 * this.ratio);
    });
  }

  private sizeOf(text: string): {width: number; height: number} {
    return {width: textWidth(this.ctx, this.ratio, text), height: LINE * this.ratio};
  }

  private x(step: number): number {
    return this.plot.valToPos(this.note.places.place(step), "x", true);
  }

  private y(value: number): number {
    return this.plot.valToPos(value, "y", true);
  }
}

function lastIndex<T>(values: readonly T[], test: (value: T) => boolean): number {
  for (let n = values.length - 1; n >= 0; n--) if (test(values[n] as T)) return n;
  return -1;
}
