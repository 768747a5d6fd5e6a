import {useMemo} from "preact/hooks";
import type {Summary} from "../model/wire";
import {countCauses, countStates, LIVE, type Narrowing, NEWEST} from "./narrowing";
import "./Filters.css";

interface FiltersProps {
  rows: readonly Summary[];
  narrowing: Narrowing;
  onNarrow: (next: Narrowing) => void;
}

/** What became of how many, as chips that leave those alone; which cause; which order. */
export function Filters({rows, narrowing, onNarrow}: FiltersProps) {
  const {state, why, sort} = narrowing;
  const pick = (next: string): void => onNarrow({...narrowing, state: next === state ? "" : next});
  const {states, live, causes} = useMemo(
    () => ({
      states: countStates(rows),
      live: rows.filter((row) => row.live).length,
      causes: countCauses(rows),
    }),
    [rows],
  );
  return (
    <div class="Filters">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is part of a form */}
      <div class="Filters-chips" role="group" aria-label="Show only">
        {states.map(({mark, count}) => (
          <Chip
            key={mark.words}
            words={mark.words}
            count={count}
            on={state === mark.words}
            onPick={() => pick(mark.words)}
          >
            <span class={`tone-${mark.tone}`} aria-hidden="true">
              {mark.sign}
            </span>{" "}
            {mark.words} <span class="soft">{count}</span>
          </Chip>
        ))}
        {(live > 0 || state === LIVE) && (
          <Chip words="Still running" count={live} on={state === LIVE} onPick={() => pick(LIVE)}>
            <span class="LiveMark" aria-hidden="true" /> Still running{" "}
            <span class="soft">{live}</span>
          </Chip>
        )}
      </div>
      <div class="Filters-choices">
        <select
          aria-label="Cause"
          value={why}
          onChange={({currentTarget}) => onNarrow({...narrowing, why: currentTarget.value})}
        >
          <option value="">all causes</option>
          {why && !causes.some(([cause]) => cause === why) && (
            <option value={why}>{why} · 0</option>
          )}
          {causes.map(([cause, count]) => (
            <option key={cause} value={cause}>
              {cause} · {count}
            </option>
          ))}
        </select>
        <select
          aria-label="Order"
          value={sort}
          onChange={({currentTarget}) => onNarrow({...narrowing, sort: currentTarget.value})}
        >
          <option value="">worst first</option>
          <option value={NEWEST}>newest first</option>
        </select>
      </div>
    </div>
  );
}

interface ChipProps {
  words: string;
  count: number;
  on: boolean;
  onPick: () => void;
  children: preact.ComponentChildren;
}

function Chip({words, count, on, onPick, children}: ChipProps) {
  return (
    <button
      type="button"
      class="Chip"
      aria-pressed={on}
      aria-label={`${words}: ${count}`}
      onClick={onPick}
    >
      {children}
    </button>
  );
}
