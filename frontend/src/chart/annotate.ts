import type uPlot from "uplot";
import {formatNumber} from "../model/numbers";
import {cross, dashedLine, dot, drawLabel, textWidth} from "./canvas";
import type {Colours} from "./colours";
import {type Box, overlaps, placeLabel, placeOnLine, sampleAlong} from "./labelPlacement";
import type {Marks} from "./marks";
import {type Scale, stepTicks} from "./scale";

export interface Annotation {
  marks: Marks;
  scale: Scale;
  colours: Colours;
  axis: "step" | "epoch";
  steps: readonly number[];
  /** As drawn: null in gaps, zeros of a log scale on its floor. */
  drawn: readonly (number | null)[];
  /** Nothing is flagged: no accent anywhere. */
  neutral: boolean;
}

const MIN_BAND_WIDTH = 6;
const LINE = 14; // height of a label

/** The argument of the picture, as a uPlot plugin: band below the curve, the rest above it. */
export function annotate(note: Annotation): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (plot) => new Overlay(plot, note).drawBand(),
      draw: (plot) => {
        const overlay = new Overlay(plot, note);
        overlay.drawAxis();
        overlay.drawThreshold();
        overlay.drawPoint();
        overlay.drawBroken();
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

  drawBand(): void {
    const band = this.band();
    if (!band) return;
    this.ctx.save();
    this.ctx.fillStyle = this.note.colours.band;
    this.ctx.fillRect(band.left, band.top, band.width, band.height);
    this.ctx.restore();
  }

  /** The labels below: the first starts at the left edge, the last ends at the right one. */
  drawAxis(): void {
    const {left, top, width, height} = this.plot.bbox;
    const {steps, axis, colours} = this.note;
    const ticks = stepTicks(steps[0] ?? 0, steps[steps.length - 1] ?? 0);
    const y = top + height + 14 * this.ratio;
    ticks.forEach((tick, n) => {
      const last = n === ticks.length - 1;
      const text = last ? `${axis} ${formatNumber(tick)}` : formatNumber(tick);
      const align = ticks.length === 1 ? "center" : last ? "right" : n ? "center" : "left";
      const x = align === "right" ? left + width : this.x(tick);
      drawLabel(this.ctx, this.ratio, {text, x, y, align, colour: colours.soft});
    });
  }

  drawThreshold(): void {
    const {scale, marks, colours, neutral} = this.note;
    const {threshold, thresholdText: text} = marks;
    if (threshold === null || threshold < scale.low || threshold > scale.high) return;
    const {left, top, width, height} = this.plot.bbox;
    const y = this.y(threshold);
    const colour = neutral ? colours.soft : colours.accent;
    dashedLine(this.ctx, this.ratio, [left, left + width], y, colour);
    this.taken.push({left, top: y - 2 * this.ratio, width, height: 4 * this.ratio});
    const size = this.sizeOf(text);
    const area = {left, top, width, height};
    const box = placeOnLine(y, size, area, this.curve(), this.ratio);
    this.write(text, box, box.left > left ? "right" : "left", colour);
  }

  drawPoint(): void {
    const {marks, colours, neutral, steps, drawn} = this.note;
    const value = marks.point === null ? null : drawn[marks.point];
    if (marks.point === null || value === null || value === undefined) return;
    const [x, y] = [this.x(steps[marks.point] ?? 0), this.y(value)];
    dot(this.ctx, this.ratio, x, y, neutral ? colours.data : colours.accent, colours.background);
    this.writeBeside(marks.pointText, x, y, neutral ? colours.soft : colours.accent);
  }

  drawBroken(): void {
    const {marks, colours, steps} = this.note;
    if (marks.broken === null) return;
    const x = this.x(steps[marks.broken] ?? 0);
    const y = this.plot.bbox.top + 8 * this.ratio;
    cross(this.ctx, this.ratio, x, y, colours.accent);
    this.writeBeside(marks.brokenText, x, y, colours.accent);
  }

  private writeBeside(text: string, x: number, y: number, colour: string): void {
    const gap = 9 * this.ratio;
    const size = this.sizeOf(text);
    const box = placeLabel([x, y], size, this.plot.bbox, this.curve(), this.taken, gap);
    this.write(text, box, box.left > x ? "left" : "right", colour);
  }

  private write(text: string, box: Box, align: "left" | "right", colour: string): void {
    const band = this.band();
    const halo = band && overlaps(box, [band]) ? undefined : this.note.colours.background;
    const x = align === "left" ? box.left : box.left + box.width;
    const label = {text, x, y: box.top + box.height / 2, align, colour};
    drawLabel(this.ctx, this.ratio, halo ? {...label, halo} : label);
    this.taken.push(box);
  }

  private band(): Box | null {
    const {band} = this.note.marks;
    if (!band) return null;
    const {left, top, width, height} = this.plot.bbox;
    const clamp = (x: number): number => Math.min(left + width, Math.max(left, x));
    let [from, to] = [clamp(this.x(band[0])), clamp(this.x(band[1]))];
    const lacking = MIN_BAND_WIDTH * this.ratio - (to - from);
    if (lacking > 0) {
      from = Math.max(
        left,
        Math.min(from - lacking / 2, left + width - MIN_BAND_WIDTH * this.ratio),
      );
      to = from + MIN_BAND_WIDTH * this.ratio;
    }
    return {left: from, top, width: to - from, height};
  }

  /** Dots along the curve, to keep labels off it. */
  private curve(): (readonly [number, number])[] {
    const {steps, drawn} = this.note;
    const points = steps.map((step, n) => {
      const value = drawn[n];
      return value === null || value === undefined
        ? null
        : ([this.x(step), this.y(value)] as const);
    });
    return sampleAlong(points, 4 * this.ratio);
  }

  private sizeOf(text: string): {width: number; height: number} {
    return {width: textWidth(this.ctx, this.ratio, text), height: LINE * this.ratio};
  }

  private x(step: number): number {
    return this.plot.valToPos(step, "x", true);
  }

  private y(value: number): number {
    return this.plot.valToPos(value, "y", true);
  }
}
