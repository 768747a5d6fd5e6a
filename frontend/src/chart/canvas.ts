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

/** Slanted lines over a rectangle, those of neighbouring ones in a row; in the page's pixels. */
export function hatch(
  ctx: CanvasRenderingContext2D,
  [x, y, width, height]: readonly [x: number, y: number, width: number, height: number],
  colour: string,
): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.beginPath();
  const last = x + width + y + height;
  for (let at = Math.floor((x + y) / HATCH) * HATCH; at <= last; at += HATCH) {
    ctx.moveTo(at - y, y);
    ctx.lineTo(at - y - height, y + height);
  }
  ctx.stroke();
  ctx.restore();
}
