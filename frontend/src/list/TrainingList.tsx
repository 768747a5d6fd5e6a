import {useEffect, useLayoutEffect, useMemo, useRef, useState} from "preact/hooks";
import {isWatched} from "../host/host";
import {AT_ONCE, fetchAhead} from "../model/ahead";
import {countWords} from "../model/counts";
import type {List} from "../model/listing";
import {formatBriefly, formatCount, formatNumber} from "../model/numbers";
import {useNow} from "../model/useNow";
import type {Summaries, Summary} from "../model/wire";
import {Filters} from "./Filters";
import {causesOf, type Narrowing, nameParts, narrowed} from "./narrowing";
import {Sparkline} from "./Sparkline";
import {ROW_HEIGHT, scrollToRow, useVisibleRows} from "./useVisibleRows";
import "./TrainingList.css";

const STANDS = 100; // milliseconds after which a list is taken to be looked at, not scrolled

export interface TrainingListProps {
  list: List;
  chosen: string;
  narrowing: Narrowing;
  onNarrow: (next: Narrowing) => void;
  onChoose: (run: string) => void;
}

/**
 * All trainings, narrowed by what is typed and picked. One stop of the tab key: arrow keys go up and
 * down in it. Only the rows that can be seen are there, and the one that has the focus.
 */
export function TrainingList({list, chosen, narrowing, onNarrow, onChoose}: TrainingListProps) {
  const box = useRef<HTMLUListElement>(null);
  const now = useNow();
  const shown = useMemo(() => narrowed(list.rows, narrowing), [list, ...Object.values(narrowing)]);
  const [first, end] = useVisibleRows(box, shown.length);
  useEffect(() => {
    const names = shown.slice(first, first + AT_ONCE).map(({name}) => name);
    const timer = window.setTimeout(() => isWatched() && fetchAhead(names), STANDS);
    return () => window.clearTimeout(timer);
  }, [shown, first]);
  const at = Math.max(
    0,
    shown.findIndex(({name}) => name === chosen),
  );
  const [stop, setStop] = useState({row: at, focused: 0});
  const row = Math.min(stop.row, Math.max(0, shown.length - 1));
  useLayoutEffect(() => {
    setStop({row: at, focused: 0});
    scrollToRow(box.current, at);
  }, [at]);
  useLayoutEffect(() => {
    if (!stop.focused) return;
    scrollToRow(box.current, row);
    box.current?.querySelector<HTMLElement>(`[data-row="${row}"]`)?.focus({preventScroll: true});
  }, [stop]);
  const move = (event: KeyboardEvent): void => {
    const inList = box.current?.contains(document.activeElement) ?? false;
    const next = target(event.key, inList, row, shown.length);
    if (next === null) return;
    setStop(({focused}) => ({row: next, focused: focused + 1}));
    event.preventDefault();
  };
  const indices = Array.from({length: Math.max(0, end - first)}, (_, n) => first + n);
  if (shown.length && !indices.includes(row)) indices.push(row);
  return (
    <nav class="List" aria-label="Trainings">
      <input
        type="search"
        placeholder="Search trainings"
        aria-label="Search trainings"
        value={narrowing.find}
        onInput={({currentTarget}) => onNarrow({...narrowing, find: currentTarget.value})}
        onKeyDown={move}
      />
      <Filters rows={list.rows} narrowing={narrowing} onNarrow={onNarrow} />
      {/* Of what counts on with each answer nobody wants to hear. */}
      <p class="List-count soft" role={list.head.complete ? "status" : undefined}>
        {shownWords(list.head, shown.length, narrowing)}
      </p>
      <ul ref={box} onKeyDown={move}>
        <li style={{height: `${shown.length * ROW_HEIGHT}px`}} aria-hidden="true" />
        {indices.map((n) => {
          const summary = shown[n];
          return (
            summary && (
              <Row
                key={summary.name}
                row={summary}
                place={n}
                count={shown.length}
                stop={n === row}
                chosen={summary.name === chosen}
                now={now}
                onChoose={onChoose}
              />
            )
          );
        })}
      </ul>
    </nav>
  );
}

/** Where a key leads to; null where it is none of ours. From the search box it leads into the list. */
function target(key: string, inList: boolean, row: number, count: number): number | null {
  if (!inList) return key === "ArrowDown" ? 0 : null;
  const to = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + 10,
    PageUp: row - 10,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined ? null : Math.min(count - 1, Math.max(0, to));
}

interface RowProps {
  row: Summary;
  place: number;
  count: number;
  /** Whether the tab key stops at it. */
  stop: boolean;
  chosen: boolean;
  now: number;
  onChoose: (run: string) => void;
}

function Row({row, place, count, stop, chosen, now, onChoose}: RowProps) {
  const {name, mark, cause, further, sparkline, baseline, live, workers, last_time: last} = row;
  const [head, tail] = nameParts(name);
  return (
    <li
      class="List-item"
      style={{top: `${place * ROW_HEIGHT}px`}}
      aria-posinset={place + 1}
      aria-setsize={count}
    >
      <button
        type="button"
        class="Row"
        data-row={place}
        tabIndex={stop ? 0 : -1}
        aria-current={chosen ? "true" : undefined}
        title={name}
        onClick={() => onChoose(name)}
      >
        <span class={`Row-sign tone-${mark.tone}`} aria-hidden="true">
          {mark.sign}
        </span>
        <span class="visually-hidden">{name}</span>
        <span class="Row-name" aria-hidden="true">
          <span class="Row-head">{head}</span>
          {tail && <span class="Row-tail">{tail}</span>}
        </span>
        <Sparkline values={sparkline} baseline={baseline} tone={mark.tone} />
        <span class="Row-cause soft" title={causeWords(row)}>
          <span class="visually-hidden">{mark.words}: </span>
          <span class="Row-words">
            {cause}
            {workers > 0 && ` · ${formatCount(workers, "worker")}`}
          </span>
          {row.code !== null && further.length > 0 && (
            <span aria-hidden="true"> +{further.length}</span>
          )}
          {further.map(({code, title}) => (
            <span key={code} class="visually-hidden">
              , {title}
            </span>
          ))}
        </span>
        <span class="Row-when soft">
          {live ? (
            <>
              <span class="LiveMark" aria-hidden="true" /> live
            </>
          ) : (
            last !== null && formatBriefly(last, now)
          )}
        </span>
      </button>
    </li>
  );
}

/** All that was found, a line each. */
const causeWords = (row: Summary): string =>
  causesOf(row)
    .map(({code, title}) => `${title} ${code}`)
    .join("\n");

/** How many are shown of how many. */
function shownWords(head: Summaries, shown: number, {find, state, why}: Narrowing): string {
  const all = formatCount(head.total, "training");
  if (!find.trim() && !state && !why) return countWords(head);
  return `${formatNumber(shown)} of ${all}${head.complete ? "" : ` so far`}`;
}
