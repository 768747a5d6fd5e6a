/** Small shapes on a canvas, in device pixels of a context that is scaled by `ratio`. */
import {FONT} from "./colours";

export interface Label {
  text: string;
  x: number;
  y: number;
  align: "left" | "right" | "center";
  colour: string;
  /** Drawn behind the letters, so that no line of the grid crosses them. */
  halo?: string;
}

export function drawLabel(ctx: CanvasRenderingContext2D, ratio: number, label: Label): void {
  ctx.save();
  ctx.font = FONT.replace("11px", `${11 * ratio}px`);
  ctx.textAlign = label.align;
  ctx.textBaseline = "middle";
  if (label.halo) {
    ctx.lineJoin = "round";
    ctx.lineWidth = 3 * ratio;
    ctx.strokeStyle = label.halo;
    ctx.strokeText(label.text, label.x, label.y);
  }
  ctx.fillStyle = label.colour;
  ctx.fillText(label.text, label.x, label.y);
  ctx.restore();
}

export function textWidth(ctx: CanvasRenderingContext2D, ratio: number, text: string): number {
  ctx.save();
  ctx.font = FONT.replace("11px", `${11 * ratio}px`);
  const {width} = ctx.measureText(text);
  ctx.restore();
  return width;
}

export function dashedLine(
  ctx: CanvasRenderingContext2D,
  ratio: number,
  [x0, x1]: [number, number],
  y: number,
  colour: string,
): void {
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(x0, y);
  ctx.lineTo(x1, y);
  ctx.stroke();
  ctx.restore();
}

/** A line with a hook upwards at either end. */
export function bracket(
  ctx: CanvasRenderingContext2D,
  ratio: number,
  [x0, x1]: [number, number],
  y: number,
  colour: string,
): void {
  const inset = ratio / 2;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5 * ratio;
  ctx.beginPath();
  ctx.moveTo(x0 + inset, y - 5 * ratio);
  ctx.lineTo(x0 + inset, y);
  ctx.lineTo(x1 - inset, y);
  ctx.lineTo(x1 - inset, y - 5 * ratio);
  ctx.stroke();
  ctx.restore();
}

export function dot(
  ctx: CanvasRenderingContext2D,
  ratio: number,
  x: number,
  y: number,
  colour: string,
  outline: string,
): void {
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, 4 * ratio, 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  ctx.strokeStyle = outline;
  ctx.lineWidth = 1.5 * ratio;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}

export function cross(
  ctx: CanvasRenderingContext2D,
  ratio: number,
  x: number,
  y: number,
  colour: string,
): void {
  const arm = 4 * ratio;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2 * ratio;
  ctx.beginPath();
  ctx.moveTo(x - arm, y - arm);
  ctx.lineTo(x + arm, y + arm);
  ctx.moveTo(x + arm, y - arm);
  ctx.lineTo(x - arm, y + arm);
  ctx.stroke();
  ctx.restore();
}

const HATCH = 6; // pixels from one line to the next

export type Rectangle = readonly [x: number, y: number, width: number, height: number];

/** The same slanted lines over all rectangles of an area, drawn once; in the page's pixels. */
export function hatch(
  ctx: CanvasRenderingContext2D,
  rectangles: readonly Rectangle[],
  area: {width: number; height: number},
  colour: string,
): void {
  if (!rectangles.length) return;
  ctx.save();
  ctx.beginPath();
  for (const rectangle of rectangles) ctx.rect(...rectangle);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let at = 0; at <= area.width + area.height; at += HATCH) {
    ctx.moveTo(at, 0);
    ctx.lineTo(at - area.height, area.height);
  }
  ctx.stroke();
  ctx.restore();
}
