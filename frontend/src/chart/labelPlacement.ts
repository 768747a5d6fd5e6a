/** Where a label goes: beside its point, clear of the curve and of the dashed line. Pure. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

type Dot = readonly [x: number, y: number];

/** Words over words are worse than words over a line. */
const OVERLAP = 40;

/** Sides and heights to try, the first that is free wins. */
const SHIFTS = [0, -1, 1, -2, 2];

/**
 * The box of a label of this size near a point: inside the area, over as little as can be of what
 * is drawn. `gap` keeps it off its own point.
 */
export function placeLabel(
  [x, y]: Dot,
  size: {width: number; height: number},
  area: Box,
  drawn: readonly Dot[],
  taken: readonly Box[],
  gap: number,
): Box {
  let best: Box | null = null;
  let fewest = Infinity;
  for (const shift of SHIFTS) {
    for (const side of ["right", "left"] as const) {
      const left = side === "right" ? x + gap : x - gap - size.width;
      const box = {left, top: y + shift * size.height - size.height / 2, ...size};
      const hits = outside(box, area) * 1000 + count(box, drawn) + OVERLAP * overlaps(box, taken);
      if (hits < fewest) [best, fewest] = [box, hits];
    }
  }
  return best ?? {left: x, top: y, ...size};
}

/** The box of the words on a level line: at its right end where that is free, above before below. */
export function placeOnLine(
  y: number,
  size: {width: number; height: number},
  area: Box,
  drawn: readonly Dot[],
  gap: number,
): Box {
  let best: Box | null = null;
  let fewest = Infinity;
  for (const left of [area.left + area.width - size.width, area.left + 2 * gap]) {
    for (const top of [y - size.height - gap, y + 2 * gap]) {
      const box = {left, top, ...size};
      const below = top + size.height > area.top + area.height ? 1000 : 0;
      const above = top < area.top - size.height ? 1000 : 0;
      const hits = below + above + count(box, drawn);
      if (hits < fewest) [best, fewest] = [box, hits];
    }
  }
  return best ?? {left: area.left, top: y, ...size};
}

function outside(box: Box, area: Box): number {
  const fits =
    box.left >= area.left - 1 &&
    box.left + box.width <= area.left + area.width + 1 &&
    box.top >= area.top - box.height / 2 &&
    box.top + box.height <= area.top + area.height + box.height / 2;
  return fits ? 0 : 1;
}

function count(box: Box, dots: readonly Dot[]): number {
  return dots.filter(
    ([x, y]) => x > box.left && x < box.left + box.width && y > box.top && y < box.top + box.height,
  ).length;
}

export function overlaps(box: Box, others: readonly Box[]): number {
  return others.filter(
    (other) =>
      box.left < other.left + other.width &&
      other.left < box.left + box.width &&
      box.top < other.top + other.height &&
      other.top < box.top + box.height,
  ).length;
}

/** Points every few pixels along the curve, gaps left out. */
export function sampleAlong(points: readonly (Dot | null)[], every: number): Dot[] {
  const dots: Dot[] = [];
  let before: Dot | null = null;
  for (const point of points) {
    if (point && before) {
      const [dx, dy] = [point[0] - before[0], point[1] - before[1]];
      const parts = Math.min(60, Math.ceil(Math.hypot(dx, dy) / every));
      for (let n = 1; n < parts; n++) {
        dots.push([before[0] + (dx * n) / parts, before[1] + (dy * n) / parts]);
      }
    }
    if (point) dots.push(point);
    before = point;
  }
  return dots;
}
