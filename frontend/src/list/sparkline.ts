/** The curves of the list, all on one scale: how high they stand over what they are held against. */

export interface Spark {
  path: string;
  /** Height of the line of what always guessing scores; null where that is not known. */
  level: number | null;
}

/** Of the reference: what lies beyond is drawn at the edge. */
const LOW = 0.01;
const HIGH = 10;

/**
 * A path through the finite values; gaps stay gaps. On a scale that all rows share: logarithmic,
 * over the baseline or else over the value at the start. A curve that reaches 0 or below, as an
 * accuracy or a reward does, has a scale of its own.
 */
export function sparkline(
  values: readonly number[],
  baseline: number | null,
  width: number,
  height: number,
): Spark {
  const finite = values.filter(Number.isFinite);
  const reference = baseline ?? finite[0] ?? Number.NaN;
  const shared = reference > 0 && finite.every((value) => value >= 0);
  const share = shared ? onSharedScale(reference) : onOwnScale(finite);
  const y = (value: number): number => 1 + (1 - share(value)) * (height - 2);
  const known = shared && baseline !== null;
  return {path: pathOf(values, y, width), level: known ? y(reference) : null};
}

/** How far up a value lies, 0 to 1. */
function onSharedScale(reference: number): (value: number) => number {
  const decades = Math.log10(HIGH / LOW);
  return (value) => {
    const times = Math.min(HIGH, Math.max(LOW, value / reference));
    return Math.log10(times / LOW) / decades;
  };
}

function onOwnScale(finite: readonly number[]): (value: number) => number {
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  return (value) => (span > 0 ? (value - low) / span : 0.5);
}

function pathOf(values: readonly number[], y: (value: number) => number, width: number): string {
  const x = (n: number): number => (values.length > 1 ? (n / (values.length - 1)) * width : 0);
  let path = "";
  let pen = "M";
  values.forEach((value, n) => {
    if (!Number.isFinite(value)) {
      pen = "M";
      return;
    }
    path += `${pen}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
    if (values.length === 1) path += `h${width}`;
    pen = "L";
  });
  return path;
}
