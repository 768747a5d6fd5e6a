/** Addresses of TensorBoard's own Time Series page. Pure: no window in here. */

export interface Curves {
  members: readonly string[];
  tags: readonly string[];
}

/** TensorBoard draws no run by itself when there are more. */
export const MAX_RUNS_SHOWN = 500;
/** TensorBoard's own limit. */
const MAX_PINS = 10;

export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** The query that shows just these curves, unsmoothed, pinned on top. */
export function timeSeriesQuery({members, tags}: Curves): string {
  const pins = tags.slice(0, MAX_PINS).map((tag) => ({plugin: "scalars", tag}));
  const query = new URLSearchParams({
    pinnedCards: JSON.stringify(pins),
    runFilter: `^(${members.map(escapeRegex).join("|")})$`,
    smoothing: "0",
  });
  return `?${query.toString().replaceAll("+", "%20")}`;
}

/** Relative to the frame's base, `<root>/data/plugin/zero_accuracy/`. */
export function timeSeriesHref(curves: Curves): string {
  return `../../../${timeSeriesQuery(curves)}#timeseries`;
}
