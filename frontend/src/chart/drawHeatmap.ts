import {hatch, type Rectangle} from "./canvas";
import {readColours} from "./colours";
import {type ColourScale, seenSpans, strengthOf, unseenSpans} from "./heatmap";

interface Heatmap {
  /** By sample, then by row. */
  values: readonly (readonly number[])[];
  scale: ColourScale;
  frames: readonly [number, number][];
  /** Whether a sample lies in the flagged stretch. */
  inStretch: readonly boolean[];
  worse: "high" | "low";
  edges: readonly number[];
  /** Where each column ends. */
  ends: readonly number[];
  area: {left: number; width: number; height: number};
}

/**
 * Draws the cells, blue or, where they are flagged, in the accent; a hair line between rows. What
 * nobody saw is hatched, and no frame goes over it.
 */
export function drawHeatmap(canvas: HTMLCanvasElement, heatmap: Heatmap): void {
  const {values, scale, frames, inStretch, worse, edges, ends, area} = heatmap;
  const ctx = contextOf(canvas, area);
  const rows = values[0]?.length ?? 0;
  if (!ctx || !rows) return;
  const colours = readColours();
  const [neutral, accent] = [rampOf("--heat-high"), rampOf("--accent")];
  const isMeant = Array.from({length: rows}, (_, row) =>
    frames.some(([first, last]) => row >= first && row <= last),
  );
  const tall = area.height / rows;
  const unseen: Rectangle[] = [];
  values.forEach((sample, n) => {
    const [from, to] = [edges[n] ?? 0, ends[n] ?? area.width];
    sample.forEach((value, row) => {
      const flagged = isMeant[row] === true && inStretch[n] === true;
      const ramp = flagged ? accent : neutral;
      const strength = strengthOf(value, scale, flagged, worse);
      const cell = [from, row * tall, to - from + 0.5, tall - (tall > 4 ? 1 : 0)] as const;
      if (Number.isNaN(value)) {
        unseen.push(cell);
        return;
      }
      ctx.fillStyle = Number.isFinite(value)
        ? (ramp[Math.round(strength * (ramp.length - 1))] ?? colours.data)
        : colours.accent;
      ctx.fillRect(...cell);
    });
  });
  for (const [from, to] of unseenSpans(edges, ends)) unseen.push([from, 0, to - from, area.height]);
  hatch(ctx, unseen, area, colours.unseen);
  ctx.strokeStyle = colours.accent;
  ctx.lineWidth = 1.5;
  for (const [first, last] of frames) {
    const high = (last - first + 1) * tall;
    for (const [from, to] of seenSpans(edges, ends, inStretch))
      ctx.strokeRect(from + 0.75, first * tall + 0.25, Math.max(0.5, to - from - 1.5), high - 0.5);
  }
}

/** A canvas of the size of an area, drawn on in its pixels from its left edge on. */
export function contextOf(
  canvas: HTMLCanvasElement,
  area: {left: number; width: number; height: number},
): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round((area.left + area.width + 1) * ratio);
  canvas.height = Math.round((area.height + 1) * ratio);
  canvas.style.width = `${canvas.width / ratio}px`;
  canvas.style.height = `${canvas.height / ratio}px`;
  const ctx = canvas.getContext("2d");
  ctx?.scale(ratio, ratio);
  ctx?.translate(area.left, 0);
  return ctx;
}

/** From the ground to a colour of the style sheet, in 64 steps. */
export function rampOf(name: string): string[] {
  const style = getComputedStyle(document.documentElement);
  const low = hex(style.getPropertyValue("--heat-low"));
  const high = hex(style.getPropertyValue(name));
  return Array.from({length: 64}, (_, n) => {
    const mixed = low.map((from, i) => Math.round(from + ((high[i] ?? 0) - from) * (n / 63)));
    return `rgb(${mixed.join(",")})`;
  });
}

function hex(colour: string): number[] {
  const digits = colour.trim().replace("#", "");
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
}
