import type uPlot from "uplot";
import {formatNumber} from "../model/numbers";
import type {Colours} from "./colours";
import {cross, dashedLine, dot, drawLabel, textWidth} from "./ink";
import type {Marks} from "./marks";
import {stepTicks, type Scale} from "./scale";

export interface Annotation {
  marks: Marks;
  scale: Scale;
  colours: Colours;
  axis: "step" | "epoch";
  steps: readonly number[];
  /** As drawn: null in gaps, zeros of a log scale on its floor. */
  drawn: readonly (number | null)[];
  /** Nothing is flagged: no accent anywhere. */
  calm: boolean;
}

const THINNEST_BAND = 6;

/** The argument of the picture, as a uPlot plugin: band below the curve, the rest above it. */
export function annotate(note: Annotation): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (plot) => drawBand(plot, note),
      draw: (plot) => {
        const {ctx} = plot;
        drawAxis(plot, note);
        if (note.marks.threshold !== null) drawThreshold(plot, note, note.marks.threshold);
        ctx.save();
        drawPoint(plot, note);
        drawBroken(plot, note);
        ctx.restore();
      },
    },
  };
}

const ratioOf = (plot: uPlot): number => plot.ctx.canvas.width / plot.width;

function drawBand(plot: uPlot, {marks, colours}: Annotation): void {
  if (!marks.band) return;
  const {left, top, width, height} = plot.bbox;
  const clamp = (x: number): number => Math.min(left + width, Math.max(left, x));
  let from = clamp(plot.valToPos(marks.band[0], "x", true));
  let to = clamp(plot.valToPos(marks.band[1], "x", true));
  const lacking = THINNEST_BAND * ratioOf(plot) - (to - from);
  if (lacking > 0) {
    from = Math.max(left, from - lacking / 2);
    to = Math.min(left + width, from + THINNEST_BAND * ratioOf(plot));
  }
  plot.ctx.save();
  plot.ctx.fillStyle = colours.band;
  plot.ctx.fillRect(from, top, to - from, height);
  plot.ctx.restore();
}

/** The labels below: the first starts at the left edge, the last ends at the right one. */
function drawAxis(plot: uPlot, {steps, axis, colours}: Annotation): void {
  const {left, top, width, height} = plot.bbox;
  const ratio = ratioOf(plot);
  const ticks = stepTicks(steps[0] ?? 0, steps[steps.length - 1] ?? 0);
  const y = top + height + 14 * ratio;
  ticks.forEach((tick, n) => {
    const last = n === ticks.length - 1;
    const text = last ? `${axis} ${formatNumber(tick)}` : formatNumber(tick);
    const x = plot.valToPos(tick, "x", true);
    const align = last && n > 0 ? "right" : x < left + 8 * ratio ? "left" : "center";
    const at = align === "right" ? left + width : x;
    drawLabel(plot.ctx, ratio, {text, x: at, y, align, colour: colours.soft, ground: colours.ground});
  });
}

function drawThreshold(plot: uPlot, note: Annotation, threshold: number): void {
  const {scale, marks, colours, calm} = note;
  if (threshold < scale.low || threshold > scale.high) return;
  const {left, top, width} = plot.bbox;
  const ratio = ratioOf(plot);
  const y = plot.valToPos(threshold, "y", true);
  const colour = calm ? colours.soft : colours.accent;
  dashedLine(plot.ctx, ratio, [left, left + width], y, colour);
  const room = textWidth(plot.ctx, ratio, marks.thresholdText);
  const above = y - 10 * ratio > top && !crosses(plot, note, left + width - room, y - 10 * ratio);
  drawLabel(plot.ctx, ratio, {
    text: marks.thresholdText,
    x: left + width,
    y: above ? y - 9 * ratio : y + 10 * ratio,
    align: "right",
    colour,
    ground: colours.ground,
  });
}

/** Whether the curve runs through the line of text that starts at `x` and stands at height `y`. */
function crosses(plot: uPlot, {steps, drawn}: Annotation, x: number, y: number): boolean {
  const reach = 7 * ratioOf(plot);
  return steps.some((step, i) => {
    const value = drawn[i];
    if (value === null || value === undefined) return false;
    if (plot.valToPos(step, "x", true) < x) return false;
    return Math.abs(plot.valToPos(value, "y", true) - y) < reach;
  });
}

function drawPoint(plot: uPlot, note: Annotation): void {
  const {marks, colours, calm, steps, drawn} = note;
  if (marks.point === null) return;
  const value = drawn[marks.point];
  if (value === null || value === undefined) return;
  const ratio = ratioOf(plot);
  const x = plot.valToPos(steps[marks.point] ?? 0, "x", true);
  const y = plot.valToPos(value, "y", true);
  const colour = calm ? colours.data : colours.accent;
  dot(plot.ctx, ratio, x, y, colour, colours.ground);
  labelBeside(plot, note, marks.pointText, x, y, calm ? colours.soft : colours.accent);
}

function drawBroken(plot: uPlot, note: Annotation): void {
  const {marks, colours, steps} = note;
  if (marks.broken === null) return;
  const ratio = ratioOf(plot);
  const x = plot.valToPos(steps[marks.broken] ?? 0, "x", true);
  const y = plot.bbox.top + 8 * ratio;
  cross(plot.ctx, ratio, x, y, colours.accent);
  labelBeside(plot, note, marks.brokenText, x, y, colours.accent);
}

/** Words beside a point, on the side where there is room, clear of the dashed line. */
function labelBeside(
  plot: uPlot,
  note: Annotation,
  text: string,
  x: number,
  y: number,
  colour: string,
): void {
  const {left, top, width, height} = plot.bbox;
  const ratio = ratioOf(plot);
  const room = textWidth(plot.ctx, ratio, text) + 12 * ratio;
  const right = x + room < left + width;
  const {threshold} = note.marks;
  const dashed = threshold === null ? NaN : plot.valToPos(threshold, "y", true);
  const clear = [0, -14, 14, -28, 28].map((shift) => y + shift * ratio).find((at) => {
    const inside = at > top + 5 * ratio && at < top + height - 5 * ratio;
    return inside && !(Math.abs(at - dashed) < 16 * ratio);
  });
  drawLabel(plot.ctx, ratio, {
    text,
    x: right ? x + 9 * ratio : x - 9 * ratio,
    y: clear ?? y,
    align: right ? "left" : "right",
    colour,
    ground: note.colours.ground,
  });
}
