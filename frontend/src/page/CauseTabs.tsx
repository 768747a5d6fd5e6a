import {useRef} from "preact/hooks";
import {type Cause, countCauses} from "./causes";
import "./CauseTabs.css";

interface CauseTabsProps {
  causes: readonly Cause[];
  shown: Cause;
  onTurn: (code: string) => void;
}

/** One tab a cause, the likeliest first; nothing where there is but one. Arrow keys go along. */
export function CauseTabs({causes, shown, onTurn}: CauseTabsProps) {
  const box = useRef<HTMLDivElement>(null);
  if (causes.length < 2) return null;
  const move = ({key}: KeyboardEvent): void => {
    const by = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    const next = (causes.indexOf(shown) + by + causes.length) % causes.length;
    if (!by) return;
    onTurn(causes[next]?.finding?.code ?? "");
    box.current?.querySelectorAll("button")[next]?.focus();
  };
  const hasMain = causes[0]?.finding !== null;
  return (
    <div class="Causes">
      <span class="soft">{countCauses(causes)}</span>
      <div ref={box} class="Causes-tabs" role="tablist" aria-label="Causes" onKeyDown={move}>
        {causes.map((cause, n) => (
          <button
            key={cause.finding?.code ?? ""}
            type="button"
            role="tab"
            class="Causes-tab"
            aria-selected={cause === shown}
            aria-controls="cause"
            tabIndex={cause === shown ? 0 : -1}
            onClick={() => onTurn(n === 0 ? "" : (cause.finding?.code ?? ""))}
          >
            {cause.finding ? (
              <>
                <span class="Causes-number">{hasMain ? n + 1 : n}</span> {cause.finding.title}
              </>
            ) : (
              "Verdict"
            )}
          </button>
        ))}
      </div>
    </div>
  );
}
