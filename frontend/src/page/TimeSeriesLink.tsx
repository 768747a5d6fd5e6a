import {followInPage, isAlone} from "../host/host";
import {type Curves, MAX_RUNS_SHOWN, timeSeriesHref} from "../host/links";

interface TimeSeriesLinkProps extends Curves {
  /** How many runs TensorBoard lists at least. */
  runs: number;
}

/** To these very curves in TensorBoard, if it has them. A real link: it opens in a new tab, too. */
export function TimeSeriesLink({members, tags, runs}: TimeSeriesLinkProps) {
  // No TensorBoard around, or a CSV file, which it does not read.
  if (isAlone || members.length === 0) return null;
  const follow = (event: MouseEvent & {currentTarget: HTMLAnchorElement}): void => {
    const plain =
      event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (plain && followInPage(event.currentTarget.href)) event.preventDefault();
  };
  return (
    <span>
      {runs > MAX_RUNS_SHOWN && (
        <span class="soft">
          Above {MAX_RUNS_SHOWN} runs TensorBoard draws none: tick yours there.{" "}
        </span>
      )}
      <a href={timeSeriesHref({members, tags})} target="_parent" onClick={follow}>
        Open in Time Series <span aria-hidden="true">↗</span>
      </a>
    </span>
  );
}
