/** A path through the finite values, logarithmic where they span decades; gaps stay gaps. */
export function sparklinePath(values: readonly number[], width: number, height: number): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return "";
  const log = Math.min(...finite) > 0 && Math.max(...finite) > 50 * Math.min(...finite);
  const scaled = values.map((value) => (log ? Math.log(value) : value));
  const shown = scaled.filter(Number.isFinite);
  const low = Math.min(...shown);
  const span = Math.max(...shown) - low;
  const x = (n: number): number => (values.length > 1 ? (n / (values.length - 1)) * width : 0);
  const y = (value: number): number =>
    span > 0 ? 1 + (1 - (value - low) / span) * (height - 2) : height / 2;
  let path = "";
  let pen = "M";
  scaled.forEach((value, n) => {
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
