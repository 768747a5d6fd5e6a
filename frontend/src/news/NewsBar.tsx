import type {News} from "./news";
import "./NewsBar.css";

interface NewsBarProps {
  news: readonly News[];
  /** Why nothing newer comes; empty while all is well. */
  failed: string;
  /** When the last answer came, in seconds since 1970. */
  answered: number;
  /** Name of the training that is looked at. */
  shown: string;
  onShow: (news: News) => void;
  onDismiss: () => void;
}

/** A calm word below the page on what is new, or why nothing is. It lies over the page: nothing moves. */
export function NewsBar({news, failed, answered, shown, onShow, onDismiss}: NewsBarProps) {
  const [first] = news;
  return (
    <div class="NewsBar" role="status" aria-live="polite">
      {failed && answered > 0 && (
        <p class="NewsBar-line">
          <span class="tone-warn" aria-hidden="true">
            ▲
          </span>
          <span class="NewsBar-words">
            {failed} What is shown is of {clock(answered)}.
          </span>
        </p>
      )}
      {first && (
        <p class="NewsBar-line">
          <span class="tone-bad" aria-hidden="true">
            ✕
          </span>
          <span class="NewsBar-words">
            New cause: {first.cause}
            {first.name !== shown && <>, in {first.name}</>}
            {news.length > 1 && ` (and ${news.length - 1} more)`}
          </span>
          <button type="button" class="LinkButton" onClick={() => onShow(first)}>
            Show
          </button>
          <button type="button" class="LinkButton" onClick={onDismiss}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}

const clock = (time: number): string => new Date(time * 1000).toLocaleTimeString("en-GB");
